"""An overlay on a phone: the image is stretched, boxes are in px of a view that it fills."""

import numpy as np
from command import run
from PIL import Image

VIEW = 390, 844


def detect(session, path):
    picture = Image.open(path).convert("RGB")
    width, height = picture.size
    squeezed = picture.resize((640, 640), Image.Resampling.BILINEAR)
    data = np.asarray(squeezed, np.float32).transpose(2, 0, 1)[None] / 255
    rows = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(data)})[0][0].T
    rows = rows[rows[:, 4:].max(1) > 0.25]
    rows = rows[np.argsort(-rows[:, 4:].max(1), kind="stable")]
    kept = []
    for row in rows:
        label = int(row[4:].argmax())
        if all(label != k[0] or overlap(row, k[1]) <= 0.45 for k in kept):
            kept.append((label, row))
    fill = max(VIEW[0] / width, VIEW[1] / height)
    left, top = (VIEW[0] - width * fill) / 2, (VIEW[1] - height * fill) / 2
    shown = []
    for label, row in kept:
        cx, cy, w, h = (float(v) / 640 for v in row[:4])
        x, y = (cx - w / 2) * width * fill + left, (cy - h / 2) * height * fill + top
        frame = [round(v, 1) for v in (x, y, w * width * fill, h * height * fill)]
        shown.append({"xywh": frame, "score": round(float(row[4:].max()), 3), "class_id": label})
    return shown


def overlap(a, b):
    w = min(a[0] + a[2] / 2, b[0] + b[2] / 2) - max(a[0] - a[2] / 2, b[0] - b[2] / 2)
    h = min(a[1] + a[3] / 2, b[1] + b[3] / 2) - max(a[1] - a[3] / 2, b[1] - b[3] / 2)
    shared = max(w, 0) * max(h, 0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


run(detect)
