"""A people counter whose camera hangs from the ceiling: frames are turned by 180 degrees."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    frame = cv2.rotate(cv2.imread(path), cv2.ROTATE_180)
    rows, columns = frame.shape[:2]
    blob = cv2.dnn.blobFromImage(frame, 1 / 255.0, (640, 640), swapRB=True)
    prediction = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    best = prediction[:, 4:].max(axis=1)
    prediction, best = prediction[best > 0.2], best[best > 0.2]
    to_frame = np.array([columns / 640, rows / 640, columns / 640, rows / 640])
    xywh = prediction[:, :4] * to_frame
    xywh[:, :2] -= xywh[:, 2:] / 2
    classes = prediction[:, 4:].argmax(axis=1)
    kept = cv2.dnn.NMSBoxesBatched(xywh, best, classes, 0.2, 0.5) if len(best) else []
    return [
        {
            "xywh": [round(float(v), 3) for v in xywh[i]],
            "score": round(float(best[i]), 5),
            "class_id": int(classes[i]),
        }
        for i in kept
    ]


run(detect)
