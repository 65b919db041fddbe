"""Port of an Android camera analyser: the frame arrives as YUV 4:2:0 and is stretched."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    frame = cv2.imread(path)
    height, width = frame.shape[:2]
    even = frame[: height // 2 * 2, : width // 2 * 2]
    i420 = cv2.cvtColor(even, cv2.COLOR_BGR2YUV_I420)
    rgb = cv2.cvtColor(i420, cv2.COLOR_YUV2RGB_I420)
    scaled = cv2.resize(rgb, (640, 640))
    x = np.ascontiguousarray(np.float32(scaled.transpose(2, 0, 1)[None]) / 255)
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    scores, labels = out[:, 4:].max(1), out[:, 4:].argmax(1)
    candidates = [i for i in np.argsort(-scores, kind="stable") if scores[i] > 0.35]
    rects = {
        i: (*(out[i, :2] - out[i, 2:4] / 2), *(out[i, :2] + out[i, 2:4] / 2)) for i in candidates
    }
    kept = []
    for i in candidates:
        if all(overlap(rects[i], rects[j]) <= 0.5 for j in kept):
            kept.append(i)
    return [
        {
            "x1": round(float(rects[i][0]) * width / 640, 1),
            "y1": round(float(rects[i][1]) * height / 640, 1),
            "x2": round(float(rects[i][2]) * width / 640, 1),
            "y2": round(float(rects[i][3]) * height / 640, 1),
            "score": round(float(scores[i]), 3),
            "class_id": int(labels[i]),
        }
        for i in kept
    ]


def overlap(a, b):
    inter = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)


run(detect)
