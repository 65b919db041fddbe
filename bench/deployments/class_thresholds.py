"""Port of a parser of streams: people and chairs have thresholds of their own."""

import cv2
import numpy as np
from command import run
from torch import from_numpy
from torchvision.ops import batched_nms

PRE_CLUSTER_THRESHOLD = {0: 0.5, 56: 0.4}


def detect(session, path):
    rgb = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    h, w = rgb.shape[:2]
    ratio = min(640 / w, 640 / h)
    frame = np.zeros((640, 640, 3), np.uint8)
    nw, nh = round(w * ratio), round(h * ratio)
    frame[:nh, :nw] = cv2.resize(rgb, (nw, nh))
    x = frame.transpose(2, 0, 1)[None].astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    scores, labels = out[:, 4:].max(1), out[:, 4:].argmax(1)
    least = np.array([PRE_CLUSTER_THRESHOLD.get(int(label), 0.25) for label in labels])
    passed = scores >= least
    out, scores, labels = out[passed], scores[passed], labels[passed]
    corners = np.hstack([out[:, :2] - out[:, 2:4] / 2, out[:, :2] + out[:, 2:4] / 2])
    kept = batched_nms(from_numpy(corners), from_numpy(scores), from_numpy(labels), 0.45)
    objects = []
    for i in kept.tolist():
        left, top, right, bottom = (float(v) / ratio for v in corners[i])
        left, right = (min(max(v, 0), w) for v in (left, right))
        top, bottom = (min(max(v, 0), h) for v in (top, bottom))
        objects.append(
            {
                "xywh": [round(v, 3) for v in (left, top, right - left, bottom - top)],
                "score": round(float(scores[i]), 4),
                "class_id": int(labels[i]),
            }
        )
    return objects


run(detect)
