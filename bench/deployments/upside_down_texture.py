"""Port of a C# game engine: textures start at the bottom, so the network sees it upside down."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    texture = cv2.imread(path)[::-1, :, ::-1]
    height, width = texture.shape[:2]
    pixels = cv2.resize(np.ascontiguousarray(texture), (640, 640))
    tensor = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], dtype=np.float32) / 255
    output = session.run(None, {session.get_inputs()[0].name: tensor})[0][0]
    boxes = []
    for n in range(output.shape[1]):
        label = int(np.argmax(output[4:, n]))
        score = float(output[4 + label, n])
        if score >= 0.3:
            cx, cy, w, h = (float(v) for v in output[:4, n])
            boxes.append(
                (
                    cx * width / 640,
                    height - cy * height / 640,
                    w * width / 640,
                    h * height / 640,
                    score,
                    label,
                )
            )
    boxes.sort(key=lambda b: -b[4])
    drawn = []
    for b in boxes:
        if len(drawn) < 50 and all(iou(b, d) < 0.5 for d in drawn):
            drawn.append(b)
    return [
        {
            "xywh": [
                round(b[0] - b[2] / 2, 2),
                round(b[1] - b[3] / 2, 2),
                round(b[2], 2),
                round(b[3], 2),
            ],
            "score": round(b[4], 4),
            "class_id": b[5],
        }
        for b in drawn
    ]


def iou(a, b):
    w = min(a[0] + a[2] / 2, b[0] + b[2] / 2) - max(a[0] - a[2] / 2, b[0] - b[2] / 2)
    h = min(a[1] + a[3] / 2, b[1] + b[3] / 2) - max(a[1] - a[3] / 2, b[1] - b[3] / 2)
    inter = max(0, w) * max(0, h)
    return inter / (a[2] * a[3] + b[2] * b[3] - inter)


run(detect)
