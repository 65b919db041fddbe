"""Port of an Android demo: padded with black around the middle to a square, then resized."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    rgb = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    height, width = rgb.shape[:2]
    side = max(height, width)
    off_x, off_y = (side - width) // 2, (side - height) // 2
    square = np.zeros((side, side, 3), np.uint8)
    square[off_y : off_y + height, off_x : off_x + width] = rgb
    x = cv2.resize(square, (640, 640)).transpose(2, 0, 1)[None].astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0]
    found = []
    for c in range(out.shape[1]):
        label = int(out[4:, c].argmax())
        if out[4 + label, c] > 0.3:
            cx, cy, w, h = (float(v) / 640 for v in out[:4, c])
            found.append(
                (float(out[4 + label, c]), label, cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)
            )
    found.sort(key=lambda f: -f[0])
    kept = []
    while found:
        first = found.pop(0)
        kept.append(first)
        found = [f for f in found if iou(first[2:], f[2:]) < 0.5]
    return [
        {
            "left": round(x1 * side - off_x, 1),
            "top": round(y1 * side - off_y, 1),
            "right": round(x2 * side - off_x, 1),
            "bottom": round(y2 * side - off_y, 1),
            "score": round(score, 3),
            "class_id": label,
        }
        for score, label, x1, y1, x2, y2 in kept
    ]


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    inter = max(w, 0) * max(h, 0)
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)


run(detect)
