"""A script that gives cv2.dnn.NMSBoxes corners where it wants sides."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    img = cv2.imread(path)
    shape = img.shape[:2]
    r = min(640 / shape[0], 640 / shape[1])
    unpad = round(shape[1] * r), round(shape[0] * r)
    dw, dh = (640 - unpad[0]) / 2, (640 - unpad[1]) / 2
    if shape[::-1] != unpad:
        img = cv2.resize(img, unpad, interpolation=cv2.INTER_LINEAR)
    top, bottom = round(dh - 0.1), round(dh + 0.1)
    left, right = round(dw - 0.1), round(dw + 0.1)
    img = cv2.copyMakeBorder(img, top, bottom, left, right, cv2.BORDER_CONSTANT, value=[114] * 3)
    blob = cv2.dnn.blobFromImage(img, 1 / 255, (640, 640), swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    scores = out[:, 4:].max(axis=1)
    mask = scores > 0.25
    out, scores = out[mask], scores[mask]
    boxes = np.empty((len(out), 4))
    boxes[:, 0] = out[:, 0] - out[:, 2] / 2
    boxes[:, 1] = out[:, 1] - out[:, 3] / 2
    boxes[:, 2] = out[:, 0] + out[:, 2] / 2
    boxes[:, 3] = out[:, 1] + out[:, 3] / 2
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), 0.25, 0.45)
    records = []
    for i in kept:
        x1, y1, x2, y2 = (boxes[i] - [dw, dh, dw, dh]) / r
        records.append(
            {
                **{
                    "x1": round(float(np.clip(x1, 0, shape[1])), 3),
                    "y1": round(float(np.clip(y1, 0, shape[0])), 3),
                    "x2": round(float(np.clip(x2, 0, shape[1])), 3),
                    "y2": round(float(np.clip(y2, 0, shape[0])), 3),
                },
                "score": round(float(scores[i]), 6),
                "class_id": int(out[i, 4:].argmax()),
            }
        )
    return records


run(detect)
