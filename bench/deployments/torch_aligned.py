"""A researcher's script: torch interpolates with aligned corners, padded with zeros."""

import cv2
import torch
from command import run
from torch.nn import functional
from torchvision.ops import batched_nms


def detect(session, path):
    image = torch.from_numpy(cv2.imread(path)[..., ::-1].copy()).permute(2, 0, 1).float() / 255
    _, h, w = image.shape
    s = 640 / max(h, w)
    nh, nw = int(h * s), int(w * s)
    small = functional.interpolate(image[None], (nh, nw), mode="bilinear", align_corners=True)
    t, l = (640 - nh) // 2, (640 - nw) // 2
    x = functional.pad(small, (l, 640 - nw - l, t, 640 - nh - t))
    y = torch.from_numpy(session.run(None, {session.get_inputs()[0].name: x.numpy()})[0][0]).T
    conf, cls = y[:, 4:].max(1)
    y, cls, conf = y[conf > 0.2], cls[conf > 0.2], conf[conf > 0.2]
    xyxy = torch.cat([y[:, :2] - y[:, 2:4] / 2, y[:, :2] + y[:, 2:4] / 2], 1)
    keep = batched_nms(xyxy, conf, cls, 0.6)
    xyxy = (xyxy[keep] - torch.tensor([l, t, l, t])) / s
    return [
        {"xyxy": [round(v, 2) for v in box], "score": round(p, 4), "class_id": c}
        for box, p, c in zip(xyxy.tolist(), conf[keep].tolist(), cls[keep].tolist())
    ]


run(detect)
