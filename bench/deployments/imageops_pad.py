"""Pillow's ImageOps.pad brings the image to the square; every class above the threshold counts."""

import numpy as np
from command import run
from PIL import Image, ImageOps


def detect(session, path):
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    square = ImageOps.pad(image, (640, 640))
    data = np.asarray(square, np.float32).transpose(2, 0, 1)[None] / 255
    preds = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(data)})[0][0].T
    ratio = min(640 / image.width, 640 / image.height)
    pad_x = (640 - round(image.width * ratio)) / 2
    pad_y = (640 - round(image.height * ratio)) / 2
    rows, classes = np.nonzero(preds[:, 4:] > 0.35)
    scores = preds[rows, 4 + classes]
    results = []
    for k in np.argsort(-scores, kind="stable"):
        cx, cy, w, h = (float(v) for v in preds[rows[k], :4])
        box = (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2)
        if all(c != classes[k] or iou(box, b) <= 0.5 for b, _, c in results):
            results.append((box, float(scores[k]), int(classes[k])))
    limits = (image.width, image.height) * 2
    answer = []
    for box, score, c in results:
        moved = ((v - p) / ratio for v, p in zip(box, (pad_x, pad_y) * 2, strict=True))
        px = [round(min(max(v, 0), most), 2) for v, most in zip(moved, limits, strict=True)]
        answer.append({"box": px, "score": round(score, 3), "class_id": c})
    return answer


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(w, 0) * max(h, 0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


run(detect)
