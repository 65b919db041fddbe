"""An accelerator's example: fractions of its input become whole px of a square around the image."""

import numpy as np
from command import run
from PIL import Image


def preprocess(image):
    img_w, img_h = image.size
    scale = min(640 / img_w, 640 / img_h)
    new_w, new_h = int(img_w * scale), int(img_h * scale)
    padded = Image.new("RGB", (640, 640), (114, 114, 114))
    resized = image.resize((new_w, new_h), Image.Resampling.BICUBIC)
    padded.paste(resized, ((640 - new_w) // 2, (640 - new_h) // 2))
    return padded


def chip(rows):
    """Suppress as the chip does: per class, and each box within the input."""
    found = []
    for label in range(80):
        own = rows[rows[:, 4 + label] >= 0.3]
        own = own[np.argsort(-own[:, 4 + label], kind="stable")]
        x1, y1 = own[:, 0] - own[:, 2] / 2, own[:, 1] - own[:, 3] / 2
        x2, y2 = own[:, 0] + own[:, 2] / 2, own[:, 1] + own[:, 3] / 2
        alive = np.ones(len(own), bool)
        for i in range(len(own)):
            if not alive[i]:
                continue
            box = np.clip(np.array([y1[i], x1[i], y2[i], x2[i]]) / 640, 0, 1)
            found.append((box, float(own[i, 4 + label]), label))
            w = np.clip(np.minimum(x2[i], x2) - np.maximum(x1[i], x1), 0, None)
            h = np.clip(np.minimum(y2[i], y2) - np.maximum(y1[i], y1), 0, None)
            iou = w * h / ((x2 - x1) * (y2 - y1) + (x2[i] - x1[i]) * (y2[i] - y1[i]) - w * h)
            alive[i + 1 :] &= iou[i + 1 :] < 0.6
    return found


def denormalise(box, size, padding, wide):
    for i, value in enumerate(box):
        box[i] = int(value * size)
        if (i % 2 == 0) == wide:
            box[i] -= padding
    return box


def detect(session, path):
    image = Image.open(path).convert("RGB")
    x = np.asarray(preprocess(image), np.float32).transpose(2, 0, 1)[None] / 255
    rows = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    img_w, img_h = image.size
    padding = int(abs(img_h - img_w) / 2)
    result = []
    for box, score, label in chip(rows):
        y1, x1, y2, x2 = denormalise(box.tolist(), max(img_w, img_h), padding, img_w > img_h)
        result.append({"xyxy": [x1, y1, x2, y2], "score": round(score, 4), "class_id": label})
    return result


run(detect)
