"""Equalises the histogram of the brightness first."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    yuv = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2YUV)
    yuv[:, :, 0] = cv2.equalizeHist(yuv[:, :, 0])
    rgb = cv2.cvtColor(yuv, cv2.COLOR_YUV2RGB)
    h, w = rgb.shape[:2]
    scale = min(640 / h, 640 / w)
    nh, nw = round(h * scale), round(w * scale)
    i, j = round((640 - nh) / 2 - 0.1), round((640 - nw) / 2 - 0.1)
    tensor = np.full((1, 3, 640, 640), np.float32(114 / 255), np.float32)
    tensor[0, :, i : i + nh, j : j + nw] = (
        cv2.resize(rgb, (nw, nh)).astype(np.float32) / 255
    ).transpose(2, 0, 1)
    out = session.run(None, {session.get_inputs()[0].name: tensor})[0][0].T
    rects, scores, labels = [], [], []
    for o in out[out[:, 4:].max(1) > 0.25].tolist():
        rects.append([o[0] - o[2] / 2, o[1] - o[3] / 2, o[2], o[3]])
        scores.append(max(o[4:]))
        labels.append(o.index(scores[-1], 4) - 4)
    return [
        {
            "x1": round(min(max((rects[k][0] - j) * w / nw, 0), w), 2),
            "y1": round(min(max((rects[k][1] - i) * h / nh, 0), h), 2),
            "x2": round(min(max((rects[k][0] + rects[k][2] - j) * w / nw, 0), w), 2),
            "y2": round(min(max((rects[k][1] + rects[k][3] - i) * h / nh, 0), h), 2),
            "score": round(scores[k], 4),
            "class_id": labels[k],
        }
        for k in cv2.dnn.NMSBoxesBatched(rects, scores, labels, 0.25, 0.45)
    ]


run(detect)
