"""Port of a C# program: stretched by an antialiased bicubic filter on floats, every class."""

import cv2
import numpy as np
from command import run
from PIL import Image


def detect(session, path):
    image = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    height, width = image.shape[:2]
    planes = []
    for c in range(3):
        plane = Image.fromarray(image[..., c].astype(np.float32), "F")
        planes.append(np.asarray(plane.resize((640, 640), Image.Resampling.BICUBIC)) / 255)
    x = np.stack(planes)[None].astype(np.float32)
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0]
    found = []
    for i in range(out.shape[1]):
        for label in range(80):
            if out[4 + label, i] > 0.2:
                cx, cy, w, h = map(float, out[:4, i])
                x1 = np.clip((cx - w / 2) * width / 640, 0, width)
                y1 = np.clip((cy - h / 2) * height / 640, 0, height)
                x2 = np.clip((cx + w / 2) * width / 640, 0, width - 1)
                y2 = np.clip((cy + h / 2) * height / 640, 0, height - 1)
                found.append((float(out[4 + label, i]), label, x1, y1, x2, y2))
    found.sort(reverse=True)
    kept = []
    for f in found:
        for k in kept:
            iw = max(0, min(f[4], k[4]) - max(f[2], k[2]))
            ih = max(0, min(f[5], k[5]) - max(f[3], k[3]))
            area = (f[4] - f[2]) * (f[5] - f[3]) + (k[4] - k[2]) * (k[5] - k[3])
            if iw * ih / (area - iw * ih) > 0.45:
                break
        else:
            kept.append(f)
    return [
        {
            "x": round(float(x1), 4),
            "y": round(float(y1), 4),
            "width": round(float(x2 - x1), 4),
            "height": round(float(y2 - y1), 4),
            "score": round(score, 7),
            "class_id": label,
        }
        for score, label, x1, y1, x2, y2 in kept
    ]


run(detect)
