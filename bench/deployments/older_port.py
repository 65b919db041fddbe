"""A copy of an older repository's functions: several labels a box, rounded, classes 4096 apart."""

import cv2
import numpy as np
import torch
from command import run
from torchvision.ops import nms


def letterbox(im, shape=(640, 640), color=(114, 114, 114)):
    h, w = im.shape[:2]
    r = min(shape[0] / h, shape[1] / w)
    unpad = round(w * r), round(h * r)
    dw, dh = (shape[1] - unpad[0]) / 2, (shape[0] - unpad[1]) / 2
    if (w, h) != unpad:
        im = cv2.resize(im, unpad, interpolation=cv2.INTER_LINEAR)
    top, bottom = round(dh - 0.1), round(dh + 0.1)
    left, right = round(dw - 0.1), round(dw + 0.1)
    return cv2.copyMakeBorder(im, top, bottom, left, right, cv2.BORDER_CONSTANT, value=color)


def scale_coords(shape, coords, shape0):
    gain = min(shape[0] / shape0[0], shape[1] / shape0[1])
    pad = (shape[1] - shape0[1] * gain) / 2, (shape[0] - shape0[0] * gain) / 2
    coords[:, [0, 2]] -= pad[0]
    coords[:, [1, 3]] -= pad[1]
    coords[:, :4] /= gain
    coords[:, [0, 2]] = coords[:, [0, 2]].clip(0, shape0[1])
    coords[:, [1, 3]] = coords[:, [1, 3]].clip(0, shape0[0])
    return coords


def detect(session, path):
    im0 = cv2.imread(path)
    im = np.ascontiguousarray(letterbox(im0)[:, :, ::-1].transpose(2, 0, 1)[None], np.float32) / 255
    x = torch.from_numpy(session.run(None, {session.get_inputs()[0].name: im})[0][0].T.copy())
    box = torch.cat([x[:, :2] - x[:, 2:4] / 2, x[:, :2] + x[:, 2:4] / 2], 1)
    i, j = (x[:, 4:] > 0.25).nonzero().T
    x = torch.cat([box[i], x[i, j + 4, None], j[:, None].float()], 1)
    keep = nms(x[:, :4] + x[:, 5:6] * 4096, x[:, 4], 0.45)[:1000]
    det = scale_coords((640, 640), x[keep], im0.shape[:2])
    return [
        {
            "xyxy": [int(v) for v in row[:4].round()],
            "score": round(float(row[4]), 2),
            "class_id": int(row[5]),
        }
        for row in det
    ]


run(detect)
