"""Port of an accelerator's C code without its scaler: cut weights, cut levels, even places."""

import cv2
import numpy as np
from command import run


def scale(src, rw, rh):
    h, w = src.shape[:2]
    xs = (np.arange(rw) * np.float32(w / rw)).astype(np.float32)
    ys = (np.arange(rh) * np.float32(h / rh)).astype(np.float32)
    x0, y0 = xs.astype(int), ys.astype(int)
    x1, y1 = np.minimum(x0 + 1, w - 1), np.minimum(y0 + 1, h - 1)
    fx, fy = (xs - x0)[None, :, None], (ys - y0)[:, None, None]
    f = src.astype(np.float32)
    top = f[y0[:, None], x0] * (1 - fx) + f[y0[:, None], x1] * fx
    bottom = f[y1[:, None], x0] * (1 - fx) + f[y1[:, None], x1] * fx
    return (top * (1 - fy) + bottom * fy).astype(np.uint8)


def detect(session, path):
    src = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    h, w = src.shape[:2]
    s = min(640 / w, 640 / h)
    rw, rh = int(w * s), int(h * s)
    rw, rh = rw - rw % 4, rh - rh % 2
    left, top = (640 - rw) // 2 // 2 * 2, (640 - rh) // 2 // 2 * 2
    dst = np.full((640, 640, 3), 114, np.uint8)
    dst[top : top + rh, left : left + rw] = scale(src, rw, rh)
    data = np.ascontiguousarray(dst.transpose(2, 0, 1)[None].astype(np.float32) / 255)
    out = session.run(None, {session.get_inputs()[0].name: data})[0][0]
    found = []
    for i in range(out.shape[1]):
        c = int(out[4:, i].argmax())
        if out[4 + c, i] > 0.25:
            x, y, bw, bh = (float(v) for v in out[:4, i])
            found.append((float(out[4 + c, i]), c, x - bw / 2, y - bh / 2, x + bw / 2, y + bh / 2))
    found.sort(key=lambda f: -f[0])
    kept = []
    for f in found:
        if all(k[1] != f[1] or overlap(k[2:], f[2:]) <= 0.45 for k in kept):
            kept.append(f)
    results = []
    for score, c, *box in kept:
        moved = [min(max(v - p, 0), 640) for v, p in zip(box, (left, top, left, top), strict=True)]
        whole = [int(v / s) for v in moved]
        results.append({"box": whole, "score": round(score, 3), "class_id": c})
    return results


def overlap(a, b):
    w = max(0.0, min(a[2], b[2]) - max(a[0], b[0]) + 1)
    h = max(0.0, min(a[3], b[3]) - max(a[1], b[1]) + 1)
    i = w * h
    return i / ((a[2] - a[0] + 1) * (a[3] - a[1] + 1) + (b[2] - b[0] + 1) * (b[3] - b[1] + 1) - i)


run(detect)
