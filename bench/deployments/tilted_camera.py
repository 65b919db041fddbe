"""Rotates frames of a camera that hangs askew by one degree; boxes stay those of the rotated."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    turn = cv2.getRotationMatrix2D((w / 2, h / 2), 1.0, 1.0)
    image = cv2.warpAffine(image, turn, (w, h), borderMode=cv2.BORDER_REPLICATE)
    r = min(640 / h, 640 / w)
    nw, nh = round(w * r), round(h * r)
    dx, dy = round((640 - nw) / 2 - 0.1), round((640 - nh) / 2 - 0.1)
    x = np.full((640, 640, 3), 114, np.uint8)
    x[dy : dy + nh, dx : dx + nw] = cv2.resize(image, (nw, nh))
    x = x[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255
    y = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0]
    rows = []
    for i in np.flatnonzero(y[4:].max(0) > 0.3):
        cx, cy, bw, bh = y[:4, i].astype(float)
        c = int(y[4:, i].argmax())
        rows.append([float(y[4 + c, i]), c, cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2])
    rows.sort(key=lambda row: -row[0])
    records = []
    while rows:
        s, c, x1, y1, x2, y2 = rows.pop(0)
        rest = []
        for q in rows:
            iw = max(0, min(x2, q[4]) - max(x1, q[2]))
            ih = max(0, min(y2, q[5]) - max(y1, q[3]))
            u = (x2 - x1) * (y2 - y1) + (q[4] - q[2]) * (q[5] - q[3]) - iw * ih
            if q[1] != c or iw * ih / u <= 0.5:
                rest.append(q)
        rows = rest
        box = (np.array([x1, y1, x2, y2]) - [dx, dy] * 2) / [nw / w, nh / h, nw / w, nh / h]
        box = np.clip(box, 0, [w, h, w, h])
        records.append({"xyxy": box.round(2).tolist(), "score": round(s, 4), "class_id": c})
    return records


run(detect)
