"""Port of a Java viewer: of the four bytes of a px, alpha is taken for the first colour."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    picture = cv2.imread(path)
    high, wide = picture.shape[:2]
    r = min(640 / wide, 640 / high)
    w, h = round(wide * r), round(high * r)
    area = np.zeros((640, 640, 3), np.uint8)
    area[:h, :w] = cv2.resize(picture, (w, h))
    planes = np.stack([np.full((640, 640), 255, np.uint8), area[..., 2], area[..., 1]])
    x = planes[None].astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    scores, labels = out[:, 4:].max(1), out[:, 4:].argmax(1)
    rows = np.flatnonzero(scores > 0.25)
    boxes = np.hstack([out[rows, :2] - out[rows, 2:4] / 2, out[rows, 2:4]]) / r
    kept = cv2.dnn.NMSBoxesBatched(
        boxes.tolist(), scores[rows].tolist(), labels[rows].tolist(), 0.25, 0.45
    )
    return [
        {
            "xywh": [round(float(v), 2) for v in boxes[i]],
            "score": round(float(scores[rows[i]]), 4),
            "class_id": int(labels[rows[i]]),
        }
        for i in np.asarray(kept, int).reshape(-1)
    ]


run(detect)
