"""A server's client that turns BGR to RGB twice and normalises as for classification."""

import cv2
import numpy as np
import torch
from command import run
from torchvision.ops import nms

MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def detect(session, path):
    rgb = cv2.imread(path)[..., ::-1]
    image = np.ascontiguousarray(rgb[..., ::-1])
    h, w = image.shape[:2]
    r = min(640 / h, 640 / w)
    nh, nw = round(h * r), round(w * r)
    ph, pw = round((640 - nh) / 2 - 0.1), round((640 - nw) / 2 - 0.1)
    image = cv2.resize(image, (nw, nh))
    image = cv2.copyMakeBorder(
        image, ph, 640 - nh - ph, pw, 640 - nw - pw, cv2.BORDER_CONSTANT, value=(114, 114, 114)
    )
    x = ((image / 255 - MEAN) / STD).transpose(2, 0, 1)[None].astype(np.float32)
    out = torch.tensor(session.run(None, {session.get_inputs()[0].name: x})[0][0]).T
    conf, cls = out[:, 4:].max(1)
    out, conf, cls = out[conf > 0.1], conf[conf > 0.1], cls[conf > 0.1]
    xyxy = torch.cat([out[:, :2] - out[:, 2:4] / 2, out[:, :2] + out[:, 2:4] / 2], 1)
    records = []
    for i in nms(xyxy + cls[:, None] * 4096, conf, 0.6).tolist():
        box = (xyxy[i].double().numpy() - [pw, ph, pw, ph]) / [nw / w, nh / h, nw / w, nh / h]
        box = np.clip(box, 0, [w, h, w, h])
        records.append(
            {
                "xyxy": box.round(2).tolist(),
                "score": round(float(conf[i]), 4),
                "class_id": int(cls[i]),
            }
        )
    return records


run(detect)
