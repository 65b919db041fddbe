"""Port of a Rust example: resize_exact into the corner, NMS that does not clamp the overlap."""

import cv2
import numpy as np
from command import run
from PIL import Image


def detect(session, path):
    image = Image.fromarray(cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB))
    w0, h0 = image.size
    ratio = min(640 / w0, 640 / h0)
    w_new, h_new = round(w0 * ratio), round(h0 * ratio)
    ys = np.full((1, 3, 640, 640), np.float32(144.0 / 255.0), np.float32)
    resized = np.asarray(image.resize((w_new, h_new), Image.Resampling.BICUBIC), np.float32)
    ys[0, :, :h_new, :w_new] = resized.transpose(2, 0, 1) / 255.0
    preds = session.run(None, {session.get_inputs()[0].name: ys})[0][0]
    data = []
    for pred in preds.T:
        bbox, confs = pred[:4].astype(float), pred[4:]
        label = max(range(len(confs)), key=confs.__getitem__)
        if confs[label] < 0.3:
            continue
        cx, cy, w, h = bbox / ratio
        x, y = cx - w / 2.0, cy - h / 2.0
        left, top = min(max(x, 0.0), w0), min(max(y, 0.0), h0)
        right, bottom = min(max(x + w, 0.0), w0), min(max(y + h, 0.0), h0)
        data.append(((left, top, right, bottom), label, float(confs[label])))
    data.sort(key=lambda d: -d[2])
    kept = []
    for box, label, conf in data:
        for other, _, _ in kept:
            if intersection(other, box) / union(other, box) > 0.45:
                break
        else:
            kept.append((box, label, conf))
    return [
        {"xyxy": [round(v, 3) for v in box], "confidence": round(conf, 6), "class_id": label}
        for box, label, conf in kept
    ]


def area(b):
    return (b[2] - b[0]) * (b[3] - b[1])


def intersection(a, b):
    left, right = max(a[0], b[0]), min(a[2], b[2])
    top, bottom = max(a[1], b[1]), min(a[3], b[3])
    return (right - left) * (bottom - top)


def union(a, b):
    return area(a) + area(b) - intersection(a, b)


run(detect)
