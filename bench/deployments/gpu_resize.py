"""Port of a CUDA pipeline: right but for a resize that samples at i * scale."""

import cv2
import numpy as np
import torch
from command import run
from torchvision.ops import batched_nms


def gpu_resize(image, w, h):
    src_h, src_w = image.shape[:2]
    x = np.arange(w, dtype=np.float32) * np.float32(src_w / w)
    y = np.arange(h, dtype=np.float32) * np.float32(src_h / h)
    x1, y1 = np.floor(x).astype(int), np.floor(y).astype(int)
    x2, y2 = np.minimum(x1 + 1, src_w - 1), np.minimum(y1 + 1, src_h - 1)
    fx, fy = (x - x1)[None, :, None], (y - y1)[:, None, None]
    img = image.astype(np.float32)
    top = img[y1][:, x1] * (1 - fx) + img[y1][:, x2] * fx
    bottom = img[y2][:, x1] * (1 - fx) + img[y2][:, x2] * fx
    return np.rint(top * (1 - fy) + bottom * fy).astype(np.uint8)


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    r = min(640 / h, 640 / w)
    nw, nh = round(w * r), round(h * r)
    left, top = round((640 - nw) / 2 - 0.1), round((640 - nh) / 2 - 0.1)
    canvas = np.full((640, 640, 3), 114, np.uint8)
    canvas[top : top + nh, left : left + nw] = gpu_resize(image, nw, nh)
    x = np.ascontiguousarray(canvas[..., ::-1].transpose(2, 0, 1)[None]).astype(np.float32) / 255
    out = torch.from_numpy(session.run(None, {session.get_inputs()[0].name: x})[0][0]).T
    scores, labels = out[:, 4:].max(1)
    good = scores > 0.25
    out, scores, labels = out[good], scores[good], labels[good]
    boxes = torch.cat([out[:, :2] - out[:, 2:4] / 2, out[:, :2] + out[:, 2:4] / 2], 1)
    kept = batched_nms(boxes, scores, labels, 0.45)
    boxes = (boxes - torch.tensor([left, top, left, top])) / torch.tensor([nw / w, nh / h] * 2)
    boxes[:, 0::2] = boxes[:, 0::2].clip(0, w)
    boxes[:, 1::2] = boxes[:, 1::2].clip(0, h)
    return [
        {
            **dict(zip(("x1", "y1", "x2", "y2"), np.round(boxes[i].double().numpy(), 3).tolist())),
            "score": float(f"{scores[i]:.7f}"),
            "class_id": int(labels[i]),
        }
        for i in kept
    ]


run(detect)
