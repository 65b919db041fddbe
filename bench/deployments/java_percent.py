"""Port of a Java desktop program: whole pixels, and scores as whole per cent of 100."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    mat = cv2.imread(path)
    mat = cv2.cvtColor(mat, cv2.COLOR_BGR2RGB)
    rows, cols = mat.shape[:2]
    ratio = min(640 / rows, 640 / cols)
    unpad_w, unpad_h = int(cols * ratio), int(rows * ratio)
    dw, dh = (640 - unpad_w) / 2.0, (640 - unpad_h) / 2.0
    resized = cv2.resize(mat, (unpad_w, unpad_h), interpolation=cv2.INTER_LINEAR)
    top, left = int(dh), int(dw)
    padded = cv2.copyMakeBorder(
        resized,
        top,
        640 - unpad_h - top,
        left,
        640 - unpad_w - left,
        cv2.BORDER_CONSTANT,
        value=(114, 114, 114),
    )
    chw = np.empty((1, 3, 640, 640), np.float32)
    for c in range(3):
        chw[0, c] = padded[:, :, c] / np.float32(255)
    output = session.run(None, {session.get_inputs()[0].name: chw})[0][0]
    per_class = {}
    for i in range(output.shape[1]):
        scores = output[4:, i]
        label = int(np.argmax(scores))
        if scores[label] >= 0.35:
            cx, cy, w, h = (float(v) for v in output[:4, i])
            detection = [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, float(scores[label])]
            per_class.setdefault(label, []).append(detection)
    records = []
    for label, detections in per_class.items():
        detections.sort(key=lambda d: d[4], reverse=True)
        while detections:
            best = detections.pop(0)
            detections = [d for d in detections if iou(best, d) < 0.45]
            box = [
                int((best[0] - dw) / ratio),
                int((best[1] - dh) / ratio),
                int((best[2] - dw) / ratio),
                int((best[3] - dh) / ratio),
            ]
            records.append({"xyxy": box, "score": int(best[4] * 100) / 100, "class_id": label})
    return records


def iou(a, b):
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


run(detect)
