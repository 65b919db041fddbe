"""A toolkit's network: weights of eight bits, one scale a tensor, believed to be the same."""

import cv2
import numpy as np
import onnx
from command import run


def quantise(path):
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.ndim == 4:
            step = np.abs(values).max() / 127
            rounded = (np.round(values / step) * step).astype(np.float32)
            tensor.CopyFrom(onnx.numpy_helper.from_array(rounded, tensor.name))
    return model.SerializeToString()


def detect(session, path):
    img = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    h, w = img.shape[:2]
    r = min(640 / h, 640 / w)
    nw, nh = round(w * r), round(h * r)
    dw, dh = (640 - nw) / 2, (640 - nh) / 2
    img = cv2.resize(img, (nw, nh), interpolation=cv2.INTER_LINEAR)
    img = cv2.copyMakeBorder(
        img, round(dh - 0.1), round(dh + 0.1), round(dw - 0.1), round(dw + 0.1), 0, value=(0, 0, 0)
    )
    x = img.transpose(2, 0, 1)[None].astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    classes, scores = out[:, 4:].argmax(1), out[:, 4:].max(1)
    result = []
    for c in np.unique(classes[scores > 0.25]):
        pick = np.flatnonzero((classes == c) & (scores > 0.25))
        pick = pick[scores[pick].argsort()[::-1]]
        b = np.hstack([out[pick, :2] - out[pick, 2:4] / 2, out[pick, :2] + out[pick, 2:4] / 2])
        area = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
        order = np.arange(len(pick))
        while order.size:
            i, rest = order[0], order[1:]
            low, high = np.maximum(b[i, :2], b[rest, :2]), np.minimum(b[i, 2:], b[rest, 2:])
            inter = np.maximum(0, high - low).prod(1)
            x1, y1, x2, y2 = (b[i] - [dw, dh, dw, dh]) / r
            x1, x2 = np.clip([x1, x2], 0, w)
            y1, y2 = np.clip([y1, y2], 0, h)
            result.append(
                {
                    "xyxy": [int(x1), int(y1), int(x2), int(y2)],
                    "score": round(float(scores[pick[i]]), 3),
                    "class_id": int(c),
                }
            )
            order = rest[inter / (area[i] + area[rest] - inter) <= 0.45]
    return result


run(detect, quantise)
