"""Pillow's UnsharpMask first; then colours in the order of OpenCV."""

import cv2
import numpy as np
from command import run
from PIL import Image, ImageFilter, ImageOps


def detect(session, path):
    picture = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    picture = picture.filter(ImageFilter.UnsharpMask(radius=2, percent=150))
    bgr = np.asarray(picture)[..., ::-1]
    h, w = bgr.shape[:2]
    r = min(640 / h, 640 / w)
    nw, nh = round(w * r), round(h * r)
    padded = cv2.copyMakeBorder(
        cv2.resize(bgr, (nw, nh)),
        top := round((640 - nh) / 2 - 0.1),
        640 - nh - top,
        left := round((640 - nw) / 2 - 0.1),
        640 - nw - left,
        cv2.BORDER_CONSTANT,
        value=(114, 114, 114),
    )
    x = padded.astype(np.float32).transpose(2, 0, 1)[None] / 255
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    boxes, scores, ids = [], [], []
    for row in out[out[:, 4:].max(1) > 0.25].astype(float):
        boxes.append([row[0] - row[2] / 2, row[1] - row[3] / 2, row[2], row[3]])
        scores.append(row[4:].max())
        ids.append(int(row[4:].argmax()))
    records = []
    for i in cv2.dnn.NMSBoxesBatched(boxes, scores, ids, 0.25, 0.45):
        bx, by, bw, bh = boxes[i]
        records.append(
            {
                "x1": round(float(np.clip((bx - left) * w / nw, 0, w)), 3),
                "y1": round(float(np.clip((by - top) * h / nh, 0, h)), 3),
                "x2": round(float(np.clip((bx + bw - left) * w / nw, 0, w)), 3),
                "y2": round(float(np.clip((by + bh - top) * h / nh, 0, h)), 3),
                "score": round(scores[i], 5),
                "class_id": ids[i],
            }
        )
    return records


run(detect)
