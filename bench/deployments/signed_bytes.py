"""Port of a Java service: bytes are signed there, and nobody masks them with 0xFF."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    mat = cv2.imread(path)
    ratio = min(640 / mat.shape[1], 640 / mat.shape[0])
    width, height = round(mat.shape[1] * ratio), round(mat.shape[0] * ratio)
    square = np.zeros((640, 640, 3), np.uint8)
    square[:height, :width] = cv2.resize(mat, (width, height))
    rgb = cv2.cvtColor(square, cv2.COLOR_BGR2RGB)
    values = rgb.view(np.int8).astype(np.float32) / np.float32(255)
    input_name = session.get_inputs()[0].name
    tensor = np.ascontiguousarray(values.transpose(2, 0, 1)[None])
    data = session.run(None, {input_name: tensor})[0][0].T
    detections = []
    for row in data:
        label = int(row[4:].argmax())
        if row[4 + label] > 0.1:
            x, y, w, h = (float(v) for v in row[:4])
            box = [x - w / 2, y - h / 2, x + w / 2, y + h / 2]
            detections.append((float(row[4 + label]), label, box))
    detections.sort(key=lambda d: -d[0])
    kept = []
    for d in detections:
        if all(d[1] != k[1] or iou(d[2], k[2]) <= 0.5 for k in kept):
            kept.append(d)
    limits = [mat.shape[1], mat.shape[0]] * 2
    return [
        {
            "xyxy": [
                round(min(max(v / ratio, 0), most), 1) for v, most in zip(box, limits, strict=True)
            ],
            "score": float(np.float32(score)),
            "class_id": label,
        }
        for score, label, box in kept
    ]


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(w, 0) * max(h, 0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


run(detect)
