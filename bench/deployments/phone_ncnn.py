"""Port of a phone's detector: BGR, black border, sides cut, clipped to the last pixel."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    bgr = cv2.imread(path)
    img_h, img_w = bgr.shape[:2]
    if img_w > img_h:
        scale = 640.0 / img_w
        w, h = 640, int(img_h * scale)
    else:
        scale = 640.0 / img_h
        w, h = int(img_w * scale), 640
    wpad, hpad = 640 - w, 640 - h
    resized = cv2.resize(bgr, (w, h))
    padded = cv2.copyMakeBorder(
        resized,
        hpad // 2,
        hpad - hpad // 2,
        wpad // 2,
        wpad - wpad // 2,
        cv2.BORDER_CONSTANT,
        value=(0, 0, 0),
    )
    x = (padded.astype(np.float32) * np.float32(1 / 255.0)).transpose(2, 0, 1)[None]
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    objects = []
    for row in out[out[:, 4:].max(1) > 0.4].astype(np.float64):
        cx, cy, bw, bh = row[:4]
        objects.append(
            [cx - bw / 2, cy - bh / 2, cx + bw / 2, cy + bh / 2, row[4:].max(), row[4:].argmax()]
        )
    objects.sort(key=lambda o: o[4], reverse=True)
    picked = []
    for a in objects:
        keep = True
        for b in picked:
            iw = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
            ih = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
            union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - iw * ih
            keep &= iw * ih / union <= 0.5
        if keep:
            picked.append(a)
    records = []
    for x1, y1, x2, y2, score, label in picked:
        x1 = np.clip((x1 - wpad // 2) / scale, 0, img_w - 1)
        y1 = np.clip((y1 - hpad // 2) / scale, 0, img_h - 1)
        x2 = np.clip((x2 - wpad // 2) / scale, 0, img_w - 1)
        y2 = np.clip((y2 - hpad // 2) / scale, 0, img_h - 1)
        sides = [round(float(v), 2) for v in (x1, y1, x2 - x1, y2 - y1)]
        records.append({"xywh": sides, "score": round(float(score), 5), "class_id": int(label)})
    return records


run(detect)
