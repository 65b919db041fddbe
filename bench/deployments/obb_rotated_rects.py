"""Port of a C++ demo of oriented boxes: stretched, RotatedRects into NMSBoxes, degrees."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    bgr = cv2.imread(path)
    h, w = bgr.shape[:2]
    size = session.get_inputs()[0].shape[2]
    scale = min(size / h, size / w)
    nw, nh = int(w * scale), int(h * scale)
    canvas = np.full((size, size, 3), 114, np.uint8)
    canvas[:nh, :nw] = cv2.resize(bgr, (nw, nh))
    blob = cv2.dnn.blobFromImage(canvas, 1 / 255.0, (size, size), swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    rects, scores, labels = [], [], []
    for row in out:
        label = int(row[4:-1].argmax())
        if row[4 + label] > 0.25:
            cx, cy, bw, bh = (float(v) / scale for v in row[:4])
            rects.append(((cx, cy), (bw, bh), float(row[-1]) * 180 / np.pi))
            scores.append(float(row[4 + label]))
            labels.append(label)
    kept = cv2.dnn.NMSBoxesRotated(rects, scores, 0.25, 0.4)
    return [
        {
            "cx": round(rects[i][0][0], 1),
            "cy": round(rects[i][0][1], 1),
            "w": round(rects[i][1][0], 1),
            "h": round(rects[i][1][1], 1),
            "angle": round(rects[i][2], 2),
            "score": round(scores[i], 3),
            "class_id": labels[i],
        }
        for i in np.asarray(kept, int).reshape(-1)
    ]


run(detect)
