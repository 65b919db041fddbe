"""Port of a C++ program: a black border; the distance of centres counts against an overlap."""

import cv2
import numpy as np
from command import run


def diou(a, b):
    w, h = (max(min(a[i + 2], b[i + 2]) - max(a[i], b[i]), 0) for i in (0, 1))
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h
    outer = [max(a[i + 2], b[i + 2]) - min(a[i], b[i]) for i in (0, 1)]
    apart = [(a[i] + a[i + 2] - b[i] - b[i + 2]) / 2 for i in (0, 1)]
    return w * h / union - (apart[0] ** 2 + apart[1] ** 2) / (outer[0] ** 2 + outer[1] ** 2)


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    r = min(640 / h, 640 / w)
    nw, nh = round(w * r), round(h * r)
    dw, dh = (640 - nw) / 2, (640 - nh) / 2
    edges = round(dh - 0.1), round(dh + 0.1), round(dw - 0.1), round(dw + 0.1)
    square = cv2.copyMakeBorder(cv2.resize(image, (nw, nh)), *edges, cv2.BORDER_CONSTANT)
    x = np.ascontiguousarray(square[..., ::-1].transpose(2, 0, 1)[None]).astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    out = out[out[:, 4:].max(1) > 0.25].astype(float)
    scores, labels = out[:, 4:].max(1), out[:, 4:].argmax(1)
    boxes = np.hstack([out[:, :2] - out[:, 2:4] / 2, out[:, :2] + out[:, 2:4] / 2])
    kept = []
    for i in np.argsort(-scores, kind="stable"):
        if all(labels[k] != labels[i] or diou(boxes[k], boxes[i]) <= 0.5 for k in kept):
            kept.append(i)
    found = []
    for i in kept:
        box = ((boxes[i] - [dw, dh, dw, dh]) / r).clip(0, [w, h, w, h])
        rounded = [round(float(v), 2) for v in box]
        score = round(float(scores[i]), 4)
        found.append({"xyxy": rounded, "score": score, "class_id": int(labels[i])})
    return found


run(detect)
