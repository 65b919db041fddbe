"""A page sends frames of half the size as JPEG; the server letterboxes them with black."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    half = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    sent = cv2.imencode(".jpg", half, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    frame = cv2.imdecode(sent, cv2.IMREAD_COLOR)
    h, w = frame.shape[:2]
    r = min(640 / h, 640 / w)
    nw, nh = round(w * r), round(h * r)
    left, top = (640 - nw) // 2, (640 - nh) // 2
    canvas = np.zeros((640, 640, 3), np.uint8)
    canvas[top : top + nh, left : left + nw] = cv2.resize(frame, (nw, nh))
    blob = cv2.dnn.blobFromImage(canvas, 1 / 255, swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0]
    scores, labels = out[4:].max(0), out[4:].argmax(0)
    keep = np.flatnonzero(scores > 0.25)
    first = out[:2, keep] - out[2:4, keep] / 2 - np.array([[left], [top]])
    boxes = (np.vstack([first, out[2:4, keep]]).T / r * 2).astype(float)
    chosen = cv2.dnn.NMSBoxesBatched(boxes, scores[keep], labels[keep], 0.25, 0.45)
    return [
        {
            "xywh": [round(float(v), 1) for v in boxes[i]],
            "score": round(float(scores[keep[i]]), 3),
            "class_id": int(labels[keep[i]]),
        }
        for i in np.asarray(chosen, int).reshape(-1)
    ]


run(detect)
