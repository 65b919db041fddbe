"""A notebook: skimage.transform.resize, which smooths an image before it makes it smaller."""

import cv2
import numpy as np
from command import run
from scipy import ndimage
from torch import from_numpy
from torchvision.ops import batched_nms


def resize(image, shape):
    image = image.astype(np.float64) / 255
    factors = np.array([*(a / b for a, b in zip(image.shape[:2], shape, strict=True)), 1.0])
    smoothed = ndimage.gaussian_filter(image, np.maximum(0, (factors - 1) / 2), mode="mirror")
    zoom = 1 / factors
    return ndimage.zoom(smoothed, zoom, order=1, mode="mirror", grid_mode=True)


def detect(session, path):
    image = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    h, w = image.shape[:2]
    x = resize(image, (640, 640)).astype(np.float32).transpose(2, 0, 1)[None]
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    out = out[out[:, 4:].max(1) > 0.25]
    scores, labels = out[:, 4:].max(1), out[:, 4:].argmax(1)
    boxes = np.hstack([out[:, :2] - out[:, 2:4] / 2, out[:, :2] + out[:, 2:4] / 2])
    boxes = (boxes * np.array([w, h, w, h]) / 640).clip(0, [w, h, w, h]).astype(np.float32)
    kept = batched_nms(from_numpy(boxes), from_numpy(scores), from_numpy(labels), 0.45)
    return [
        {
            "xyxy": [round(float(v), 2) for v in boxes[i]],
            "score": round(float(scores[i]), 5),
            "class_id": int(labels[i]),
        }
        for i in kept.tolist()
    ]


run(detect)
