"""A web service that stores the upload as JPEG once more and counts classes from 1."""

import io

import cv2
import numpy as np
from command import run
from PIL import Image


def detect(session, path):
    upload = Image.fromarray(cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB))
    stored = io.BytesIO()
    upload.save(stored, "JPEG")
    image = np.asarray(Image.open(stored).convert("RGB"))
    h, w = image.shape[:2]
    scale = 640 / max(h, w)
    nw, nh = round(w * scale), round(h * scale)
    board = np.full((640, 640, 3), 114, np.uint8)
    board[:nh, :nw] = cv2.resize(image, (nw, nh))
    x = board.astype(np.float32).transpose(2, 0, 1)[None] / 255
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    best = out[:, 4:].max(1)
    out, best = out[best > 0.25], best[best > 0.25]
    order = best.argsort()[::-1]
    out, best = out[order], best[order]
    labels = out[:, 4:].argmax(1)
    corners = np.c_[out[:, :2] - out[:, 2:4] / 2, out[:, :2] + out[:, 2:4] / 2]
    alive = np.ones(len(out), bool)
    records = []
    for i in range(len(out)):
        if not alive[i]:
            continue
        for j in range(i + 1, len(out)):
            if labels[i] == labels[j] and iou(corners[i], corners[j]) > 0.45:
                alive[j] = False
        x1, y1, x2, y2 = corners[i].astype(float) / np.array([nw / w, nh / h] * 2)
        records.append(
            {
                "xyxy": [
                    round(min(max(x1, 0), w), 2),
                    round(min(max(y1, 0), h), 2),
                    round(min(max(x2, 0), w), 2),
                    round(min(max(y2, 0), h), 2),
                ],
                "score": round(float(best[i]), 3),
                "class_id": int(labels[i]) + 1,
            }
        )
    return records


def iou(a, b):
    wh = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)
    return wh.prod() / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - wh.prod())


run(detect)
