"""Port of a phone's detector: one is added to the sides in suppression, but sides are fractions."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    height, width = image.shape[:2]
    pixels = cv2.resize(image, (640, 640), interpolation=cv2.INTER_LINEAR)
    tensor = np.expand_dims(pixels.astype(np.float32) / 255, 0).transpose(0, 3, 1, 2)
    feed = {session.get_inputs()[0].name: np.ascontiguousarray(tensor)}
    output = session.run(None, feed)[0][0].T
    boxes, scores = output[:, :4] / np.float32(640), output[:, 4:]
    classes, best = scores.argmax(axis=1), scores.max(axis=1)
    passing = best > 0.3
    boxes, classes, best = boxes[passing], classes[passing], best[passing]
    x1, y1 = boxes[:, 0] - boxes[:, 2] / 2, boxes[:, 1] - boxes[:, 3] / 2
    x2, y2 = boxes[:, 0] + boxes[:, 2] / 2, boxes[:, 1] + boxes[:, 3] / 2
    areas = (x2 - x1 + 1) * (y2 - y1 + 1)
    results = []
    for c in np.unique(classes):
        order = np.flatnonzero(classes == c)
        order = order[np.argsort(-best[order], kind="stable")]
        while len(order):
            i, rest = order[0], order[1:]
            results.append(
                {
                    "x1": round(float(x1[i]) * width, 1),
                    "y1": round(float(y1[i]) * height, 1),
                    "x2": round(float(x2[i]) * width, 1),
                    "y2": round(float(y2[i]) * height, 1),
                    "score": round(float(best[i]), 3),
                    "class_id": int(c),
                }
            )
            w = np.maximum(0, np.minimum(x2[i], x2[rest]) - np.maximum(x1[i], x1[rest]) + 1)
            h = np.maximum(0, np.minimum(y2[i], y2[rest]) - np.maximum(y1[i], y1[rest]) + 1)
            overlap = w * h / (areas[i] + areas[rest] - w * h)
            order = rest[overlap <= 0.5]
    return results


run(detect)
