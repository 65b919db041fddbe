"""A YOLOv5 program with another file: classes from column 5 on, border only at the end."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    size = max(image.shape[:2])
    ratio = 640 / size
    nw, nh = round(image.shape[1] * ratio), round(image.shape[0] * ratio)
    canvas = np.full((640, 640, 3), 114, np.uint8)
    canvas[:nh, :nw] = cv2.resize(image, (nw, nh))
    x = np.ascontiguousarray(canvas[:, :, ::-1].transpose(2, 0, 1)[None] / 255.0, np.float32)
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    rects, scores, ids = [], [], []
    for row in out:
        class_id = int(np.argmax(row[5:]))
        score = float(row[5 + class_id])
        if score > 0.25:
            cx, cy, w, h = (float(v) for v in row[:4])
            rects.append([(cx - w / 2) / ratio, (cy - h / 2) / ratio, w / ratio, h / ratio])
            scores.append(score)
            ids.append(class_id)
    return [
        {
            "xywh": [round(v, 1) for v in rects[i]],
            "score": round(scores[i], 3),
            "class_id": ids[i],
        }
        for i in cv2.dnn.NMSBoxesBatched(rects, scores, ids, 0.25, 0.45)
    ]


run(detect)
