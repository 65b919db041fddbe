"""Port of a Java desktop program: area interpolation, black border, rectangles of whole pixels."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    mat = cv2.imread(path)
    rows, cols = mat.shape[:2]
    factor = 640.0 / max(rows, cols)
    size = (int(cols * factor), int(rows * factor))
    resized = cv2.resize(mat, size, interpolation=cv2.INTER_AREA)
    square = np.zeros((640, 640, 3), np.uint8)
    dx, dy = (640 - size[0]) // 2, (640 - size[1]) // 2
    square[dy : dy + size[1], dx : dx + size[0]] = resized
    blob = cv2.dnn.blobFromImage(square, 1 / 255.0, swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0]
    rects, confidences, labels = [], [], []
    for i in range(out.shape[1]):
        c = int(out[4:, i].argmax())
        if out[4 + c, i] > 0.3:
            cx, cy, w, h = out[:4, i].astype(float)
            left, top = int((cx - w / 2 - dx) / factor), int((cy - h / 2 - dy) / factor)
            rects.append([left, top, int(w / factor), int(h / factor)])
            confidences.append(float(out[4 + c, i]))
            labels.append(c)
    kept = cv2.dnn.NMSBoxes(rects, confidences, 0.3, 0.4)
    return [
        {"xywh": rects[i], "score": round(confidences[i], 2), "class_id": labels[i]}
        for i in np.asarray(kept, int).reshape(-1)
    ]


run(detect)
