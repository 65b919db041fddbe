"""A right program that prints centres and sides as fractions of the image, five decimals."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    im0 = cv2.imread(path)
    h, w = im0.shape[:2]
    r = min(640 / h, 640 / w)
    nw, nh = round(w * r), round(h * r)
    left, top = round((640 - nw) / 2 - 0.1), round((640 - nh) / 2 - 0.1)
    im = cv2.copyMakeBorder(
        cv2.resize(im0, (nw, nh)), top, 640 - nh - top, left, 640 - nw - left, 0, value=[114] * 3
    )
    x = np.ascontiguousarray(im[None, :, :, ::-1].transpose(0, 3, 1, 2)).astype(np.float32) / 255
    p = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    p = p[p[:, 4:].max(1) > 0.25].astype(np.float64)
    p = p[np.argsort(-p[:, 4:].max(1), kind="stable")]
    lines = []
    taken = []
    for row in p:
        c = int(row[4:].argmax())
        a = np.r_[row[:2] - row[2:4] / 2, row[:2] + row[2:4] / 2]
        for b, d in taken:
            i = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0).prod()
            if c == d and i > 0.5 * ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - i):
                break
        else:
            taken.append((a, c))
            box = (a - [left, top, left, top]) / [nw, nh, nw, nh]
            x1, y1, x2, y2 = box.clip(0, 1)
            numbers = [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1]
            lines.append(
                {
                    **dict(
                        zip(("cx", "cy", "w", "h"), (round(v, 5) for v in numbers), strict=True)
                    ),
                    "conf": round(float(row[4 + c]), 5),
                    "class_id": c,
                }
            )
    return lines


run(detect)
