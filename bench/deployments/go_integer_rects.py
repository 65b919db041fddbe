"""Port of a Go example: Lanczos stretches the image, rectangles of whole pixels are compared."""

import cv2
import numpy as np
from command import run
from PIL import Image


def rectangle(box):
    return [int(v) for v in box[:4]]


def intersection(a, b):
    a, b = rectangle(a), rectangle(b)
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return 0 if w <= 0 or h <= 0 else w * h


def area(box):
    x1, y1, x2, y2 = rectangle(box)
    return (x2 - x1) * (y2 - y1)


def detect(session, path):
    picture = Image.fromarray(cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB))
    width, height = picture.size
    resized = np.asarray(picture.resize((640, 640), Image.Resampling.LANCZOS))
    tensor = (resized.astype(np.float32) / np.float32(255)).transpose(2, 0, 1)[None]
    output = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(tensor)})[0][0]
    boxes = []
    for index in range(8400):
        class_id = int(output[4:, index].argmax())
        probability = float(output[4 + class_id, index])
        if probability < 0.5:
            continue
        xc, yc, w, h = (float(v) for v in output[:4, index])
        corners = [(xc - w / 2) / 640 * width, (yc - h / 2) / 640 * height]
        corners += [(xc + w / 2) / 640 * width, (yc + h / 2) / 640 * height]
        boxes.append([*corners, probability, class_id])
    boxes.sort(key=lambda box: -box[4])
    kept = []
    for candidate in boxes:
        for existing in kept:
            shared = intersection(candidate, existing)
            if shared > 0.7 * (area(candidate) + area(existing) - shared):
                break
        else:
            kept.append(candidate)
    return [
        {"xyxy": [round(v, 3) for v in b[:4]], "score": round(b[4], 6), "class_id": b[5]}
        for b in kept
    ]


run(detect)
