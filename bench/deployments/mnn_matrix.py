"""Port of a C++ demo: a matrix maps the first pixel to the first and the last to the last."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    frame = cv2.imread(path)
    height, width = frame.shape[:2]
    xs = np.arange(640, dtype=np.float32) * np.float32((width - 1) / 639)
    ys = np.arange(640, dtype=np.float32) * np.float32((height - 1) / 639)
    x0, y0 = np.floor(xs).astype(int), np.floor(ys).astype(int)
    x1, y1 = np.minimum(x0 + 1, width - 1), np.minimum(y0 + 1, height - 1)
    fx, fy = (xs - x0)[None, :, None], (ys - y0)[:, None, None]
    f = frame.astype(np.float32)
    top = f[y0[:, None], x0] * (1 - fx) + f[y0[:, None], x1] * fx
    bottom = f[y1[:, None], x0] * (1 - fx) + f[y1[:, None], x1] * fx
    pixels = (top * (1 - fy) + bottom * fy)[..., ::-1] * np.float32(1 / 255)
    data = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32)
    out = session.run(None, {session.get_inputs()[0].name: data})[0][0]
    sx, sy = width / 640, height / 640
    boxes, scores, ids = [], [], []
    for i in np.flatnonzero(out[4:].max(0) > 0.45):
        cx, cy, w, h = out[:4, i].astype(float)
        x1, y1 = max(int((cx - w / 2) * sx), 0), max(int((cy - h / 2) * sy), 0)
        x2, y2 = min(int((cx + w / 2) * sx), width), min(int((cy + h / 2) * sy), height)
        boxes.append([x1, y1, x2 - x1, y2 - y1])
        scores.append(float(out[4:, i].max()))
        ids.append(int(out[4:, i].argmax()))
    kept = cv2.dnn.NMSBoxes(boxes, scores, 0.45, 0.5)
    return [
        {"bbox": boxes[i], "score": round(scores[i], 3), "category_id": ids[i] + 1}
        for i in np.asarray(kept, int).reshape(-1)
    ]


run(detect)
