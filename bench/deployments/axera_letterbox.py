"""Port of an NPU sample in C++: ratios exchanged, boxes and per cents printed without decimals."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    mat = cv2.imread(path)
    rows, cols = mat.shape[:2]
    scale = min(640 / rows, 640 / cols)
    high, wide = int(scale * rows), int(scale * cols)
    top, left = (640 - high) // 2, (640 - wide) // 2
    small = cv2.resize(mat, (wide, high))
    filled = cv2.copyMakeBorder(
        small, top, 640 - high - top, left, 640 - wide - left, cv2.BORDER_CONSTANT, value=0
    )
    image = cv2.cvtColor(filled, cv2.COLOR_BGR2RGB)
    tensor = image.transpose(2, 0, 1)[None].astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: tensor})[0][0].T
    proposals = []
    for row in out[out[:, 4:].max(1) > 0.45]:
        label = int(row[4:].argmax())
        cx, cy, w, h = (float(v) for v in row[:4])
        proposals.append((float(row[4 + label]), label, cx - w / 2, cy - h / 2, w, h))
    proposals.sort(reverse=True)
    picked = []
    for one in proposals:
        if all(
            area(one, p) / (one[4] * one[5] + p[4] * p[5] - area(one, p)) <= 0.45 for p in picked
        ):
            picked.append(one)
    ratio_x, ratio_y = rows / high, cols / wide
    found = []
    for prob, label, x, y, w, h in picked:
        x0 = max(min((x - left) * ratio_x, cols - 1), 0)
        y0 = max(min((y - top) * ratio_y, rows - 1), 0)
        x1 = max(min((x + w - left) * ratio_x, cols - 1), 0)
        y1 = max(min((y + h - top) * ratio_y, rows - 1), 0)
        corners = [int(f"{v:.0f}") for v in (x0, y0, x1, y1)]
        found.append(
            {"xyxy": corners, "score": float(f"{prob * 100:.0f}") / 100, "class_id": label}
        )
    return found


def area(a, b):
    width = min(a[2] + a[4], b[2] + b[4]) - max(a[2], b[2])
    height = min(a[3] + a[5], b[3] + b[5]) - max(a[3], b[3])
    return max(width, 0) * max(height, 0)


run(detect)
