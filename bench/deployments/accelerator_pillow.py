"""Port of an accelerator's Python example: Pillow, and the border as whole px of the image."""

import numpy as np
from command import run
from PIL import Image


def detect(session, path):
    image = Image.open(path).convert("RGB")
    img_w, img_h = image.size
    scale = min(640 / img_w, 640 / img_h)
    new_w, new_h = int(img_w * scale), int(img_h * scale)
    padded = Image.new("RGB", (640, 640), (114, 114, 114))
    padded.paste(
        image.resize((new_w, new_h), Image.Resampling.BICUBIC),
        ((640 - new_w) // 2, (640 - new_h) // 2),
    )
    data = np.asarray(padded, np.float32).transpose(2, 0, 1)[None] / 255
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(data)})[0][0]
    size, padding = max(img_h, img_w), int(abs(img_h - img_w) / 2)
    records = []
    for label, scores in enumerate(out[4:]):
        of_class = []
        for i in np.argsort(-scores, kind="stable"):
            if scores[i] <= 0.3:
                break
            cx, cy, w, h = (float(v) / 640 for v in out[:4, i])
            box = [cy - h / 2, cx - w / 2, cy + h / 2, cx + w / 2]
            if all(iou(box, other) <= 0.5 for other, _ in of_class):
                of_class.append((box, float(scores[i])))
        for box, score in of_class:
            whole = [int(v * size) for v in box]
            for k in (0, 2) if img_w > img_h else (1, 3):
                whole[k] -= padding
            ymin, xmin, ymax, xmax = whole
            records.append(
                {"bbox": [xmin, ymin, xmax, ymax], "score": round(score, 2), "class_id": label}
            )
    return records


def iou(a, b):
    h, w = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    inter = max(w, 0) * max(h, 0)
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)


run(detect)
