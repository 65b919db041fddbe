"""A camera removes noise with a median; the frame is stretched, and its colours stay in BGR."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    frame = cv2.medianBlur(cv2.imread(path), 3)
    h, w = frame.shape[:2]
    x = cv2.dnn.blobFromImage(frame, 1 / 255, (640, 640), swapRB=False, crop=False)
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    scores, labels = out[:, 4:].max(1), out[:, 4:].argmax(1)
    kept = scores > 0.25
    out, scores, labels = out[kept].astype(float), scores[kept], labels[kept]
    corner = out[:, :2] - out[:, 2:4] / 2
    boxes = np.hstack([corner, out[:, 2:4]]) * np.array([w, h, w, h]) / 640
    indices = cv2.dnn.NMSBoxesBatched(boxes, scores, labels.astype(np.int32), 0.25, 0.45)
    found = []
    for i in np.asarray(indices, int).reshape(-1):
        x1, y1, bw, bh = (int(v) for v in boxes[i])
        record = {"xywh": [x1, y1, bw, bh], "score": round(float(scores[i]), 3)}
        found.append(record | {"class_id": int(labels[i])})
    return found


run(detect)
