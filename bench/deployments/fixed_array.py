"""Port of a microcontroller's C code: an array that holds 32 candidates, those that come first."""

import cv2
import numpy as np
from command import run

MAX_OBJECTS = 32


def detect(session, path):
    img = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    ih, iw = img.shape[:2]
    scale = min(640.0 / iw, 640.0 / ih)
    w, h = int(iw * scale), int(ih * scale)
    x0, y0 = (640 - w) // 2, (640 - h) // 2
    input_ = np.full((640, 640, 3), 114, np.uint8)
    input_[y0 : y0 + h, x0 : x0 + w] = cv2.resize(img, (w, h))
    chw = np.ascontiguousarray(input_.transpose(2, 0, 1)[None].astype(np.float32) / 255)
    out = session.run(None, {session.get_inputs()[0].name: chw})[0][0]
    objects = []
    for i in range(8400):
        label = int(out[4:, i].argmax())
        if out[4 + label, i] > 0.25 and len(objects) < MAX_OBJECTS:
            cx, cy, bw, bh = (float(v) for v in out[:4, i])
            box = (cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2)
            objects.append((float(out[4 + label, i]), label, box))
    objects.sort(key=lambda o: -o[0])
    kept = []
    for o in objects:
        if not any(k[1] == o[1] and iou(k[2], o[2]) > 0.45 for k in kept):
            kept.append(o)
    lines = []
    for score, label, (l, t, r, b) in kept:
        l, r = (min(max((v - x0) / scale, 0), iw - 1) for v in (l, r))
        t, b = (min(max((v - y0) / scale, 0), ih - 1) for v in (t, b))
        box = [float(f"{v:.2f}") for v in (l, t, r, b)]
        lines.append({"xyxy": box, "score": float(f"{score:.3f}"), "class_id": label})
    return lines


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    inter = max(w, 0) * max(h, 0)
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)


run(detect)
