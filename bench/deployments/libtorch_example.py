"""Port of a libtorch example: INTER_AREA, a border of Scalar(114.), the old way back, unclipped."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    height, width = image.shape[:2]
    scale = min(640 / height, 640 / width)
    new_w, new_h = round(width * scale), round(height * scale)
    pad_w, pad_h = (640 - new_w) / 2, (640 - new_h) / 2
    top, bottom = round(pad_h - 0.1), round(pad_h + 0.1)
    left, right = round(pad_w - 0.1), round(pad_w + 0.1)
    resized = cv2.resize(image, (new_w, new_h), interpolation=cv2.INTER_AREA)
    boxed = cv2.copyMakeBorder(
        resized, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(114.0,)
    )
    tensor = cv2.cvtColor(boxed, cv2.COLOR_BGR2RGB).astype(np.float32) / 255
    tensor = np.ascontiguousarray(tensor.transpose(2, 0, 1)[None])
    prediction = session.run(None, {session.get_inputs()[0].name: tensor})[0][0].T
    scores, classes = prediction[:, 4:].max(1), prediction[:, 4:].argmax(1)
    keep = scores > 0.25
    p, scores, classes = prediction[keep, :4], scores[keep], classes[keep]
    boxes = np.hstack([p[:, :2] - p[:, 2:] / 2, p[:, :2] + p[:, 2:] / 2])
    order = np.argsort(-scores, kind="stable")
    moved = boxes + 7680 * classes[:, None]
    kept = []
    for i in order:
        if all(iou(moved[i], moved[j]) <= 0.45 for j in kept):
            kept.append(i)
    gain = min(640 / height, 640 / width)
    pad0, pad1 = round((640 - width * gain) / 2 - 0.1), round((640 - height * gain) / 2 - 0.1)
    records = []
    for i in kept[:300]:
        x1, y1, x2, y2 = (boxes[i] - [pad0, pad1, pad0, pad1]) / gain
        records.append(
            {
                "rect": [float(f"{v:.6g}") for v in (x1, y1, x2, y2)],
                "conf": float(f"{scores[i]:.6g}"),
                "class_id": int(classes[i]),
            }
        )
    return records


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    inter = max(w, 0) * max(h, 0)
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)


run(detect)
