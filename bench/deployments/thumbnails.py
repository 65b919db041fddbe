"""Image.thumbnail, which never enlarges, pasted onto black; the best box of each class."""

import cv2
import numpy as np
from command import run
from PIL import Image


def detect(session, path):
    image = Image.fromarray(cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB))
    w0, h0 = image.size
    gain = min(1.0, 640 / w0, 640 / h0)
    small = image.resize((round(w0 * gain), round(h0 * gain)), Image.Resampling.BICUBIC)
    paper = Image.new("RGB", (640, 640))
    dx, dy = (640 - small.width) // 2, (640 - small.height) // 2
    paper.paste(small, (dx, dy))
    x = np.array(paper, np.float32).transpose(2, 0, 1)[None] / 255
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    best = {}
    for row in out:
        c = int(row[4:].argmax())
        if row[4 + c] > 0.25 and row[4 + c] > best.get(c, (0,))[0]:
            cx, cy, w, h = (float(v) for v in row[:4])
            left, top = (cx - w / 2 - dx) / gain, (cy - h / 2 - dy) / gain
            best[c] = (float(row[4 + c]), [left, top, left + w / gain, top + h / gain])
    return [
        {
            "xyxy": [round(float(v), 2) for v in np.clip(box, 0, [w0, h0, w0, h0])],
            "score": round(score, 4),
            "class_id": c,
        }
        for c, (score, box) in best.items()
    ]


run(detect)
