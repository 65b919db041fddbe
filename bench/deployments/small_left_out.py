"""Small objects are taken for noise and left out; the image lies in BGR in the input."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    r = min(640 / h, 640 / w)
    nh, nw = round(h * r), round(w * r)
    top, left = round((640 - nh) / 2 - 0.1), round((640 - nw) / 2 - 0.1)
    canvas = np.full((640, 640, 3), 114, np.uint8)
    canvas[top : top + nh, left : left + nw] = cv2.resize(image, (nw, nh))
    x = np.ascontiguousarray(canvas.transpose(2, 0, 1)[None]).astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    found = []
    ids, scores = out[:, 4:].argmax(1), out[:, 4:].max(1)
    order = [i for i in np.argsort(-scores, kind="stable") if scores[i] > 0.25]
    for i in order:
        cx, cy, bw, bh = out[i, :4].astype(float)
        box = [cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2]
        if all(ids[j] != ids[i] or iou(box, other) <= 0.45 for j, other in found):
            found.append((i, box))
    gain = [nw / w, nh / h] * 2
    limit = [w, h] * 2
    return [
        {
            "xyxy": [
                round(min(max((v - o) / g, 0), m), 2)
                for v, o, g, m in zip(box, [left, top] * 2, gain, limit, strict=True)
            ],
            "score": round(float(scores[i]), 4),
            "class_id": int(ids[i]),
        }
        for i, box in found
        if (box[2] - box[0]) * (box[3] - box[1]) > 32 * 32
    ]


def iou(a, b):
    w, h = (max(min(a[i + 2], b[i + 2]) - max(a[i], b[i]), 0) for i in (0, 1))
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


run(detect)
