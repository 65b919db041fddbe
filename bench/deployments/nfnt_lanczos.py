"""Port of a Go program: nfnt/resize with Lanczos3, whose weights are whole 256ths; no classes."""

import cv2
import numpy as np
from command import run


def kernel(x):
    return np.sinc(x) * np.sinc(x / 3) if -3 < x < 3 else 0.0


def along_rows(pixels, count):
    side = pixels.shape[1]
    scale = side / count
    taps = 6 * max(int(np.ceil(scale)), 1)
    factor = min(1 / scale, 1)
    out = np.empty((pixels.shape[0], count, 3), np.uint8)
    for i in range(count):
        at = scale * (i + 0.5) - 0.5
        start = int(at) - taps // 2 + 1
        weights = [int(kernel((at - start - k) * factor) * 256) for k in range(taps)]
        taken = pixels[:, np.clip(start + np.arange(taps), 0, side - 1)].astype(int)
        total = (taken * np.array(weights)[:, None]).sum(1)
        out[:, i] = np.clip(np.trunc(total / sum(weights)), 0, 255)
    return out


def detect(session, path):
    picture = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    h, w = picture.shape[:2]
    small = along_rows(along_rows(picture, 640).transpose(1, 0, 2), 640).transpose(1, 0, 2)
    x = small.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0]
    boxes = []
    for column in out.T[out[4:].max(0) >= 0.5]:
        cx, cy, bw, bh = (float(v) for v in column[:4])
        corners = [(cx - bw / 2) / 640 * w, (cy - bh / 2) / 640 * h]
        corners += [(cx + bw / 2) / 640 * w, (cy + bh / 2) / 640 * h]
        boxes.append((*corners, float(column[4:].max()), int(column[4:].argmax())))
    boxes.sort(key=lambda b: -b[4])
    kept = []
    while boxes:
        kept.append(boxes[0])
        boxes = [b for b in boxes[1:] if iou(boxes[0], b) < 0.7]
    return [
        {"xyxy": [round(v, 3) for v in b[:4]], "score": round(b[4], 4), "class_id": b[5]}
        for b in kept
    ]


def iou(a, b):
    w, h = (min(a[i + 2], b[i + 2]) - max(a[i], b[i]) for i in (0, 1))
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


run(detect)
