"""A line scanner that moves while it scans: rows are shifted, and boxes are left there."""

import cv2
import numpy as np
from command import run


def scanned(page):
    h, w = page.shape[:2]
    slant = np.array([[1, 0.08, -0.04 * h], [0, 1, 0]], np.float32)
    return cv2.warpAffine(page, slant, (w, h), borderMode=cv2.BORDER_REPLICATE)


def detect(session, path):
    page = scanned(cv2.imread(path))
    h, w = page.shape[:2]
    k = min(640 / h, 640 / w)
    w2, h2 = round(w * k), round(h * k)
    page = cv2.resize(page, (w2, h2))
    x, y = round((640 - w2) / 2 - 0.1), round((640 - h2) / 2 - 0.1)
    page = cv2.copyMakeBorder(
        page, y, 640 - h2 - y, x, 640 - w2 - x, cv2.BORDER_CONSTANT, value=(114, 114, 114)
    )
    data = page.transpose(2, 0, 1)[np.newaxis].astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: data})[0][0].T
    conf = out[:, 4:].max(axis=1)
    out, conf = out[conf > 0.25], conf[conf > 0.25]
    kinds = out[:, 4:].argmax(axis=1)
    lt, rb = out[:, :2] - out[:, 2:4] / 2, out[:, :2] + out[:, 2:4] / 2
    alive, found = np.ones(len(out), bool), []
    for i in np.argsort(-conf, kind="stable"):
        if not alive[i]:
            continue
        size = np.clip(np.minimum(rb[i], rb) - np.maximum(lt[i], lt), 0, None).prod(axis=1)
        union = (rb[i] - lt[i]).prod() + (rb - lt).prod(axis=1) - size
        alive &= (kinds != kinds[i]) | (size <= 0.7 * union)
        edges = (np.concatenate([lt[i], rb[i]]) - [x, y, x, y]) / k
        edges = np.clip(edges, 0, [w, h, w, h])
        found.append({"xyxy": edges.tolist(), "score": float(conf[i]), "class_id": int(kinds[i])})
    return found


run(detect)
