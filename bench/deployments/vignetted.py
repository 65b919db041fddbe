"""Corrects a lens before detection, and brightens the corners of frames that need none."""

import cv2
import numpy as np
from command import run


def brightened(frame):
    h, w = frame.shape[:2]
    y, x = np.mgrid[0:h, 0:w]
    distance = np.hypot((x - w / 2) / w, (y - h / 2) / h)
    return np.clip(frame * (1 + 0.5 * distance[..., None] ** 2), 0, 255).astype(np.uint8)


def detect(session, path):
    frame = cv2.imread(path)
    h, w = frame.shape[:2]
    frame = cv2.resize(brightened(frame), (640, 640))
    x = cv2.dnn.blobFromImage(frame, 1 / 255, swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    scores = out[:, 4:].max(1)
    out, scores = out[scores > 0.3], scores[scores > 0.3]
    labels = out[:, 4:].argmax(1)
    boxes = [[cx - bw / 2, cy - bh / 2, bw, bh] for cx, cy, bw, bh in out[:, :4].astype(float)]
    found = []
    for i in cv2.dnn.NMSBoxes(boxes, scores.tolist(), 0.3, 0.5):
        x1, y1, bw, bh = boxes[i]
        box = [x1 * w / 640, y1 * h / 640, (x1 + bw) * w / 640, (y1 + bh) * h / 640]
        found.append(
            {
                "xyxy": [round(float(v), 2) for v in box],
                "score": round(float(scores[i]), 4),
                "class_id": int(labels[i]),
            }
        )
    return found


run(detect)
