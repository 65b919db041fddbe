"""Port of a C++ detector that keeps cv::Rect, whole pixels of the input, until the end."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    src = cv2.imread(path)
    gain = min(640 / src.shape[1], 640 / src.shape[0])
    w, h = int(src.shape[1] * gain), int(src.shape[0] * gain)
    dx, dy = (640 - w) // 2, (640 - h) // 2
    dst = np.full((640, 640, 3), 114, np.uint8)
    dst[dy : dy + h, dx : dx + w] = cv2.resize(src, (w, h))
    blob = cv2.dnn.blobFromImage(dst, 1 / 255.0, (640, 640), (0, 0, 0), True, False)
    data = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    rects, confidences, ids = [], [], []
    for line in data:
        _, score, _, place = cv2.minMaxLoc(line[4:].reshape(1, -1))
        if score > 0.5:
            cx, cy, bw, bh = map(float, line[:4])
            x1, y1 = int(cx - bw / 2), int(cy - bh / 2)
            x2, y2 = int(cx + bw / 2), int(cy + bh / 2)
            rects.append([x1, y1, x2, y2])
            confidences.append(float(score))
            ids.append(place[0])
    records = []
    for i in cv2.dnn.NMSBoxes(rects, confidences, 0.5, 0.4):
        left, top, right, bottom = rects[i]
        records.append(
            {
                "left": int((left - dx) / gain),
                "top": int((top - dy) / gain),
                "right": int((right - dx) / gain),
                "bottom": int((bottom - dy) / gain),
                "score": round(confidences[i], 4),
                "class_id": ids[i],
            }
        )
    return records


run(detect)
