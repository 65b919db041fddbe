"""A script that makes frames 500 px wide first, and returns px of these."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    frame = cv2.imread(path)
    frame = cv2.resize(
        frame, (500, int(frame.shape[0] * 500 / frame.shape[1])), interpolation=cv2.INTER_AREA
    )
    fh, fw = frame.shape[:2]
    r = min(640 / fh, 640 / fw)
    nw, nh = round(fw * r), round(fh * r)
    pad_x, pad_y = round((640 - nw) / 2 - 0.1), round((640 - nh) / 2 - 0.1)
    board = np.full((640, 640, 3), 114, np.uint8)
    board[pad_y : pad_y + nh, pad_x : pad_x + nw] = cv2.resize(frame, (nw, nh))
    feed = np.ascontiguousarray(board[..., ::-1].transpose(2, 0, 1)[None], np.float32) / 255
    preds = session.run(None, {session.get_inputs()[0].name: feed})[0][0].T
    confs, ids = preds[:, 4:].max(1), preds[:, 4:].argmax(1)
    results = []
    for k in np.argsort(-confs, kind="stable"):
        if confs[k] <= 0.4:
            break
        cx, cy, bw, bh = preds[k, :4]
        xs = np.clip((np.array([cx - bw / 2, cx + bw / 2]) - pad_x) * fw / nw, 0, fw)
        ys = np.clip((np.array([cy - bh / 2, cy + bh / 2]) - pad_y) * fh / nh, 0, fh)
        box = [xs[0], ys[0], xs[1], ys[1]]
        if all(ids[k] != c or overlap(box, b) <= 0.45 for b, _, c in results):
            results.append((box, confs[k], ids[k]))
    return [
        {"xyxy": [round(float(v), 2) for v in b], "score": round(float(s), 3), "class_id": int(c)}
        for b, s, c in results
    ]


def overlap(a, b):
    w = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    h = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return w * h / max(both - w * h, 1e-9)


run(detect)
