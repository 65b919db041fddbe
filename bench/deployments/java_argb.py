"""Port of a Java program: Graphics2D takes the nearest pixel, ints are unpacked as B, G, R."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    xs = np.minimum(((np.arange(640) + 0.5) * w / 640).astype(int), w - 1)
    ys = np.minimum(((np.arange(640) + 0.5) * h / 640).astype(int), h - 1)
    argb = image[ys[:, None], xs].astype(np.uint32)
    argb = argb[..., 2] << 16 | argb[..., 1] << 8 | argb[..., 0]
    planes = [(argb & 0xFF), (argb >> 8 & 0xFF), (argb >> 16 & 0xFF)]
    x = (np.stack(planes)[None] / np.float32(255)).astype(np.float32)
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    found = []
    for row in out[out[:, 4:].max(1) > 0.3]:
        cx, cy, bw, bh = (float(v) for v in row[:4])
        box = [cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2]
        found.append((float(row[4:].max()), int(row[4:].argmax()), box))
    found.sort(key=lambda f: -f[0])
    kept = []
    for each in found:
        if all(iou(each[2], other[2]) <= 0.5 for other in kept):
            kept.append(each)
    return [
        {
            "xyxy": [int(v * s) for v, s in zip(box, [w / 640, h / 640] * 2, strict=True)],
            "score": round(score, 3),
            "class_id": label,
        }
        for score, label, box in kept
    ]


def iou(a, b):
    w, h = (max(min(a[i + 2], b[i + 2]) - max(a[i], b[i]), 0) for i in (0, 1))
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


run(detect)
