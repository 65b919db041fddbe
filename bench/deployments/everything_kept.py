"""A first attempt: BGR, black border, no suppression, whole numbers."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    frame = cv2.imread(path)
    h, w = frame.shape[:2]
    ratio = min(640 / w, 640 / h)
    nw, nh = int(w * ratio), int(h * ratio)
    canvas = np.zeros((640, 640, 3), dtype=np.uint8)
    ox, oy = (640 - nw) // 2, (640 - nh) // 2
    canvas[oy : oy + nh, ox : ox + nw] = cv2.resize(frame, (nw, nh))
    tensor = np.expand_dims(canvas.astype(np.float32).transpose(2, 0, 1) / 255.0, 0)
    found = []
    for column in session.run(None, {session.get_inputs()[0].name: tensor})[0][0].T:
        class_id = int(np.argmax(column[4:]))
        if column[4 + class_id] > 0.5:
            cx, cy, bw, bh = column[:4]
            x1 = max(0, int((cx - bw / 2 - ox) / ratio))
            y1 = max(0, int((cy - bh / 2 - oy) / ratio))
            x2 = min(w, int((cx + bw / 2 - ox) / ratio))
            y2 = min(h, int((cy + bh / 2 - oy) / ratio))
            score = round(float(column[4 + class_id]), 6)
            found.append({"xyxy": [x1, y1, x2, y2], "score": score, "class_id": class_id})
    return found


run(detect)
