"""Port of a C++ demo of poses: black letterbox, whole px for boxes and keypoints, one class."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    bgr = cv2.imread(path)
    rows, cols = bgr.shape[:2]
    size = session.get_inputs()[0].shape[2]
    scale = min(size / rows, size / cols)
    rw, rh = int(cols * scale), int(rows * scale)
    px, py = (size - rw) // 2, (size - rh) // 2
    padded = np.zeros((size, size, 3), np.uint8)
    padded[py : py + rh, px : px + rw] = cv2.resize(bgr, (rw, rh))
    blob = cv2.dnn.blobFromImage(padded, 1 / 255.0, (size, size), swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    rects, scores, labels, points = [], [], [], []
    for row in out:
        label = int(row[4:-51].argmax())
        if row[4 + label] >= 0.3:
            cx, cy, w, h = (float(v) for v in row[:4])
            rects.append(
                [
                    int((cx - 0.5 * w - px) / scale),
                    int((cy - 0.5 * h - py) / scale),
                    int(w / scale),
                    int(h / scale),
                ]
            )
            scores.append(float(row[4 + label]))
            labels.append(label)
            points.append(
                [
                    v
                    for k in range(17)
                    for v in (
                        int((row[3 * k - 51] - px) / scale),
                        int((row[3 * k - 50] - py) / scale),
                        round(float(row[3 * k - 49]), 2),
                    )
                ]
            )
    return [
        {
            "bbox": rects[i],
            "score": round(scores[i], 3),
            "class_id": labels[i],
            "keypoints": points[i],
        }
        for i in np.asarray(cv2.dnn.NMSBoxes(rects, scores, 0.3, 0.5), int).reshape(-1)
    ]


run(detect)
