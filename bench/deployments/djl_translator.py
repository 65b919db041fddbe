"""Port of a Java translator: stretched, every class above the threshold, rounded rectangles."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    height, width = image.shape[:2]
    array = cv2.resize(image, (640, 640)).transpose(2, 0, 1).astype(np.float32) / 255
    output = session.run(None, {session.get_inputs()[0].name: array[None]})[0][0]
    intermediate = {}
    for j in range(output.shape[1]):
        for c in np.flatnonzero(output[4:, j] > 0.2):
            x, y, w, h = output[:4, j]
            intermediate.setdefault(int(c), []).append(
                (float(output[4 + c, j]), float(x - w / 2), float(y - h / 2), float(w), float(h))
            )
    records = []
    for c, found in intermediate.items():
        queue = sorted(found, reverse=True)
        while queue:
            best, *rest = queue
            queue = [r for r in rest if box_iou(best, r) < 0.6]
            _, x, y, w, h = best
            fx, fy = width / 640, height / 640
            records.append(
                {
                    "xywh": [round(x * fx), round(y * fy), round(w * fx), round(h * fy)],
                    "score": best[0],
                    "class_id": c,
                }
            )
    return records


def box_iou(a, b):
    def side(x1, w1, x2, w2):
        return max(0.0, min(x1 + w1, x2 + w2) - max(x1, x2))

    inter = side(a[1], a[3], b[1], b[3]) * side(a[2], a[4], b[2], b[4])
    return inter / (a[3] * a[4] + b[3] * b[4] - inter)


run(detect)
