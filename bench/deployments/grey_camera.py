"""A program for an industrial camera: grey levels three times, grey 128 below and at the right."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    mono = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2GRAY)
    h, w = mono.shape
    f = 640 / max(h, w)
    nw, nh = int(w * f), int(h * f)
    field = np.full((640, 640), 128, np.uint8)
    field[:nh, :nw] = cv2.resize(mono, (nw, nh), interpolation=cv2.INTER_LINEAR)
    x = np.repeat(field[None, None], 3, axis=1).astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0]
    best = out[4:].max(0)
    order = np.flatnonzero(best > 0.3)
    order = order[np.argsort(-best[order])]
    x1, y1 = out[0] - out[2] / 2, out[1] - out[3] / 2
    x2, y2 = out[0] + out[2] / 2, out[1] + out[3] / 2
    area = (x2 - x1) * (y2 - y1)
    rows = []
    while order.size:
        i, rest = order[0], order[1:]
        iw = np.minimum(x2[i], x2[rest]) - np.maximum(x1[i], x1[rest])
        ih = np.minimum(y2[i], y2[rest]) - np.maximum(y1[i], y1[rest])
        inter = np.maximum(iw, 0) * np.maximum(ih, 0)
        order = rest[inter / (area[i] + area[rest] - inter) <= 0.5]
        box = np.array([x1[i], y1[i], x2[i], y2[i]]) / f
        rows.append(
            {
                "xyxy": [round(float(v), 1) for v in np.clip(box, 0, [w - 1, h - 1] * 2)],
                "score": round(float(best[i]), 3),
                "class_id": int(out[4:, i].argmax()),
            }
        )
    return rows


run(detect)
