"""Port of a CUDA kernel that warps into the input: + 0.5, border 128, no rounding of the place."""

import cv2
import numpy as np
from command import run


def warp(image, matrix, value=128.0):
    h, w = image.shape[:2]
    dx, dy = np.meshgrid(np.arange(640, dtype=np.float32), np.arange(640, dtype=np.float32))
    sx = matrix[0, 0] * dx + matrix[0, 1] * dy + matrix[0, 2] + 0.5
    sy = matrix[1, 0] * dx + matrix[1, 1] * dy + matrix[1, 2] + 0.5
    inside = (sx > -1) & (sx < w) & (sy > -1) & (sy < h)
    x0, y0 = np.floor(sx).astype(int), np.floor(sy).astype(int)
    lx, ly = (sx - x0)[..., None], (sy - y0)[..., None]

    def at(y, x):
        taken = np.full((640, 640, 3), value, np.float32)
        good = (x >= 0) & (x < w) & (y >= 0) & (y < h)
        taken[good] = image[y[good], x[good]]
        return taken

    v = (1 - ly) * ((1 - lx) * at(y0, x0) + lx * at(y0, x0 + 1))
    v += ly * ((1 - lx) * at(y0 + 1, x0) + lx * at(y0 + 1, x0 + 1))
    return np.where(inside[..., None], np.floor(v + 0.5), value)


def iou(a, b):
    left, right = max(a[0], b[0]), min(a[2], b[2])
    top, bottom = max(a[1], b[1]), min(a[3], b[3])
    if top > bottom or left > right:
        return 0.0
    inter = (right - left) * (bottom - top)
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    scale = min(640 / w, 640 / h)
    s2d = np.array(
        [[scale, 0, -scale * w * 0.5 + 320], [0, scale, -scale * h * 0.5 + 320]], np.float32
    )
    d2s = cv2.invertAffineTransform(s2d)
    x = (warp(image, d2s)[..., ::-1] / 255).transpose(2, 0, 1)[None].astype(np.float32)
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    found = []
    for row in out[out[:, 4:].max(1) > 0.5].astype(float):
        cx, cy, bw, bh = row[:4]
        found.append(
            (cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2, row[4:].max(), row[4:].argmax())
        )
    found.sort(key=lambda b: -b[4])
    kept = []
    for box in found:
        if all(k[5] != box[5] or iou(k, box) <= 0.45 for k in kept):
            kept.append(box)
    records = []
    for x1, y1, x2, y2, score, class_id in kept:
        l, t = max(0, x1 * d2s[0, 0] + d2s[0, 2]), max(0, y1 * d2s[1, 1] + d2s[1, 2])
        r, b = x2 * d2s[0, 0] + d2s[0, 2], y2 * d2s[1, 1] + d2s[1, 2]
        sides = [int(np.floor(v + 0.5)) for v in (l, t, r - l, b - t)]
        records.append({"xywh": sides, "score": round(score, 6), "class_id": int(class_id)})
    return records


run(detect)
