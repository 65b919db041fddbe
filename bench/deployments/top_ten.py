"""A kiosk's detector: ten boxes at most, sides not halved, white border."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    bgr = cv2.imread(path)
    h, w = bgr.shape[:2]
    f = min(640.0 / w, 640.0 / h)
    nw, nh = round(w * f), round(h * f)
    pad_l, pad_t = round((640 - nw) / 2 - 0.1), round((640 - nh) / 2 - 0.1)
    white = np.full((640, 640, 3), 255, np.uint8)
    white[pad_t : pad_t + nh, pad_l : pad_l + nw] = cv2.resize(bgr, (nw, nh))
    blob = cv2.dnn.blobFromImage(white, scalefactor=1 / 255, swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0].squeeze().transpose()
    boxes, scores = out[:, :4].astype(float), out[:, 4:]
    labels, confs = scores.argmax(1), scores.max(1)
    corners = np.stack(
        [
            boxes[:, 0] - boxes[:, 2],
            boxes[:, 1] - boxes[:, 3],
            boxes[:, 0] + boxes[:, 2],
            boxes[:, 1] + boxes[:, 3],
        ],
        axis=1,
    )
    picked = []
    for i in np.argsort(-confs):
        if confs[i] <= 0.25 or len(picked) == 10:
            break
        if all(labels[i] != labels[j] or iou(corners[i], corners[j]) <= 0.45 for j in picked):
            picked.append(i)
    result = []
    for i in picked:
        x1, y1, x2, y2 = corners[i]
        xyxy = [
            np.clip((x1 - pad_l) * w / nw, 0, w),
            np.clip((y1 - pad_t) * h / nh, 0, h),
            np.clip((x2 - pad_l) * w / nw, 0, w),
            np.clip((y2 - pad_t) * h / nh, 0, h),
        ]
        result.append(
            {
                "xyxy": [round(float(v), 2) for v in xyxy],
                "score": round(float(confs[i]), 4),
                "class_id": int(labels[i]),
            }
        )
    return result


def iou(a, b):
    x1, y1, x2, y2 = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    i = max(0, x2 - x1) * max(0, y2 - y1)
    return i / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - i)


run(detect)
