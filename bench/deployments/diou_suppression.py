"""Port of a C++ detector whose suppression subtracts the distance of centres from the overlap."""

import cv2
import numpy as np
from command import run


def diou(a, b):
    iw = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    ih = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - iw * ih
    cw = max(a[2], b[2]) - min(a[0], b[0])
    ch = max(a[3], b[3]) - min(a[1], b[1])
    dx, dy = (a[0] + a[2] - b[0] - b[2]) / 2, (a[1] + a[3] - b[1] - b[3]) / 2
    return iw * ih / union - (dx * dx + dy * dy) / (cw * cw + ch * ch)


def detect(session, path):
    img = cv2.imread(path)
    scale = min(640 / img.shape[1], 640 / img.shape[0])
    w, h = int(img.shape[1] * scale), int(img.shape[0] * scale)
    dx, dy = (640 - w) // 2, (640 - h) // 2
    board = np.full((640, 640, 3), 114, np.uint8)
    board[dy : dy + h, dx : dx + w] = cv2.resize(img, (w, h))
    x = board[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32) * np.float32(1 / 255)
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0]
    objects = []
    for i in range(out.shape[1]):
        label = int(out[4:, i].argmax())
        prob = float(out[4 + label, i])
        if prob > 0.2:
            cx, cy, bw, bh = (float(v) for v in out[:4, i])
            box = (cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2)
            objects.append((prob, label, box))
    objects.sort(key=lambda o: -o[0])
    picked = []
    for o in objects:
        if all(o[1] != p[1] or diou(o[2], p[2]) <= 0.45 for p in picked):
            picked.append(o)
    results = []
    for prob, label, (x1, y1, x2, y2) in picked:
        xs = [min(max((v - dx) / scale, 0.0), img.shape[1]) for v in (x1, x2)]
        ys = [min(max((v - dy) / scale, 0.0), img.shape[0]) for v in (y1, y2)]
        box = [round(v, 2) for v in (xs[0], ys[0], xs[1], ys[1])]
        results.append({"xyxy": box, "score": round(prob, 4), "class_id": label})
    return results


run(detect)
