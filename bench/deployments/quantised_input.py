"""Port of an accelerator's example: stretched input in seven bits; boxes cut to whole pixels."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    rgb = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), (640, 640))
    levels = np.clip(np.round(rgb / 255.0 / 0.0322), -128, 127).astype(np.int8)
    x = (levels.astype(np.float32) * np.float32(0.0322)).transpose(2, 0, 1)[None]
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0]
    classes, scores = out[4:].argmax(0), out[4:].max(0)
    keep = np.flatnonzero(scores >= 0.25)
    keep = keep[np.argsort(-scores[keep])]
    x1, y1 = out[0] - out[2] / 2, out[1] - out[3] / 2
    x2, y2 = out[0] + out[2] / 2, out[1] + out[3] / 2
    area = (x2 - x1) * (y2 - y1)
    results = []
    for c in sorted(set(classes[keep].tolist())):
        order = keep[classes[keep] == c]
        while len(order):
            i, rest = order[0], order[1:]
            iw = np.maximum(0, np.minimum(x2[i], x2[rest]) - np.maximum(x1[i], x1[rest]))
            ih = np.maximum(0, np.minimum(y2[i], y2[rest]) - np.maximum(y1[i], y1[rest]))
            order = rest[iw * ih / (area[i] + area[rest] - iw * ih) <= 0.45]
            box = [
                int(x1[i] * w / 640),
                int(y1[i] * h / 640),
                int(x2[i] * w / 640),
                int(y2[i] * h / 640),
            ]
            results.append({"xyxy": box, "score": round(float(scores[i]), 3), "class_id": c})
    return results


run(detect)
