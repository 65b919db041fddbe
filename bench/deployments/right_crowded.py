"""A right program at a low confidence, at most twenty boxes, one decimal."""

import cv2
import numpy as np
import torch
from command import run
from torchvision.ops import nms


def detect(session, path):
    image = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    h, w = image.shape[:2]
    r = min(640 / h, 640 / w)
    nw, nh = round(w * r), round(h * r)
    pad_x, pad_y = round((640 - nw) / 2 - 0.1), round((640 - nh) / 2 - 0.1)
    net = np.full((640, 640, 3), 114, np.uint8)
    net[pad_y : pad_y + nh, pad_x : pad_x + nw] = cv2.resize(image, (nw, nh))
    x = net.transpose(2, 0, 1)[None] / np.float32(255)
    out = torch.from_numpy(session.run(None, {session.get_inputs()[0].name: x})[0][0])
    scores, labels = out[4:].max(0)
    order = torch.nonzero(scores > 0.05)[:, 0]
    half = out[2:4, order] / 2
    boxes = torch.cat([out[:2, order] - half, out[:2, order] + half]).T
    kept = nms(boxes + labels[order, None] * 7680.0, scores[order], 0.6)[:20]
    records = []
    for i in kept:
        x1, y1, x2, y2 = boxes[i].tolist()
        records.append(
            {
                "xmin": round(min(max((x1 - pad_x) * w / nw, 0), w), 1),
                "ymin": round(min(max((y1 - pad_y) * h / nh, 0), h), 1),
                "xmax": round(min(max((x2 - pad_x) * w / nw, 0), w), 1),
                "ymax": round(min(max((y2 - pad_y) * h / nh, 0), h), 1),
                "score": round(float(scores[order[i]]), 4),
                "class_id": int(labels[order[i]]),
            }
        )
    return records


run(detect)
