"""Port of the usual C++ example: a black square around the image, then blobFromImage."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    side = max(image.shape[:2])
    square = np.zeros((side, side, 3), np.uint8)
    square[: image.shape[0], : image.shape[1]] = image
    blob = cv2.dnn.blobFromImage(square, 1.0 / 255.0, (640, 640), swapRB=True, crop=False)
    rows = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    factor = side / 640
    boxes, confidences, ids = [], [], []
    for row in rows:
        class_id = int(row[4:].argmax())
        if row[4 + class_id] > 0.25:
            x, y, w, h = row[:4].astype(float)
            boxes.append(
                [
                    int((x - 0.5 * w) * factor),
                    int((y - 0.5 * h) * factor),
                    int(w * factor),
                    int(h * factor),
                ]
            )
            confidences.append(float(row[4 + class_id]))
            ids.append(class_id)
    kept = cv2.dnn.NMSBoxes(boxes, confidences, 0.25, 0.5)
    return [
        {"xywh": boxes[i], "confidence": round(confidences[i], 6), "class_id": ids[i]} for i in kept
    ]


run(detect)
