"""A camera preview: boxes stay in pixels of the input, classes named by the 91 ids of COCO."""

import cv2
import numpy as np
from command import run

MISSING = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
IDS = [i for i in range(1, 91) if i not in MISSING]


def detect(session, path):
    rgb = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    h, w = rgb.shape[:2]
    s = min(640 / h, 640 / w)
    size = round(w * s), round(h * s)
    x0, y0 = round((640 - size[0]) / 2 - 0.1), round((640 - size[1]) / 2 - 0.1)
    page = np.full((640, 640, 3), 114, np.uint8)
    page[y0 : y0 + size[1], x0 : x0 + size[0]] = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    x = page.transpose(2, 0, 1).astype(np.float32)[None] / 255
    raw = session.run(None, {session.get_inputs()[0].name: x})[0][0]
    keep = np.flatnonzero(raw[4:].max(0) > 0.35)
    keep = keep[np.argsort(raw[4:, keep].max(0))[::-1]]
    done = []
    for i in keep:
        cx, cy, bw, bh = raw[:4, i].astype(float)
        one = np.array([cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2])
        label = raw[4:, i].argmax()
        for other, other_label, _ in done:
            lo, hi = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
            inter = np.prod(np.maximum(hi - lo, 0))
            whole = np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]) - inter
            if label == other_label and inter / whole > 0.7:
                break
        else:
            done.append((one, label, raw[4 + label, i]))
    return [
        {
            "xyxy": [round(v, 3) for v in box],
            "score": round(float(score), 4),
            "class_id": IDS[int(label)],
        }
        for box, label, score in done
    ]


run(detect)
