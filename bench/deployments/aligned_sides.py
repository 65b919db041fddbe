"""Port of an accelerator's C++ demo: sides are cut to multiples of four, borders to even ones."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    src = cv2.imread(path)
    h, w = src.shape[:2]
    scale = min(640 / w, 640 / h)
    rw, rh = int(w * scale), int(h * scale)
    rw, rh = rw - rw % 4, rh - rh % 2
    left, top = (640 - rw) // 2, (640 - rh) // 2
    left, top = left - left % 2, top - top % 2
    dst = np.full((640, 640, 3), 114, np.uint8)
    dst[top : top + rh, left : left + rw] = cv2.resize(src, (rw, rh))
    blob = cv2.dnn.blobFromImage(dst, 1 / 255, swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0]
    found = []
    for i in range(out.shape[1]):
        c = int(out[4:, i].argmax())
        if out[4 + c, i] > 0.25:
            x, y, bw, bh = (float(v) for v in out[:4, i])
            found.append((float(out[4 + c, i]), c, x - bw / 2, y - bh / 2, bw, bh))
    found.sort(key=lambda f: -f[0])
    alive = [True] * len(found)
    for i, a in enumerate(found):
        for j in range(i + 1, len(found)):
            b = found[j]
            if alive[i] and alive[j] and a[1] == b[1] and overlap(a[2:], b[2:]) > 0.45:
                alive[j] = False
    results = []
    for (score, c, x, y, bw, bh), stays in zip(found, alive, strict=True):
        if stays:
            x1, y1 = min(max(x - left, 0), 640), min(max(y - top, 0), 640)
            x2, y2 = min(max(x - left + bw, 0), 640), min(max(y - top + bh, 0), 640)
            box = [int(v / scale) for v in (x1, y1, x2, y2)]
            results.append({"box": box, "score": round(score, 3), "class_id": c})
    return results


def overlap(a, b):
    w = max(0.0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]) + 1)
    h = max(0.0, min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]) + 1)
    return w * h / ((a[2] + 1) * (a[3] + 1) + (b[2] + 1) * (b[3] + 1) - w * h)


run(detect)
