"""The camera's driver letterboxes to 416, which is enlarged to 640; boxes are cut."""

import cv2
import numpy as np
from command import run


def fit(image, side):
    h, w = image.shape[:2]
    r = side / max(h, w)
    nh, nw = int(h * r), int(w * r)
    board = np.full((side, side, 3), 114, np.uint8)
    y, x = (side - nh) // 2, (side - nw) // 2
    board[y : y + nh, x : x + nw] = cv2.resize(image, (nw, nh))
    return board


def detect(session, path):
    frame = cv2.imread(path)
    h, w = frame.shape[:2]
    picture = cv2.resize(fit(frame, 416), (640, 640))
    x = np.ascontiguousarray(picture[..., ::-1].transpose(2, 0, 1)[None]).astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    r = 640 / max(h, w)
    left, top = (640 - w * r) / 2, (640 - h * r) / 2
    best, label = out[:, 4:].max(1), out[:, 4:].argmax(1)
    boxes, kept = [], []
    for i in np.argsort(-best, kind="stable"):
        if best[i] <= 0.25:
            break
        cx, cy, bw, bh = out[i, :4].astype(float)
        box = cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2
        if any(iou(box, other) > 0.45 for other in boxes):
            continue
        boxes.append(box)
        x1, x2 = ((v - left) / r for v in box[::2])
        y1, y2 = ((v - top) / r for v in box[1::2])
        corners = [max(x1, 0), max(y1, 0), min(x2, w), min(y2, h)]
        kept.append(
            {
                "xyxy": [int(v) for v in corners],
                "score": round(float(best[i]), 3),
                "class_id": int(label[i]),
            }
        )
    return kept


def iou(a, b):
    w, h = (max(min(a[i + 2], b[i + 2]) - max(a[i], b[i]), 0) for i in (0, 1))
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


run(detect)
