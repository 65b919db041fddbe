"""A script that passes eta to NMSBoxes, so that the threshold falls with every box kept."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    original = cv2.imread(path)
    height, width = original.shape[:2]
    length = max(height, width)
    image = np.zeros((length, length, 3), np.uint8)
    image[:height, :width] = original
    scale = length / 640
    blob = cv2.dnn.blobFromImage(image, scalefactor=1 / 255, size=(640, 640), swapRB=True)
    outputs = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    boxes, scores, class_ids = [], [], []
    for row in outputs:
        _, best, _, (_, index) = cv2.minMaxLoc(row[4:])
        index = index if index else int(row[4:].argmax())
        if best >= 0.25:
            x, y, w, h = (float(v) for v in row[:4])
            boxes.append([x - 0.5 * w, y - 0.5 * h, w, h])
            scores.append(float(best))
            class_ids.append(index)
    kept = cv2.dnn.NMSBoxes(boxes, scores, 0.25, 0.7, eta=0.5)
    return [
        {
            "box": [
                round(boxes[i][0] * scale),
                round(boxes[i][1] * scale),
                round((boxes[i][0] + boxes[i][2]) * scale),
                round((boxes[i][1] + boxes[i][3]) * scale),
            ],
            "confidence": round(scores[i], 4),
            "class_id": class_ids[i],
        }
        for i in np.asarray(kept, int).reshape(-1)
    ]


run(detect)
