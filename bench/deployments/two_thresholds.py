"""Port of a C++ example: boxes above 0.25 are collected, but NMSBoxes wants 0.45 of their score."""

import cv2
import numpy as np
from command import run

MODEL_CONFIDENCE, MODEL_SCORE, MODEL_NMS = 0.25, 0.45, 0.5


def detect(session, path):
    source = cv2.imread(path)
    row, col = source.shape[:2]
    scale = min(640 / col, 640 / row)
    resized_w, resized_h = int(col * scale), int(row * scale)
    pad_x, pad_y = (640 - resized_w) // 2, (640 - resized_h) // 2
    square = np.zeros((640, 640, 3), np.uint8)
    square[pad_y : pad_y + resized_h, pad_x : pad_x + resized_w] = cv2.resize(
        source, (resized_w, resized_h)
    )
    blob = cv2.dnn.blobFromImage(square, 1 / 255.0, (640, 640), (), swapRB=True, crop=False)
    data = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    boxes, confidences, class_ids = [], [], []
    for line in data:
        best = int(line[4:].argmax())
        if line[4 + best] > MODEL_CONFIDENCE:
            x, y, w, h = (float(v) for v in line[:4])
            left, top = int((x - 0.5 * w - pad_x) / scale), int((y - 0.5 * h - pad_y) / scale)
            boxes.append([left, top, int(w / scale), int(h / scale)])
            confidences.append(float(line[4 + best]))
            class_ids.append(best)
    chosen = cv2.dnn.NMSBoxes(boxes, confidences, MODEL_SCORE, MODEL_NMS)
    return [
        {
            "box": dict(zip(("x", "y", "width", "height"), boxes[i], strict=True)),
            "confidence": round(confidences[i], 2),
            "class_id": class_ids[i],
        }
        for i in np.asarray(chosen, int).reshape(-1)
    ]


run(detect)
