"""Port of a Swift app: the centre is cropped, but boxes are drawn onto the whole picture."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    height, width = image.shape[:2]
    side = min(height, width)
    y, x = (height - side) // 2, (width - side) // 2
    square = cv2.resize(image[y : y + side, x : x + side], (640, 640))
    blob = cv2.dnn.blobFromImage(square, 1 / 255, swapRB=True)
    output = session.run(None, {session.get_inputs()[0].name: blob})[0][0]
    results = []
    for label in range(output.shape[0] - 4):
        picked = np.flatnonzero((output[4:].argmax(0) == label) & (output[4 + label] > 0.4))
        picked = sorted(picked, key=lambda i: -output[4 + label, i])
        chosen = []
        for i in picked:
            cx, cy, w, h = output[:4, i].astype(float)
            box = (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)
            if all(iou(box, other) < 0.45 for other, _ in chosen):
                chosen.append((box, output[4 + label, i]))
        for (x1, y1, x2, y2), score in chosen:
            results.append(
                {
                    "x1": x1 / 640 * width,
                    "y1": y1 / 640 * height,
                    "x2": x2 / 640 * width,
                    "y2": y2 / 640 * height,
                    "score": float(score),
                    "class_id": label,
                }
            )
    return results


def iou(a, b):
    w = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    h = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


run(detect)
