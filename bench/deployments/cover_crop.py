"""Port of a Go service: the blob is cropped to the middle, boxes are scaled as if it were not."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    img = cv2.imread(path)
    height, width = img.shape[:2]
    blob = cv2.dnn.blobFromImage(img, 1 / 255.0, (640, 640), swapRB=True, crop=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    scores, classes = out[:, 4:].max(1), out[:, 4:].argmax(1)
    keep = scores > 0.3
    out, scores, classes = out[keep], scores[keep], classes[keep]
    sx, sy = width / 640, height / 640
    rects = [
        [
            int((cx - bw / 2) * sx),
            int((cy - bh / 2) * sy),
            int((cx + bw / 2) * sx),
            int((cy + bh / 2) * sy),
        ]
        for cx, cy, bw, bh in out[:, :4].astype(float)
    ]
    given = [[x1, y1, x2 - x1, y2 - y1] for x1, y1, x2, y2 in rects]
    kept = cv2.dnn.NMSBoxes(given, scores.tolist(), 0.3, 0.5)
    return [
        {"xyxy": rects[i], "score": round(float(scores[i]), 3), "class_id": int(classes[i])}
        for i in np.asarray(kept, int).reshape(-1)
    ]


run(detect)
