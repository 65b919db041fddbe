"""NMSBoxes of boxes without their angle, a black border, and sides the wrong way round."""

import cv2
import numpy as np
from command import run


def letterbox(image, size):
    h, w = image.shape[:2]
    r = min(size / h, size / w)
    nh, nw = round(h * r), round(w * r)
    top, left = round((size - nh) / 2 - 0.1), round((size - nw) / 2 - 0.1)
    canvas = np.full((size, size, 3), 0, np.uint8)
    canvas[top : top + nh, left : left + nw] = image if r == 1 else cv2.resize(image, (nw, nh))
    return canvas, left, top, np.array([nw / w, nh / h])


def upright_nms(boxes, scores, threshold):
    upright = np.hstack([boxes[:, :2] - boxes[:, 2:4] / 2, boxes[:, 2:4]])
    return np.array(cv2.dnn.NMSBoxes(upright.tolist(), scores.tolist(), 0.0, threshold), int)


def detect(session, path):
    image = cv2.imread(path)
    size = session.get_inputs()[0].shape[2]
    canvas, left, top, gain = letterbox(image, size)
    x = canvas[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    out = out[out[:, 4:-1].max(1) > 0.25].astype(np.float64)
    labels, scores = out[:, 4:-1].argmax(1), out[:, 4:-1].max(1)
    boxes = out[:, [0, 1, 2, 3, -1]]
    apart = boxes.copy()
    apart[:, :2] += 7680 * labels[:, None]
    records = []
    for i in upright_nms(apart, scores, 0.45):
        (cx, cy), (bw, bh) = (boxes[i, :2] - [left, top]) / gain, boxes[i, 2:4] / gain
        records.append(
            {
                "xywhr": [round(float(v), 4) for v in (cx, cy, bh, bw, boxes[i, 4])],
                "score": round(float(scores[i]), 4),
                "class_id": int(labels[i]),
            }
        )
    return records


run(detect)
