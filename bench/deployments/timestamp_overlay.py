"""A recorder's script: time and frames per second are drawn into the frame before detection."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    frame = cv2.imread(path)
    h, w = frame.shape[:2]
    cv2.rectangle(frame, (0, 0), (w // 2, h // 10), (0, 0, 0), -1)
    size, thick = h / 700, max(1, h // 300)
    place, white = (10, h // 14), (255, 255, 255)
    text = "2024-05-01 12:00:00  24.9 FPS"
    cv2.putText(frame, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, white, thick)
    blob = cv2.dnn.blobFromImage(frame, 1 / 255, (640, 640), swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    confidences, ids = out[:, 4:].max(axis=1), out[:, 4:].argmax(axis=1)
    chosen = np.flatnonzero(confidences > 0.25)
    sides = np.array([w / 640, h / 640])
    size = out[chosen, 2:4] * sides
    corners = np.concatenate([out[chosen, :2] * sides - size / 2, size], axis=1).tolist()
    scores = confidences[chosen].tolist()
    kept = cv2.dnn.NMSBoxesBatched(corners, scores, ids[chosen].tolist(), 0.25, 0.45)
    return [
        {
            "bbox": [round(v, 1) for v in corners[i]],
            "confidence": round(scores[i], 3),
            "class_id": int(ids[chosen[i]]),
        }
        for i in np.asarray(kept, int).reshape(-1)
    ]


run(detect)
