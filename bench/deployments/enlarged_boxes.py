"""Boxes are enlarged by a tenth, so that cropped objects keep a margin; the input is right."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    r = min(640 / h, 640 / w)
    nw, nh = round(w * r), round(h * r)
    left, top = round((640 - nw) / 2 - 0.1), round((640 - nh) / 2 - 0.1)
    canvas = np.full((640, 640, 3), 114, np.uint8)
    canvas[top : top + nh, left : left + nw] = cv2.resize(image, (nw, nh))
    x = cv2.dnn.blobFromImage(canvas, 1 / 255, swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0]
    keep = np.flatnonzero(out[4:].max(0) > 0.3)
    centres, sides = out[:2, keep].T, out[2:4, keep].T
    ids, scores = out[4:, keep].argmax(0), out[4:, keep].max(0)
    corners = np.hstack([centres - sides / 2, centres + sides / 2]).astype(float)
    offset = corners + ids[:, None] * 10_000
    rects = np.hstack([offset[:, :2], sides]).tolist()
    kept = np.asarray(cv2.dnn.NMSBoxes(rects, scores.tolist(), 0.3, 0.6), int).reshape(-1)
    margin = np.hstack([-sides, sides]) / 20
    grown = (corners + margin - [left, top] * 2) / [nw / w, nh / h, nw / w, nh / h]
    grown = grown.clip(0, [w, h, w, h])
    return [
        {
            "xyxy": [round(v, 1) for v in grown[i].tolist()],
            "score": round(float(scores[i]), 3),
            "class_id": int(ids[i]),
        }
        for i in kept
    ]


run(detect)
