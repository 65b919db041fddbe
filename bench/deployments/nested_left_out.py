"""An inspection tool: boxes that lie in others go, and the letterbox is computed in floats."""

import numpy as np
import torch
from command import run
from PIL import Image, ImageOps


def detect(session, path):
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    wide, high = image.size
    gain = 640 / max(wide, high)
    size = (round(high * gain), round(wide * gain))
    picture = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
    small = torch.nn.functional.interpolate(
        picture, size=size, mode="bilinear", align_corners=False, antialias=True
    )
    left, top = (640 - size[1]) // 2, (640 - size[0]) // 2
    padding = (left, 640 - size[1] - left, top, 640 - size[0] - top)
    x = torch.nn.functional.pad(small, padding, value=0.5).numpy()
    rows = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    scores, labels = rows[:, 4:].max(1), rows[:, 4:].argmax(1)
    boxes = np.hstack([rows[:, :2] - rows[:, 2:4] / 2, rows[:, :2] + rows[:, 2:4] / 2])
    kept = []
    for i in np.argsort(-scores, kind="stable"):
        if scores[i] < 0.3:
            break
        if all(labels[i] != labels[j] or nested(boxes[i], boxes[j]) < 0.6 for j in kept):
            kept.append(i)
    moved = (boxes - np.array([left, top] * 2)) / gain
    return [
        {
            "xyxy": [round(float(v), 2) for v in moved[i].clip(0, [wide, high] * 2)],
            "score": round(float(scores[i]), 4),
            "class_id": int(labels[i]),
        }
        for i in kept
    ]


def nested(a, b):
    w = max(min(a[2], b[2]) - max(a[0], b[0]), 0)
    h = max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    return w * h / min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))


run(detect)
