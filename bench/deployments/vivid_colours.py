"""More contrast and brightness by convertScaleAbs; black border; whole numbers."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    img = cv2.convertScaleAbs(cv2.imread(path), alpha=1.3, beta=10)
    h0, w0 = img.shape[:2]
    k = min(640 / h0, 640 / w0)
    w, h = round(w0 * k), round(h0 * k)
    l, t = round((640 - w) / 2 - 0.1), round((640 - h) / 2 - 0.1)
    net = np.zeros((640, 640, 3), np.uint8)
    net[t : t + h, l : l + w] = cv2.resize(img, (w, h), interpolation=cv2.INTER_LINEAR)
    blob = cv2.dnn.blobFromImage(net, 1 / 255, swapRB=True)
    o = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T.astype(float)
    o = o[o[:, 4:].max(1) > 0.25]
    xywh = np.c_[o[:, :2] - o[:, 2:4] / 2, o[:, 2:4]]
    ids = o[:, 4:].argmax(1).tolist()
    scores = o[:, 4:].max(1).tolist()
    return [
        {
            "left": int(max((xywh[i, 0] - l) * w0 / w, 0)),
            "top": int(max((xywh[i, 1] - t) * h0 / h, 0)),
            "right": int(min((xywh[i, 0] + xywh[i, 2] - l) * w0 / w, w0)),
            "bottom": int(min((xywh[i, 1] + xywh[i, 3] - t) * h0 / h, h0)),
            "score": round(scores[i], 4),
            "class_id": ids[i],
        }
        for i in cv2.dnn.NMSBoxesBatched(xywh.tolist(), scores, ids, 0.25, 0.45)
    ]


run(detect)
