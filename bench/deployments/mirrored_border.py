"""A letterbox whose border mirrors the image; suppression among all classes."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    im = cv2.imread(path)
    h, w = im.shape[:2]
    r = min(640 / h, 640 / w)
    nw, nh = round(w * r), round(h * r)
    t, l = round((640 - nh) / 2 - 0.1), round((640 - nw) / 2 - 0.1)
    im = cv2.resize(im, (nw, nh))
    im = cv2.copyMakeBorder(im, t, 640 - nh - t, l, 640 - nw - l, cv2.BORDER_REFLECT_101)
    x = np.ascontiguousarray(im[..., ::-1].transpose(2, 0, 1)[None]).astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T.astype(float)
    out = out[out[:, 4:].max(1) > 0.25]
    boxes = np.c_[out[:, :2] - out[:, 2:4] / 2, out[:, 2:4]]
    scores = out[:, 4:].max(1)
    records = []
    for i in cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), 0.25, 0.45):
        x1, y1 = (boxes[i, 0] - l) * w / nw, (boxes[i, 1] - t) * h / nh
        x2, y2 = x1 + boxes[i, 2] * w / nw, y1 + boxes[i, 3] * h / nh
        box = np.clip([x1, y1, x2, y2], 0, [w, h, w, h])
        records.append(
            {
                "xyxy": [round(float(v), 3) for v in box],
                "score": round(float(scores[i]), 5),
                "class_id": int(out[i, 4:].argmax()),
            }
        )
    return records


run(detect)
