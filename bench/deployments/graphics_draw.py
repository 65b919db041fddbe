"""Port of a C# program: DrawImage with a bicubic filter onto black, several labels a box."""

import cv2
import numpy as np
from command import run
from PIL import Image


def detect(session, path):
    image = Image.fromarray(cv2.imread(path)[..., ::-1])
    gain = min(640 / image.width, 640 / image.height)
    w, h = int(image.width * gain), int(image.height * gain)
    left, top = (640 - w) // 2, (640 - h) // 2
    canvas = Image.new("RGB", (640, 640), (0, 0, 0))
    canvas.paste(image.resize((w, h), Image.Resampling.BICUBIC), (left, top))
    x = np.asarray(canvas, np.float32).transpose(2, 0, 1)[None] / 255
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0]
    predictions = []
    for i in range(out.shape[1]):
        for label in np.flatnonzero(out[4:, i] > 0.2):
            cx, cy, bw, bh = map(float, out[:4, i])
            x_min = (cx - bw / 2 - left) / gain
            y_min = (cy - bh / 2 - top) / gain
            x_max = (cx + bw / 2 - left) / gain
            y_max = (cy + bh / 2 - top) / gain
            predictions.append((float(out[4 + label, i]), int(label), x_min, y_min, x_max, y_max))
    predictions.sort(key=lambda p: -p[0])
    removed = set()
    for i, a in enumerate(predictions):
        for j in range(i + 1, len(predictions)):
            b = predictions[j]
            if i in removed or j in removed or a[1] != b[1]:
                continue
            w = max(0, min(a[4], b[4]) - max(a[2], b[2]))
            h = max(0, min(a[5], b[5]) - max(a[3], b[3]))
            areas = (a[4] - a[2]) * (a[5] - a[3]) + (b[4] - b[2]) * (b[5] - b[3])
            if w * h / (areas - w * h) > 0.5:
                removed.add(j)
    return [
        {
            "x1": round(p[2], 2),
            "y1": round(p[3], 2),
            "x2": round(p[4], 2),
            "y2": round(p[5], 2),
            "score": round(p[0], 2),
            "class_id": p[1],
        }
        for i, p in enumerate(predictions)
        if i not in removed
    ]


run(detect)
