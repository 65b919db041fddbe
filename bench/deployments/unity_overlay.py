"""Port of a Unity script: the texture is stretched, boxes are placed around the screen's centre."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    texture = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    h, w = texture.shape[:2]
    x = cv2.resize(texture, (640, 640)).transpose(2, 0, 1)[None].astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    scores = out[:, 4:].max(1)
    order = [i for i in np.argsort(-scores, kind="stable") if scores[i] > 0.3]
    kept = []
    for i in order:
        if all(iou(out[i, :4].astype(float), out[k, :4].astype(float)) <= 0.5 for k in kept):
            kept.append(i)
    result = []
    for i in kept:
        cx, cy, bw, bh = out[i, :4].astype(float) * [w / 640, h / 640, w / 640, h / 640]
        left, top = cx - w / 2 - bw / 2, cy - h / 2 - bh / 2
        result.append(
            {
                "xywh": [round(v, 2) for v in (left, top, bw, bh)],
                "score": round(float(scores[i]), 3),
                "class_id": int(out[i, 4:].argmax()),
            }
        )
    return result


def iou(a, b):
    w, h = (min(a[i] + a[i + 2] / 2, b[i] + b[i + 2] / 2) for i in (0, 1))
    w -= max(a[0] - a[2] / 2, b[0] - b[2] / 2)
    h -= max(a[1] - a[3] / 2, b[1] - b[3] / 2)
    inter = max(w, 0) * max(h, 0)
    return inter / (a[2] * a[3] + b[2] * b[3] - inter)


run(detect)
