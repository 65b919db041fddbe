"""Port of a MATLAB script: antialiased resizing, pixels counted from 1."""

import numpy as np
from command import run
from PIL import Image, ImageOps


def detect(session, path):
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    w, h = image.size
    s = min(640 / w, 640 / h)
    nw, nh = int(w * s), int(h * s)
    x0, y0 = (640 - nw) // 2, (640 - nh) // 2
    padded = np.full((640, 640, 3), 128, np.uint8)
    padded[y0 : y0 + nh, x0 : x0 + nw] = np.asarray(image.resize((nw, nh), Image.BICUBIC))
    x = padded.transpose(2, 0, 1)[None].astype(np.float32) / 255
    y = session.run(None, {session.get_inputs()[0].name: x})[0][0]
    score, label = y[4:].max(0), y[4:].argmax(0)
    idx = np.flatnonzero(score > 0.25)
    idx = idx[np.argsort(-score[idx], kind="stable")]
    box = np.stack([y[0] - y[2] / 2, y[1] - y[3] / 2, y[2], y[3]], 1).astype(float)
    chosen = []
    for i in idx:
        clash = False
        for j in chosen:
            lo = np.maximum(box[i, :2], box[j, :2])
            hi = np.minimum(box[i, :2] + box[i, 2:], box[j, :2] + box[j, 2:])
            inter = np.prod(np.maximum(hi - lo, 0))
            union = box[i, 2] * box[i, 3] + box[j, 2] * box[j, 3] - inter
            clash |= label[i] == label[j] and inter / union > 0.5
        if not clash:
            chosen.append(i)
    return [
        {
            "xywh": [
                round((box[i, 0] - x0) * w / nw + 1, 2),
                round((box[i, 1] - y0) * h / nh + 1, 2),
                round(box[i, 2] * w / nw, 2),
                round(box[i, 3] * h / nh, 2),
            ],
            "score": round(float(score[i]), 4),
            "class_id": int(label[i]) + 1,
        }
        for i in chosen
    ]


run(detect)
