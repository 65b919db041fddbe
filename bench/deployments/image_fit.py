"""A page of Gradio: Pillow's ImageOps.fit crops and resizes at once."""

import numpy as np
from command import run
from PIL import Image, ImageOps


def detect(session, path):
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    fitted = ImageOps.fit(image, (640, 640))
    x = np.asarray(fitted, np.float32).transpose(2, 0, 1)[None] / 255
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    out = out[out[:, 4:].max(1) > 0.25].astype(float)
    scores, labels = out[:, 4:].max(1), out[:, 4:].argmax(1)
    scale = side / 640
    x1, y1 = (out[:, 0] - out[:, 2] / 2) * scale + left, (out[:, 1] - out[:, 3] / 2) * scale + top
    x2, y2 = (out[:, 0] + out[:, 2] / 2) * scale + left, (out[:, 1] + out[:, 3] / 2) * scale + top
    boxes = np.stack([x1, y1, x2, y2], 1)
    kept = []
    for i in np.argsort(-scores, kind="stable"):
        if all(iou(boxes[i], boxes[k]) <= 0.45 for k in kept):
            kept.append(i)
    return [
        {
            "xyxy": boxes[i].round(1).tolist(),
            "score": round(scores[i], 3),
            "class_id": int(labels[i]),
        }
        for i in kept
    ]


def iou(a, b):
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    inter = max(w, 0) * max(h, 0)
    return inter / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inter)


run(detect)
