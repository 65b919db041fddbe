"""Prototypes that are resized to the photograph with the padding around it, and whole boxes."""

import cv2
import numpy as np
import torch
from command import run
from torchvision.ops import batched_nms


def letterbox(image, size):
    h, w = image.shape[:2]
    r = min(size / h, size / w)
    nh, nw = round(h * r), round(w * r)
    top, left = round((size - nh) / 2 - 0.1), round((size - nw) / 2 - 0.1)
    canvas = np.full((size, size, 3), 114, np.uint8)
    canvas[top : top + nh, left : left + nw] = image if r == 1 else cv2.resize(image, (nw, nh))
    return canvas, top, left, nh, nw


def run_lengths(mask):
    flat = np.concatenate([[0], mask.ravel(order="F"), [0]])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    counts = np.diff(np.concatenate([[0], changes, [mask.size]]))
    if counts[-1] == 0:
        counts = counts[:-1]
    return {"size": list(mask.shape), "counts": counts.tolist()}


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    size = session.get_inputs()[0].shape[2]
    canvas, top, left, nh, nw = letterbox(image, size)
    x = canvas[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    out, prototypes = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})
    out, prototypes = out[0].T, prototypes[0]
    out = out[out[:, 4:-32].max(1) > 0.25]
    labels, scores = out[:, 4:-32].argmax(1), out[:, 4:-32].max(1)
    boxes = np.hstack([out[:, :2] - out[:, 2:4] / 2, out[:, :2] + out[:, 2:4] / 2])
    records = []
    found, apart = torch.from_numpy(boxes), torch.from_numpy(labels)
    for i in batched_nms(found, torch.from_numpy(scores), apart, 0.45).tolist():
        box = (boxes[i] - [left, top, left, top]) / [nw / w, nh / h, nw / w, nh / h]
        x1, y1, x2, y2 = np.clip(box, 0, [w, h, w, h])
        logits = np.tensordot(out[i, -32:], prototypes, 1)
        logits = torch.from_numpy(logits)[None, None]
        mask = torch.nn.functional.interpolate(logits, (h, w), mode="bilinear")[0, 0] > 0
        inside = np.zeros((h, w), bool)
        inside[int(np.ceil(y1)) : int(np.ceil(y2)), int(np.ceil(x1)) : int(np.ceil(x2))] = True
        records.append(
            {
                "bbox": [int(v) for v in (x1, y1, x2, y2)],
                "score": round(float(scores[i]), 4),
                "class_id": int(labels[i]),
                "segmentation": run_lengths(mask.numpy() & inside),
            }
        )
    return records


run(detect)
