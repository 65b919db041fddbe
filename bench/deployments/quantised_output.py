"""Port of a Kotlin app with an integer model: what it returns has 256 steps."""

import cv2
import numpy as np
from command import run

SCALE, ZERO_POINT = 0.004, -128


def detect(session, path):
    bitmap = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    h, w = bitmap.shape[:2]
    x = cv2.resize(bitmap, (640, 640)).transpose(2, 0, 1)[None].astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0]
    out[:4] /= 640
    steps = np.clip(np.rint(out / SCALE) + ZERO_POINT, -128, 127).astype(np.int8)
    out = (steps.astype(np.float32) - ZERO_POINT) * np.float32(SCALE)
    found = []
    for i in range(8400):
        label = int(out[4:, i].argmax())
        if out[4 + label, i] > 0.25:
            cx, cy, bw, bh = (float(v) for v in out[:4, i])
            box = (cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2)
            found.append((float(out[4 + label, i]), label, box))
    found.sort(key=lambda f: -f[0])
    kept = []
    for f in found:
        if all(iou(k[2], f[2]) < 0.5 for k in kept):
            kept.append(f)
    return [
        {
            "xyxy": [
                round(min(max(v, 0), 1) * side, 2)
                for v, side in zip(box, (w, h, w, h), strict=True)
            ],
            "score": round(score, 3),
            "class_id": label,
        }
        for score, label, box in kept
    ]


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    inter = max(w, 0) * max(h, 0)
    return inter / max((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter, 1e-9)


run(detect)
