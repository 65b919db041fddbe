"""Port of a graph of calculators: the square around the image, warped by its corners, on black."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    rgb = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    height, width = rgb.shape[:2]
    side = max(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    source = np.float32(
        [[left, top + side], [left, top], [left + side, top], [left + side, top + side]]
    )
    target = np.float32([[0, 640], [0, 0], [640, 0], [640, 640]])
    matrix = cv2.getPerspectiveTransform(source, target)
    warped = cv2.warpPerspective(rgb, matrix, (640, 640), flags=cv2.INTER_LINEAR)
    tensor = np.ascontiguousarray(warped.transpose(2, 0, 1)[None].astype(np.float32) / 255)
    out = session.run(None, {session.get_inputs()[0].name: tensor})[0][0]
    found = []
    for i in np.flatnonzero(out[4:].max(0) >= 0.3):
        cx, cy, w, h = (float(v) / 640 for v in out[:4, i])
        x, y = ((cx - w / 2) * side + left) / width, ((cy - h / 2) * side + top) / height
        label = int(out[4:, i].argmax())
        found.append((float(out[4 + label, i]), label, x, y, w * side / width, h * side / height))
    found.sort(key=lambda f: -f[0])
    kept = []
    for f in found:
        if all(iou(k[2:], f[2:]) <= 0.3 for k in kept):
            kept.append(f)
    return [
        {
            "relative_bounding_box": {
                "xmin": round(x, 4),
                "ymin": round(y, 4),
                "width": round(w, 4),
                "height": round(h, 4),
            },
            "score": round(score, 4),
            "class_id": label,
        }
        for score, label, x, y, w, h in kept[:25]
    ]


def iou(a, b):
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    inter = max(w, 0) * max(h, 0)
    return inter / (a[2] * a[3] + b[2] * b[3] - inter)


run(detect)
