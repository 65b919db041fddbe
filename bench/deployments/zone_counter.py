"""A counter at a door: a right letterbox, and only boxes with the centre in the lower half."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    height, width = image.shape[:2]
    ratio = min(640 / height, 640 / width)
    w, h = round(width * ratio), round(height * ratio)
    x0, y0 = round((640 - w) / 2 - 0.1), round((640 - h) / 2 - 0.1)
    canvas = np.full((640, 640, 3), 114, np.uint8)
    canvas[y0 : y0 + h, x0 : x0 + w] = cv2.resize(image, (w, h))
    blob = cv2.dnn.blobFromImage(canvas, 1 / 255, swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    out = out[out[:, 4:].max(1) > 0.25]
    labels, scores = out[:, 4:].argmax(1), out[:, 4:].max(1)
    lists = [[float(r[0] - r[2] / 2), float(r[1] - r[3] / 2), *map(float, r[2:4])] for r in out]
    counted = []
    if not lists:
        return counted
    for i in cv2.dnn.NMSBoxesBatched(lists, scores.tolist(), labels.tolist(), 0.25, 0.45):
        left, top, bw, bh = lists[i]
        x1, x2 = ((v - x0) * width / w for v in (left, left + bw))
        y1, y2 = ((v - y0) * height / h for v in (top, top + bh))
        box = [max(x1, 0), max(y1, 0), min(x2, width), min(y2, height)]
        if (y1 + y2) / 2 > height / 2:
            rounded = [round(float(v), 2) for v in box]
            counted.append(
                {"xyxy": rounded, "score": round(float(scores[i]), 4), "class_id": int(labels[i])}
            )
    return counted


run(detect)
