"""A script written for networks of Caffe: their mean is subtracted, and nothing is divided."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    blob = cv2.dnn.blobFromImage(image, 1.0, (640, 640), (104, 117, 123), swapRB=False)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    boxes, scores, classes = [], [], []
    for row in out:
        c = int(np.argmax(row[4:]))
        if row[4 + c] > 0.1:
            cx, cy, bw, bh = row[:4].astype(float)
            boxes.append([cx - bw / 2, cy - bh / 2, bw, bh])
            scores.append(float(row[4 + c]))
            classes.append(c)
    kept = cv2.dnn.NMSBoxes(boxes, scores, 0.1, 0.5)
    return [
        {
            "xywh": [
                round(v * s, 2) for v, s in zip(boxes[i], [w / 640, h / 640] * 2, strict=True)
            ],
            "score": round(scores[i], 4),
            "class_id": classes[i],
        }
        for i in np.asarray(kept, int).reshape(-1)
    ]


run(detect)
