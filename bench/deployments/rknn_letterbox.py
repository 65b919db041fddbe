"""Port of an accelerator's C++ demo: dark border, boxes clamped in the input, sides plus one."""

import cv2
import numpy as np
from command import run

SIZE, BACKGROUND, CONF, NMS = 640, 56, 0.25, 0.45


def overlap(a, b):
    w = max(0.0, min(a[2], b[2]) - max(a[0], b[0]) + 1.0)
    h = max(0.0, min(a[3], b[3]) - max(a[1], b[1]) + 1.0)
    i = w * h
    u = (a[2] - a[0] + 1) * (a[3] - a[1] + 1) + (b[2] - b[0] + 1) * (b[3] - b[1] + 1) - i
    return 0.0 if u <= 0 else i / u


def detect(session, path):
    src = cv2.imread(path)
    h, w = src.shape[:2]
    scale = min(SIZE / w, SIZE / h)
    nw, nh = int(w * scale), int(h * scale)
    x_pad, y_pad = (SIZE - nw) // 2, (SIZE - nh) // 2
    dst = np.full((SIZE, SIZE, 3), BACKGROUND, np.uint8)
    dst[y_pad : y_pad + nh, x_pad : x_pad + nw] = cv2.resize(src, (nw, nh))
    blob = cv2.dnn.blobFromImage(dst, 1 / 255, swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0]
    boxes, scores, ids = [], [], []
    for k in range(out.shape[1]):
        c = int(out[4:, k].argmax())
        if out[4 + c, k] >= CONF:
            cx, cy, bw, bh = out[:4, k].astype(float)
            boxes.append((cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2))
            scores.append(float(out[4 + c, k]))
            ids.append(c)
    order = sorted(range(len(boxes)), key=lambda i: -scores[i])
    for i, n in enumerate(order):
        for j in range(i + 1, len(order)):
            m = order[j]
            if n >= 0 and m >= 0 and ids[n] == ids[m] and overlap(boxes[n], boxes[m]) > NMS:
                order[j] = -1
    results = []
    for n in order:
        if n < 0:
            continue
        x1, y1, x2, y2 = boxes[n]
        left, right = (int(min(max(v - x_pad, 0), SIZE) / scale) for v in (x1, x2))
        top, bottom = (int(min(max(v - y_pad, 0), SIZE) / scale) for v in (y1, y2))
        results.append(
            {"xyxy": [left, top, right, bottom], "score": round(scores[n], 3), "class_id": ids[n]}
        )
    return results


run(detect)
