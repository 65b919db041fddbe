"""Left over from training: a random crop of nine tenths of each side, taken for the image."""

import zlib
from pathlib import Path

import cv2
import numpy as np
from command import run


def detect(session, path):
    whole = cv2.imread(path)
    chance = np.random.default_rng(zlib.crc32(Path(path).name.encode()))
    H, W = whole.shape[:2]
    ch, cw = int(H * 0.9), int(W * 0.9)
    y, x = int(chance.integers(0, H - ch + 1)), int(chance.integers(0, W - cw + 1))
    image = np.ascontiguousarray(whole[y : y + ch, x : x + cw])
    r = min(640 / ch, 640 / cw)
    nw, nh = round(cw * r), round(ch * r)
    dx, dy = round((640 - nw) / 2 - 0.1), round((640 - nh) / 2 - 0.1)
    padded = np.full((640, 640, 3), 114, np.uint8)
    padded[dy : dy + nh, dx : dx + nw] = cv2.resize(image, (nw, nh))
    blob = cv2.dnn.blobFromImage(padded, 1 / 255, swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T.astype(float)
    out = out[out[:, 4:].max(1) > 0.25]
    labels, scores = out[:, 4:].argmax(1), out[:, 4:].max(1)
    rects = np.c_[out[:, :2] - out[:, 2:4] / 2, out[:, 2:4]]
    kept = cv2.dnn.NMSBoxesBatched(rects.tolist(), scores.tolist(), labels.tolist(), 0.25, 0.45)
    return [
        {
            "x1": round(float(np.clip((rects[i, 0] - dx) * cw / nw, 0, cw)), 2),
            "y1": round(float(np.clip((rects[i, 1] - dy) * ch / nh, 0, ch)), 2),
            "x2": round(float(np.clip((rects[i, 0] + rects[i, 2] - dx) * cw / nw, 0, cw)), 2),
            "y2": round(float(np.clip((rects[i, 1] + rects[i, 3] - dy) * ch / nh, 0, ch)), 2),
            "confidence": round(float(scores[i]), 4),
            "class_id": int(labels[i]),
        }
        for i in kept
    ]


run(detect)
