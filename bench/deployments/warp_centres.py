"""Port of a CUDA kernel: warped by a matrix of centres, border 128, rectangles rounded."""

import cv2
import numpy as np
from command import run


def warp(image, scale):
    h, w = image.shape[:2]
    tx = -scale * w * 0.5 + 320 + scale * 0.5 - 0.5
    ty = -scale * h * 0.5 + 320 + scale * 0.5 - 0.5
    xs = ((np.arange(640) - tx) / scale).astype(np.float32)
    ys = ((np.arange(640) - ty) / scale).astype(np.float32)
    padded = np.full((h + 4, w + 4, 3), 128, np.float32)
    padded[2:-2, 2:-2] = image
    x0, y0 = np.floor(xs).astype(int), np.floor(ys).astype(int)
    fx, fy = (xs - x0)[None, :, None], (ys - y0)[:, None, None]
    cx, cy = np.clip(x0 + 2, 0, w + 2), np.clip(y0 + 2, 0, h + 2)
    a, b = padded[cy[:, None], cx], padded[cy[:, None], cx + 1]
    c, d = padded[cy[:, None] + 1, cx], padded[cy[:, None] + 1, cx + 1]
    warped = (1 - fy) * ((1 - fx) * a + fx * b) + fy * ((1 - fx) * c + fx * d)
    outside = (xs <= -1) | (xs >= w), (ys <= -1) | (ys >= h)
    warped[:, outside[0]] = 128
    warped[outside[1]] = 128
    return warped


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    scale = min(640 / w, 640 / h)
    planes = (warp(image, scale)[..., ::-1] / 255).astype(np.float32).transpose(2, 0, 1)[None]
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(planes)})[0][0]
    items = []
    for i in np.flatnonzero(out[4:].max(0) > 0.5):
        x, y, bw, bh = out[:4, i].astype(float)
        label = int(out[4:, i].argmax())
        items.append(
            (float(out[4 + label, i]), label, x - bw / 2, y - bh / 2, x + bw / 2, y + bh / 2)
        )
    items.sort(reverse=True)
    kept = []
    for item in items:
        if all(k[1] != item[1] or iou(k[2:], item[2:]) <= 0.45 for k in kept):
            kept.append(item)
    pad_x, pad_y = (640 - scale * w) / 2, (640 - scale * h) / 2
    results = []
    for score, label, x1, y1, x2, y2 in kept:
        left, top = max((x1 - pad_x) / scale, 0), max((y1 - pad_y) / scale, 0)
        right, bottom = (x2 - pad_x) / scale, (y2 - pad_y) / scale
        rect = [round(left), round(top), round(right - left), round(bottom - top)]
        results.append({"xywh": rect, "score": round(score, 3), "class_id": label})
    return results


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    inter = max(w, 0) * max(h, 0)
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)


run(detect)
