"""Port of a desktop program: picks pixels one by one, keeps every class, cuts the sides."""

import cv2
import numpy as np
from command import run

CONF, IOU = 0.3, 0.45


def detect(session, path):
    image = cv2.imread(path)
    height, width = image.shape[:2]
    gain = min(640 / width, 640 / height)
    new_w, new_h = round(width * gain), round(height * gain)
    left, top = (640 - new_w) // 2, (640 - new_h) // 2
    tensor = np.zeros((1, 3, 640, 640), np.float32)
    columns = np.minimum((np.arange(new_w) * (width / new_w)).astype(int), width - 1)
    lines = np.minimum((np.arange(new_h) * (height / new_h)).astype(int), height - 1)
    picked = image[lines][:, columns, ::-1].transpose(2, 0, 1) / 255.0
    tensor[0, :, top : top + new_h, left : left + new_w] = picked
    output = session.run(None, {session.get_inputs()[0].name: tensor})[0][0]
    found = []
    x_pad, y_pad = int((640 - width * gain) / 2), int((640 - height * gain) / 2)
    for anchor, label in zip(*np.nonzero(output[4:].T > CONF), strict=True):
        cx, cy, w, h = output[:4, anchor].astype(float)
        box = ((cx - w / 2 - x_pad) / gain, (cy - h / 2 - y_pad) / gain, w / gain, h / gain)
        found.append((float(output[4 + label, anchor]), int(label), box))
    found.sort(key=lambda f: f[0], reverse=True)
    kept = []
    for score, label, box in found:
        if not any(label == k[1] and iou(box, k[2]) > IOU for k in kept):
            kept.append((score, label, box))
    return [
        {
            "x": int(b[0]),
            "y": int(b[1]),
            "width": int(b[2]),
            "height": int(b[3]),
            "confidence": round(score, 7),
            "class_id": label,
        }
        for score, label, b in kept
    ]


def iou(a, b):
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if w < 0 or h < 0:
        return 0
    return w * h / (a[2] * a[3] + b[2] * b[3] - w * h)


run(detect)
