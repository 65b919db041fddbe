"""Port of a C++ post-processor that adds half a pixel wherever it rounds."""

import math

import cv2
import numpy as np
from command import run


def overlap(a, b):
    iw = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    ih = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if iw <= 0 or ih <= 0:
        return 0.0
    return iw * ih / (a[2] * a[3] + b[2] * b[3] - iw * ih)


def detect(session, path):
    image = cv2.imread(path)
    rows, cols = image.shape[:2]
    scale = min(640 / cols, 640 / rows)
    w, h = round(cols * scale), round(rows * scale)
    left, top = round((640 - w) / 2 - 0.1), round((640 - h) / 2 - 0.1)
    square = np.full((640, 640, 3), 114, np.uint8)
    square[top : top + h, left : left + w] = cv2.resize(image, (w, h))
    blob = np.ascontiguousarray(square[..., ::-1].transpose(2, 0, 1)[None], np.float32) / 255
    anchors = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    proposals = []
    for anchor in anchors[anchors[:, 4:].max(1) > 0.3].astype(float):
        cx, cy, bw, bh = anchor[:4]
        bw, bh = bw + 0.5, bh + 0.5
        x = (cx - (bw - 0.5) / 2 + 0.5 - left) / (w / cols)
        y = (cy - (bh - 0.5) / 2 + 0.5 - top) / (h / rows)
        box = [math.floor(v + 0.5) for v in (x, y, bw / (w / cols), bh / (h / rows))]
        proposals.append((float(anchor[4:].max()), box, int(anchor[4:].argmax())))
    proposals.sort(key=lambda p: -p[0])
    kept = []
    for proposal in proposals:
        if all(overlap(proposal[1], other[1]) <= 0.45 for other in kept):
            kept.append(proposal)
    return [{"xywh": box, "conf": round(score, 7), "class_id": c} for score, box, c in kept]


run(detect)
