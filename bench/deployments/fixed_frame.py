"""A tutorial's loop: every frame is made 1020 x 500 first, boxes are whole px of that frame."""

import cv2
import numpy as np
from command import run


def predict(session, frame):
    h, w = frame.shape[:2]
    r = min(640 / h, 640 / w)
    new_w, new_h = round(w * r), round(h * r)
    dw, dh = (640 - new_w) / 2, (640 - new_h) / 2
    im = cv2.resize(frame, (new_w, new_h), interpolation=cv2.INTER_LINEAR)
    top, left = round(dh - 0.1), round(dw - 0.1)
    bottom, right = round(dh + 0.1), round(dw + 0.1)
    grey = (114, 114, 114)
    im = cv2.copyMakeBorder(im, top, bottom, left, right, cv2.BORDER_CONSTANT, value=grey)
    im = np.ascontiguousarray(im[..., ::-1].transpose(2, 0, 1)[None]).astype(np.float32) / 255
    p = session.run(None, {session.get_inputs()[0].name: im})[0][0].T
    cls, conf = p[:, 4:].argmax(1), p[:, 4:].max(1)
    order = [i for i in np.argsort(-conf, kind="stable") if conf[i] > 0.25]
    xyxy = np.stack(
        [
            p[:, 0] - p[:, 2] / 2,
            p[:, 1] - p[:, 3] / 2,
            p[:, 0] + p[:, 2] / 2,
            p[:, 1] + p[:, 3] / 2,
        ],
        axis=1,
    )
    keep = []
    for i in order:
        if all(cls[i] != cls[j] or iou(xyxy[i], xyxy[j]) <= 0.7 for j in keep):
            keep.append(i)
    gain = np.array([new_w / w, new_h / h] * 2)
    boxes = (xyxy[keep] - np.array([left, top] * 2)) / gain
    return np.clip(boxes, 0, [w, h, w, h]), conf[keep], cls[keep]


def iou(a, b):
    i = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return i / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - i)


def detect(session, path):
    frame = cv2.imread(path)
    frame = cv2.resize(frame, (1020, 500))
    boxes, conf, cls = predict(session, frame)
    px = []
    for (x1, y1, x2, y2), score, c in zip(boxes, conf, cls, strict=True):
        box = [int(x1), int(y1), int(x2), int(y2)]
        px.append({"xyxy": box, "score": round(float(score), 2), "class_id": int(c)})
    return px


run(detect)
