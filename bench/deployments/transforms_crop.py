"""A notebook: torchvision's Resize and CenterCrop, as before a classifier."""

import numpy as np
from command import run
from PIL import Image, ImageOps
from torch import from_numpy
from torchvision.ops import batched_nms
from torchvision.transforms import CenterCrop, Compose, Resize, ToTensor

transform = Compose([Resize(640), CenterCrop(640), ToTensor()])


def detect(session, path):
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    tensor = transform(image).unsqueeze(0).numpy()
    out = from_numpy(session.run(None, {session.get_inputs()[0].name: tensor})[0][0].T.copy())
    scores, labels = out[:, 4:].max(1)
    keep = scores > 0.25
    xywh, scores, labels = out[keep, :4], scores[keep], labels[keep]
    boxes = np.hstack([xywh[:, :2] - xywh[:, 2:] / 2, xywh[:, :2] + xywh[:, 2:] / 2])
    kept = batched_nms(from_numpy(boxes), scores, labels, 0.5).tolist()
    short = min(image.size)
    scale = 640 / short
    left = (image.width * scale - 640) / 2
    top = (image.height * scale - 640) / 2
    return [
        {
            "xyxy": [
                round(float((v + p) / scale), 2)
                for v, p in zip(boxes[i], (left, top, left, top), strict=True)
            ],
            "score": round(scores[i].item(), 4),
            "class_id": int(labels[i]),
        }
        for i in kept
    ]


run(detect)
