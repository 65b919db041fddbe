"""Port of a Rust example: resized to the input with a triangle filter, boxes by two ratios."""

import numpy as np
from command import run
from PIL import Image, ImageOps


def detect(session, path):
    picture = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    w, h = picture.size
    pixels = np.asarray(picture.resize((640, 640), Image.Resampling.BILINEAR), np.float32) / 255
    x = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])
    rows = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    per_class = {}
    for row in rows:
        c = int(row[4:].argmax())
        if row[4 + c] >= 0.4:
            cx, cy, bw, bh = map(float, row[:4])
            box = [cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2, float(row[4 + c])]
            per_class.setdefault(c, []).append(box)
    found = []
    for c in sorted(per_class):
        kept = []
        for box in sorted(per_class[c], key=lambda b: -b[4]):
            if all(iou(box, other) <= 0.45 for other in kept):
                kept.append(box)
        for x1, y1, x2, y2, score in kept:
            corners = [x1 * w / 640, y1 * h / 640, x2 * w / 640, y2 * h / 640]
            found.append(
                {"xyxy": [round(v, 1) for v in corners], "score": round(score, 4), "class_id": c}
            )
    return found


def iou(a, b):
    area_a = (a[2] - a[0] + 1) * (a[3] - a[1] + 1)
    area_b = (b[2] - b[0] + 1) * (b[3] - b[1] + 1)
    w = max(0.0, min(a[2], b[2]) - max(a[0], b[0]) + 1)
    h = max(0.0, min(a[3], b[3]) - max(a[1], b[1]) + 1)
    return w * h / (area_a + area_b - w * h)


run(detect)
