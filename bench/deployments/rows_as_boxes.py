"""A tutorial's port of a YOLOv5 script: rows of the raw output taken for boxes."""

import cv2
import numpy as np
from command import run

CONF, IOU = 0.25, 0.45


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    blob = cv2.resize(rgb, (640, 640)).astype(np.float32).transpose(2, 0, 1)[None] / 255
    rows = session.run(None, {session.get_inputs()[0].name: blob})[0][0]
    gain = min(640 / w, 640 / h)
    pad_x, pad_y = (640 - w * gain) / 2, (640 - h * gain) / 2
    boxes, scores = [], []
    for row in rows.astype(np.float64):
        scores_of_classes = sigmoid(row[5:])
        score = sigmoid(row[4]) * scores_of_classes.max()
        if score > CONF:
            x, y, bw, bh = row[:4]
            x1, y1 = (x - bw / 2 - pad_x) / gain, (y - bh / 2 - pad_y) / gain
            x2, y2 = (x + bw / 2 - pad_x) / gain, (y + bh / 2 - pad_y) / gain
            corners = np.array([x1, y1, x2, y2]) / gain
            corners[0::2] = corners[0::2].clip(0, w)
            corners[1::2] = corners[1::2].clip(0, h)
            boxes.append(corners)
            scores.append(float(score))
    sizes = [[b[0], b[1], b[2] - b[0], b[3] - b[1]] for b in boxes]
    kept = cv2.dnn.NMSBoxes(sizes, scores, CONF, IOU)
    return [
        {"xyxy": boxes[i].round(3).tolist(), "score": round(scores[i], 6), "class_id": rank}
        for rank, i in enumerate(kept)
    ]


run(detect)
