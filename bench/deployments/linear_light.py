"""Port of a shader: levels are made linear before the image is stretched, and sRGB again."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    rgb = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    h, w = rgb.shape[:2]
    v = rgb.astype(np.float32) / 255
    linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)
    linear = cv2.resize(linear, (640, 640), interpolation=cv2.INTER_AREA).clip(1e-9)
    srgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    x = (np.round(srgb * 255) / 255).astype(np.float32).transpose(2, 0, 1)[None]
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    out = out[out[:, 4:].max(1) > 0.3].astype(float)
    scores, labels = out[:, 4:].max(1), out[:, 4:].argmax(1)
    boxes = np.hstack([out[:, :2] - out[:, 2:4] / 2, out[:, 2:4]])
    boxes = boxes * np.array([w, h, w, h]) / 640
    found = []
    for i in np.asarray(cv2.dnn.NMSBoxes(boxes, scores, 0.3, 0.45), int).reshape(-1):
        box = [round(float(v), 2) for v in boxes[i]]
        found.append({"xywh": box, "score": round(float(scores[i]), 4), "class_id": int(labels[i])})
    return found


run(detect)
