"""Port of a TensorFlow pipeline: resize_with_pad on floats, combined suppression."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB).astype(np.float32)
    height, width = image.shape[:2]
    ratio = max(height / 640, width / 640)
    new_h, new_w = int(height / ratio), int(width / ratio)
    off_y, off_x = (640 - new_h) // 2, (640 - new_w) // 2
    padded = np.zeros((640, 640, 3), np.float32)
    padded[off_y : off_y + new_h, off_x : off_x + new_w] = cv2.resize(image, (new_w, new_h))
    feed = np.ascontiguousarray((padded / 255).transpose(2, 0, 1))[None]
    out = session.run(None, {session.get_inputs()[0].name: feed})[0][0]
    centre, size = out[:2].T.astype(float), out[2:4].T.astype(float)
    low, high = centre - size / 2, centre + size / 2
    results = []
    for c, scores in enumerate(out[4:]):
        selected = []
        for i in np.argsort(-scores, kind="stable"):
            if scores[i] <= 0.25 or len(selected) == 50:
                break
            if all(overlap(low[i], high[i], low[j], high[j]) <= 0.5 for j in selected):
                selected.append(i)
        for i in selected:
            (x1, y1), (x2, y2) = ((v - [off_x, off_y]) * ratio for v in (low[i], high[i]))
            results.append(
                {
                    "x1": round(min(max(x1, 0), width), 3),
                    "y1": round(min(max(y1, 0), height), 3),
                    "x2": round(min(max(x2, 0), width), 3),
                    "y2": round(min(max(y2, 0), height), 3),
                    "score": round(float(scores[i]), 5),
                    "class_id": c,
                }
            )
    return results


def overlap(low, high, low2, high2):
    inter = np.maximum(np.minimum(high, high2) - np.maximum(low, low2), 0).prod()
    return inter / ((high - low).prod() + (high2 - low2).prod() - inter)


run(detect)
