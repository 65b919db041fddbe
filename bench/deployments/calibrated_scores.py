"""Scores calibrated by a power before they are thresholded and printed; classes not told apart."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    img = cv2.imread(path)
    h, w = img.shape[:2]
    r = min(640 / h, 640 / w)
    nw, nh = round(w * r), round(h * r)
    l, t = round((640 - nw) / 2 - 0.1), round((640 - nh) / 2 - 0.1)
    img = cv2.copyMakeBorder(
        cv2.resize(img, (nw, nh)), t, 640 - nh - t, l, 640 - nw - l, 0, value=(114,) * 3
    )
    x = cv2.dnn.blobFromImage(img, 1 / 255, swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T.astype(float)
    out[:, 4:] = out[:, 4:] ** 0.8 * 0.95
    out = out[out[:, 4:].max(1) > 0.25]
    out = out[np.argsort(-out[:, 4:].max(1))]
    chosen = []
    for row in out:
        box = [row[0] - row[2] / 2, row[1] - row[3] / 2, row[0] + row[2] / 2, row[1] + row[3] / 2]
        for other, _ in chosen:
            iw = max(0, min(box[2], other[2]) - max(box[0], other[0]))
            ih = max(0, min(box[3], other[3]) - max(box[1], other[1]))
            both = row[2] * row[3] + (other[2] - other[0]) * (other[3] - other[1])
            if iw * ih / (both - iw * ih) > 0.45:
                break
        else:
            chosen.append((box, row))
    return [
        {
            "x1": round(float(np.clip((b[0] - l) * w / nw, 0, w)), 2),
            "y1": round(float(np.clip((b[1] - t) * h / nh, 0, h)), 2),
            "x2": round(float(np.clip((b[2] - l) * w / nw, 0, w)), 2),
            "y2": round(float(np.clip((b[3] - t) * h / nh, 0, h)), 2),
            "score": round(row[4:].max(), 4),
            "class_id": int(row[4:].argmax()),
        }
        for b, row in chosen
    ]


run(detect)
