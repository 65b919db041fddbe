"""Port of a Java desktop program: areas are averaged, overlap is not clamped, tenths of px."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    scaled = cv2.resize(image, (640, 640), interpolation=cv2.INTER_AREA)
    data = scaled[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(data)})[0][0]
    boxes = []
    for i in range(8400):
        label = int(out[4:, i].argmax())
        if out[4 + label, i] >= 0.2:
            cx, cy, bw, bh = (float(v) for v in out[:4, i])
            x1, y1, x2, y2 = cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2
            boxes.append(
                (
                    x1 * w / 640,
                    y1 * h / 640,
                    x2 * w / 640,
                    y2 * h / 640,
                    float(out[4 + label, i]),
                    label,
                )
            )
    boxes.sort(key=lambda b: -b[4])
    result = []
    while boxes:
        first = boxes[0]
        result.append(first)
        boxes = [b for b in boxes[1:] if iou(first, b) < 0.5]
    return [
        {"xyxy": [round(v, 1) for v in b[:4]], "score": round(b[4], 3), "class_id": b[5] + 1}
        for b in result
    ]


def iou(a, b):
    shared = (min(a[2], b[2]) - max(a[0], b[0])) * (min(a[3], b[3]) - max(a[1], b[1]))
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


run(detect)
