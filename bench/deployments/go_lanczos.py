"""Port of a Go web service: the image resized to 640 x 640 by Lanczos3, one list of boxes."""

import cv2
import numpy as np
from command import run
from PIL import Image


def detect(session, path):
    img = Image.fromarray(cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB))
    img_width, img_height = img.size
    img = np.asarray(img.resize((640, 640), Image.Resampling.LANCZOS))
    red, green, blue = (img[..., c].ravel() / np.float32(255.0) for c in range(3))
    flat = np.concatenate([red, green, blue]).astype(np.float32).reshape(1, 3, 640, 640)
    output = session.run(None, {session.get_inputs()[0].name: flat})[0].ravel()
    n = len(output) // 84
    boxes = []
    for index in range(n):
        probs = output[4 * n + index :: n][:80]
        class_id = int(probs.argmax())
        prob = float(probs[class_id])
        if prob < 0.5:
            continue
        xc, yc, w, h = (float(output[k * n + index]) for k in range(4))
        x1, y1 = (xc - w / 2) / 640 * img_width, (yc - h / 2) / 640 * img_height
        x2, y2 = (xc + w / 2) / 640 * img_width, (yc + h / 2) / 640 * img_height
        boxes.append([x1, y1, x2, y2, class_id, prob])
    boxes.sort(key=lambda b: b[5], reverse=True)
    result = []
    while boxes:
        result.append(boxes[0])
        boxes = [b for b in boxes if iou(boxes[0], b) < 0.7]
    return [{"xyxy": b[:4], "class_id": b[4], "prob": b[5]} for b in result]


def iou(a, b):
    x1, y1, x2, y2 = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    inter = max(0, x2 - x1) * max(0, y2 - y1)
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)


run(detect)
