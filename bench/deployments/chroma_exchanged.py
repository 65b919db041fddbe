"""Port of a phone's camera preview: the two planes of colour are taken for each other."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    frame = cv2.imread(path)
    height, width = frame.shape[:2]
    yuv = cv2.cvtColor(frame, cv2.COLOR_BGR2YUV)
    rgb = cv2.cvtColor(np.ascontiguousarray(yuv[..., [0, 2, 1]]), cv2.COLOR_YUV2RGB)
    x = cv2.dnn.blobFromImage(rgb, 1 / 255, (640, 640))
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    scores, labels = out[:, 4:].max(1), out[:, 4:].argmax(1)
    rows = np.flatnonzero(scores > 0.25)
    sides = np.array([width, height] * 2) / 640
    boxes = np.hstack([out[rows, :2] - out[rows, 2:4] / 2, out[rows, 2:4]]) * sides
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores[rows].tolist(), 0.25, 0.45)
    return [
        {
            "xywh": [round(float(v), 1) for v in boxes[i]],
            "score": round(float(scores[rows[i]]), 3),
            "class_id": int(labels[rows[i]]),
        }
        for i in np.asarray(kept, int).reshape(-1)
    ]


run(detect)
