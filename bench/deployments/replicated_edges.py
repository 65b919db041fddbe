"""The border repeats the edge of the image; one gain on the way back."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    gain = min(640 / h, 640 / w)
    size = round(w * gain), round(h * gain)
    dw, dh = 640 - size[0], 640 - size[1]
    resized = cv2.resize(image, size)
    edges = dh // 2, dh - dh // 2, dw // 2, dw - dw // 2
    square = cv2.copyMakeBorder(resized, *edges, cv2.BORDER_REPLICATE)
    x = cv2.dnn.blobFromImage(square, 1 / 255, swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    classes, scores = out[:, 4:].argmax(1), out[:, 4:].max(1)
    order = np.flatnonzero(scores > 0.3)
    order = order[np.argsort(-scores[order])]
    c = np.hstack([out[:, :2] - out[:, 2:4] / 2, out[:, :2] + out[:, 2:4] / 2]).astype(float)
    area = (c[:, 2:] - c[:, :2]).prod(1)
    results = []
    while len(order):
        i, rest = order[0], order[1:]
        inner = np.minimum(c[i, 2:], c[rest, 2:]) - np.maximum(c[i, :2], c[rest, :2])
        inner = inner.clip(0).prod(1)
        same = classes[rest] == classes[i]
        order = rest[~(same & (inner / (area[i] + area[rest] - inner) > 0.5))]
        box = (c[i] - [dw // 2, dh // 2] * 2) / gain
        box = np.clip(box, 0, [w, h, w, h])
        results.append(
            {
                "xyxy": [round(v, 2) for v in box.tolist()],
                "score": round(float(scores[i]), 4),
                "class_id": int(classes[i]),
            }
        )
    return results


run(detect)
