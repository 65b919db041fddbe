"""Port of a page with OpenCV.js: sides become multiples of 32, then a black square, then 640."""

import cv2
import numpy as np
from command import run


def to_stride(side):
    rest = side % 32
    return side + 32 - rest if rest >= 16 else side - rest


def detect(session, path):
    image = cv2.imread(path)
    height, width = image.shape[:2]
    w, h = to_stride(width), to_stride(height)
    resized = cv2.resize(image, (w, h))
    side = max(w, h)
    square = cv2.copyMakeBorder(resized, 0, side - h, 0, side - w, cv2.BORDER_CONSTANT)
    blob = cv2.dnn.blobFromImage(square, 1 / 255.0, (640, 640), swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0]
    scores, labels = out[4:].max(0), out[4:].argmax(0)
    keep = np.flatnonzero(scores > 0.25)
    left, top = out[0, keep] - out[2, keep] / 2, out[1, keep] - out[3, keep] / 2
    boxes = np.stack([left, top, out[2, keep], out[3, keep]], 1).astype(float)
    chosen = cv2.dnn.NMSBoxesBatched(boxes, scores[keep], labels[keep], 0.25, 0.45)
    ratio = np.array([side / w * width, side / h * height] * 2) / 640
    return [
        {
            "xywh": [round(float(v), 1) for v in boxes[i] * ratio],
            "score": round(float(scores[keep[i]]), 3),
            "class_id": int(labels[keep[i]]),
        }
        for i in np.asarray(chosen, int).reshape(-1)
    ]


run(detect)
