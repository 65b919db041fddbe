"""Port of an accelerator's sample: sides cut to 16 and 2 px, put at the corner of a grey input."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    bgr = cv2.imread(path)
    height, width = bgr.shape[:2]
    ratio = max(width / 640, height / 640)
    new_w, new_h = int(width / ratio) // 16 * 16, int(height / ratio) // 2 * 2
    pasted = np.full((640, 640, 3), 128, np.uint8)
    pasted[:new_h, :new_w] = cv2.resize(bgr, (new_w, new_h))
    feed = pasted[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(feed)})[0][0]
    found = []
    for i in range(out.shape[1]):
        label = int(out[4:, i].argmax())
        if out[4 + label, i] >= 0.35:
            cx, cy, w, h = (float(v) for v in out[:4, i])
            found.append((float(out[4 + label, i]), label, cx, cy, w, h))
    found.sort(key=lambda f: -f[0])
    kept = []
    for f in found:
        if not any(k[1] == f[1] and iou(k[2:], f[2:]) > 0.45 for k in kept):
            kept.append(f)
    results = []
    for score, label, cx, cy, w, h in kept:
        x1, y1 = int((cx - w / 2) * ratio), int((cy - h / 2) * ratio)
        x2, y2 = int((cx + w / 2) * ratio), int((cy + h / 2) * ratio)
        results.append({"box": [x1, y1, x2, y2], "score": round(score, 4), "class_id": label})
    return results


def iou(a, b):
    w = min(a[0] + a[2] / 2, b[0] + b[2] / 2) - max(a[0] - a[2] / 2, b[0] - b[2] / 2)
    h = min(a[1] + a[3] / 2, b[1] + b[3] / 2) - max(a[1] - a[3] / 2, b[1] - b[3] / 2)
    inter = max(w, 0) * max(h, 0)
    return inter / (a[2] * a[3] + b[2] * b[3] - inter)


run(detect)
