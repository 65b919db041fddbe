"""A webcam demo: the picture is mirrored, as people expect it of a mirror, and then detected."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    mirrored = cv2.flip(cv2.imread(path), 1)
    h, w = mirrored.shape[:2]
    blob = cv2.dnn.blobFromImage(mirrored, 1 / 255, (640, 640), swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    out = out[out[:, 4:].max(1) > 0.5]
    boxes = [
        [int((r[0] - r[2] / 2) * w / 640), int((r[1] - r[3] / 2) * h / 640),
         int(r[2] * w / 640), int(r[3] * h / 640)]
        for r in out
    ]  # fmt: skip
    scores = [float(r[4:].max()) for r in out]
    kept = np.array(cv2.dnn.NMSBoxes(boxes, scores, 0.5, 0.4)).ravel() if boxes else []
    return [
        {"xywh": boxes[i], "score": round(scores[i], 2), "class_id": int(out[i, 4:].argmax())}
        for i in kept
    ]


run(detect)
