"""A counter of people: a right letterbox, and the boxes of persons alone."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    height, width = image.shape[:2]
    ratio = min(640 / height, 640 / width)
    nw, nh = round(width * ratio), round(height * ratio)
    left, top = round((640 - nw) / 2 - 0.1), round((640 - nh) / 2 - 0.1)
    square = np.full((640, 640, 3), 114, np.uint8)
    square[top : top + nh, left : left + nw] = cv2.resize(image, (nw, nh))
    blob = cv2.dnn.blobFromImage(square, 1 / 255, swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    people = [r for r in out if r[4:].argmax() == 0 and r[4] > 0.3]
    corners = np.array([[r[0] - r[2] / 2, r[1] - r[3] / 2, r[2], r[3]] for r in people])
    boxes = []
    for i in cv2.dnn.NMSBoxes(corners.tolist(), [float(r[4]) for r in people], 0.3, 0.5):
        x, y, w, h = corners[i]
        x1, x2 = ((v - left) / (nw / width) for v in (x, x + w))
        y1, y2 = ((v - top) / (nh / height) for v in (y, y + h))
        box = [max(0, x1), max(0, y1), min(width, x2), min(height, y2)]
        boxes.append(
            {
                "xyxy": [round(float(v), 2) for v in box],
                "score": round(float(people[i][4]), 4),
                "label": "person",
            }
        )
    return boxes


run(detect)
