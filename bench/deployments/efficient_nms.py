"""Port of a DeepStream parser: GPU resize without half-pixel centres, image in the corner."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    frame = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    h, w = frame.shape[:2]
    scale = min(640 / w, 640 / h)
    nw, nh = round(w * scale), round(h * scale)
    surface = np.zeros((640, 640, 3), np.float32)
    surface[:nh, :nw] = gpu_resize(frame, nw, nh)
    x = np.ascontiguousarray((surface / 255).transpose(2, 0, 1)[None], np.float32)
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0]
    scores, ids = out[4:].max(0), out[4:].argmax(0)
    results = []
    for i in np.argsort(-scores)[:100]:
        if scores[i] < 0.2:
            break
        cx, cy, bw, bh = out[:4, i].astype(float)
        box = [cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2]
        if all(iou(box, r[0]) <= 0.5 for r in results if r[2] == ids[i]):
            results.append((box, float(scores[i]), int(ids[i])))
    return [
        {
            "left": round(min(max(b[0] / scale, 0), w - 1), 2),
            "top": round(min(max(b[1] / scale, 0), h - 1), 2),
            "right": round(min(max(b[2] / scale, 0), w - 1), 2),
            "bottom": round(min(max(b[3] / scale, 0), h - 1), 2),
            "score": round(s, 4),
            "class_id": c,
        }
        for b, s, c in results
    ]


def gpu_resize(img, nw, nh):
    sx = np.arange(nw) * img.shape[1] / nw
    sy = np.arange(nh) * img.shape[0] / nh
    x1, y1 = sx.astype(int), sy.astype(int)
    x2, y2 = np.minimum(x1 + 1, img.shape[1] - 1), np.minimum(y1 + 1, img.shape[0] - 1)
    fx, fy = (sx - x1)[None, :, None], (sy - y1)[:, None, None]
    upper = img[y1][:, x1] * (1 - fx) + img[y1][:, x2] * fx
    lower = img[y2][:, x1] * (1 - fx) + img[y2][:, x2] * fx
    return np.rint(upper * (1 - fy) + lower * fy)


def iou(a, b):
    w = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    h = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


run(detect)
