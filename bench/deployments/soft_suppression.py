"""Soft-NMS: neighbours lose score instead of being removed; black border."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    r = min(640 / h, 640 / w)
    nw, nh = round(w * r), round(h * r)
    left, top = round((640 - nw) / 2 - 0.1), round((640 - nh) / 2 - 0.1)
    x = np.zeros((1, 3, 640, 640), np.float32)
    resized = cv2.cvtColor(cv2.resize(image, (nw, nh)), cv2.COLOR_BGR2RGB)
    x[0, :, top : top + nh, left : left + nw] = resized.transpose(2, 0, 1) / np.float32(255)
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T.astype(float)
    out = out[out[:, 4:].max(1) > 0.25]
    labels = out[:, 4:].argmax(1)
    records = []
    for label in np.unique(labels):
        rows = out[labels == label]
        boxes = np.c_[rows[:, :2] - rows[:, 2:4] / 2, rows[:, :2] + rows[:, 2:4] / 2]
        scores = rows[:, 4:].max(1)
        while scores.max(initial=0) > 0.25:
            i = scores.argmax()
            b = (boxes[i] - [left, top] * 2) / [nw / w, nh / h, nw / w, nh / h]
            b = np.clip(b, 0, [w, h, w, h]).round(2).tolist()
            records.append({"xyxy": b, "score": round(scores[i], 4), "class_id": int(label)})
            lo, hi = np.maximum(boxes[i, :2], boxes[:, :2]), np.minimum(boxes[i, 2:], boxes[:, 2:])
            inter = np.maximum(hi - lo, 0).prod(1)
            area = (boxes[:, 2:] - boxes[:, :2]).prod(1)
            scores = scores * np.exp(-((inter / (area + area[i] - inter)) ** 2) / 0.5)
            scores[i] = 0
    return records


run(detect)
