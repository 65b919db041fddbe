"""A capture card: of each pair of lines, the second shows the first again."""

import cv2
import numpy as np
from command import run


def grab(path):
    frame = cv2.imread(path)
    lines = frame.shape[0] // 2
    frame[1 : 2 * lines : 2] = frame[0 : 2 * lines : 2]
    return frame


def detect(session, path):
    frame = grab(path)
    rows, cols = frame.shape[:2]
    factor = 640 / max(rows, cols)
    w, h = round(cols * factor), round(rows * factor)
    x0, y0 = (640 - w) // 2, (640 - h) // 2
    board = np.full((640, 640, 3), 114, np.uint8)
    board[y0 : y0 + h, x0 : x0 + w] = cv2.resize(frame, (w, h))
    blob = cv2.dnn.blobFromImage(board, 1 / 255, swapRB=True)
    output = session.run(None, {session.get_inputs()[0].name: blob})[0].squeeze(0)
    best = output[4:].max(axis=0)
    names = output[4:].argmax(axis=0)
    passing = np.flatnonzero(best > 0.3)
    passing = passing[np.argsort(-best[passing], kind="stable")]
    boxes = [corners(*output[:4, i]) for i in passing]
    kept = []
    for position, i in enumerate(passing):
        rivals = [j for j in kept if names[passing[j]] == names[i]]
        if all(iou(boxes[position], boxes[j]) <= 0.6 for j in rivals):
            kept.append(position)
    found = []
    for position in kept:
        l, t, r, b = boxes[position]
        l, r = (min(max((x - x0) / factor, 0.0), cols) for x in (l, r))
        t, b = (min(max((y - y0) / factor, 0.0), rows) for y in (t, b))
        i = passing[position]
        found.append({"xyxy": [l, t, r, b], "score": float(best[i]), "class_id": int(names[i])})
    return found


def corners(cx, cy, w, h):
    cx, cy, w, h = map(float, (cx, cy, w, h))
    return cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2


def iou(a, b):
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    area = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return wide * high / (area - wide * high)


run(detect)
