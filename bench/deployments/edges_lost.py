"""Port of a video pipeline whose parser refuses boxes that leave the picture in the input."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    frame = cv2.imread(path)
    fh, fw = frame.shape[:2]
    ratio = min(640 / fw, 640 / fh)
    rw, rh = round(fw * ratio), round(fh * ratio)
    x0, y0 = round((640 - rw) / 2 - 0.1), round((640 - rh) / 2 - 0.1)
    surface = np.zeros((640, 640, 3), np.uint8)
    surface[y0 : y0 + rh, x0 : x0 + rw] = cv2.resize(frame, (rw, rh))
    x = np.float32(surface[..., ::-1].transpose(2, 0, 1)[None]) * np.float32(0.0039215697906911373)
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    by_class = {}
    for row in out[out[:, 4:].max(1) > 0.25].astype(float):
        cx, cy, w, h = row[:4]
        box = np.array([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2])
        if box[0] < x0 or box[1] < y0 or box[2] > x0 + rw or box[3] > y0 + rh:
            continue
        by_class.setdefault(int(row[4:].argmax()), []).append((row[4:].max(), box))
    records = []
    for label, boxes in by_class.items():
        boxes.sort(key=lambda b: -b[0])
        kept = []
        for score, box in boxes:
            if all(iou(box, other) <= 0.45 for _, other in kept):
                kept.append((score, box))
        for score, box in kept:
            l, t, r, b = (box - [x0, y0, x0, y0]) / np.tile([rw / fw, rh / fh], 2)
            records.append(
                {
                    "left": round(l, 2),
                    "top": round(t, 2),
                    "width": round(r - l, 2),
                    "height": round(b - t, 2),
                    "confidence": round(score, 4),
                    "class_id": label,
                }
            )
    return records


def iou(a, b):
    size = np.maximum(0, np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]))
    inter = size.prod()
    return inter / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - inter)


run(detect)
