"""Test-time augmentation: candidates of the image and of its mirror image, suppressed together."""

import cv2
import numpy as np
import torch
from command import run
from torchvision.ops import batched_nms


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    r = min(640 / h, 640 / w)
    nw, nh = round(w * r), round(h * r)
    l, t = round((640 - nw) / 2 - 0.1), round((640 - nh) / 2 - 0.1)
    c = np.full((640, 640, 3), 114, np.uint8)
    c[t : t + nh, l : l + nw] = cv2.resize(image, (nw, nh))
    x = np.ascontiguousarray(c[..., ::-1].transpose(2, 0, 1)[None]).astype(np.float32) / 255
    name = session.get_inputs()[0].name
    plain = session.run(None, {name: x})[0][0].T
    mirror = session.run(None, {name: np.ascontiguousarray(x[..., ::-1])})[0][0].T.copy()
    mirror[:, 0] = 640 - mirror[:, 0]
    out = torch.from_numpy(np.concatenate([plain, mirror]))
    scores, labels = out[:, 4:].max(1)
    good = scores > 0.25
    out, scores, labels = out[good], scores[good], labels[good]
    boxes = torch.cat([out[:, :2] - out[:, 2:4] / 2, out[:, :2] + out[:, 2:4] / 2], 1)
    records = []
    for i in batched_nms(boxes, scores, labels, 0.6).tolist():
        b = (boxes[i].double().numpy() - [l, t, l, t]) / [nw / w, nh / h, nw / w, nh / h]
        b = np.clip(b, 0, [w, h, w, h]).round(2).tolist()
        records.append({"xyxy": b, "score": round(scores[i].item(), 4), "class_id": int(labels[i])})
    return records


run(detect)
