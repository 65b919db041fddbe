"""Port of a CUDA kernel: each pixel takes the nearest one of an affine map, the rest is grey."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    src = cv2.imread(path)
    h, w = src.shape[:2]
    scale = min(640 / w, 640 / h)
    ox, oy = -scale * w * 0.5 + 320, -scale * h * 0.5 + 320
    ys, xs = np.mgrid[:640, :640].astype(np.float32)
    sx = np.floor((xs - np.float32(ox)) / np.float32(scale) + 0.5).astype(int)
    sy = np.floor((ys - np.float32(oy)) / np.float32(scale) + 0.5).astype(int)
    inside = (sx >= 0) & (sx < w) & (sy >= 0) & (sy < h)
    dst = np.full((640, 640, 3), 128, np.uint8)
    dst[inside] = src[sy[inside], sx[inside]]
    x = np.ascontiguousarray(dst[..., ::-1].transpose(2, 0, 1)[None], np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    best = out[:, 4:].max(1)
    out = out[best > 0.25]
    out = out[np.argsort(-out[:, 4:].max(1), kind="stable")]
    label = out[:, 4:].argmax(1)
    half = out[:, 2:4] / 2
    box = (np.hstack([out[:, :2] - half, out[:, :2] + half]) - [ox, oy, ox, oy]) / scale
    area = (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
    keep = np.ones(len(out), bool)
    for i in range(len(out)):
        if keep[i]:
            rest = np.arange(i + 1, len(out))
            lo, hi = np.maximum(box[i, :2], box[rest, :2]), np.minimum(box[i, 2:], box[rest, 2:])
            inter = (hi - lo).clip(0).prod(1)
            union = area[i] + area[rest] - inter
            keep[rest[(label[rest] == label[i]) & (inter / union > 0.5)]] = False
    return [
        {
            "xyxy": [round(float(v), 3) for v in box[i]],
            "score": round(float(out[i, 4 + label[i]]), 4),
            "class_id": int(label[i]),
        }
        for i in np.flatnonzero(keep)
    ]


run(detect)
