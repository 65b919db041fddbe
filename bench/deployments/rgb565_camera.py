"""Port of a microcontroller's firmware: its camera gives RGB565, with black bars."""

import cv2
import numpy as np
from command import run


def from_rgb565(image):
    high = image[..., ::-1] >> np.array([3, 2, 3], np.uint8)
    red, green, blue = (high[..., i].astype(np.uint16) for i in range(3))
    word = red << 11 | green << 5 | blue
    return np.stack([word >> 11 << 3, (word >> 5 & 63) << 2, (word & 31) << 3], axis=-1)


def detect(session, path):
    frame = from_rgb565(cv2.imread(path)).astype(np.uint8)
    height, width = frame.shape[:2]
    scale = min(640 / width, 640 / height)
    w, h = int(width * scale), int(height * scale)
    x0, y0 = (640 - w) // 2, (640 - h) // 2
    feed = np.zeros((640, 640, 3), np.uint8)
    feed[y0 : y0 + h, x0 : x0 + w] = cv2.resize(frame, (w, h), interpolation=cv2.INTER_NEAREST)
    tensor = np.ascontiguousarray(feed.transpose(2, 0, 1)[None], np.float32) / 255
    rows = session.run(None, {session.get_inputs()[0].name: tensor})[0][0].T
    found = []
    for row in rows[rows[:, 4:].max(axis=1) > 0.3]:
        cx, cy, bw, bh = (float(v) for v in row[:4])
        box = (cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2)
        found.append((float(row[4:].max()), int(row[4:].argmax()), box))
    found.sort(key=lambda f: -f[0])
    kept = []
    for f in found:
        if all(f[1] != k[1] or iou(f[2], k[2]) < 0.5 for k in kept):
            kept.append(f)
    return [
        {
            "class_id": c,
            "score": round(score, 2),
            "xyxy": [int((v - o) / scale) for v, o in zip(box, (x0, y0, x0, y0), strict=True)],
        }
        for score, c, box in kept
    ]


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(w, 0) * max(h, 0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


run(detect)
