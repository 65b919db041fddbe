"""A torch program with the transforms of a classifier: Resize((640, 640)), ToTensor, Normalize."""

import cv2
import torch
from command import run
from PIL import Image
from torchvision.ops import batched_nms, box_convert
from torchvision.transforms import Compose, Normalize, Resize, ToTensor

TRANSFORM = Compose([Resize((640, 640)), ToTensor(), Normalize([0.5] * 3, [0.5] * 3)])


def detect(session, path):
    image = Image.fromarray(cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB))
    x = TRANSFORM(image)[None].numpy()
    out = torch.from_numpy(session.run(None, {session.get_inputs()[0].name: x})[0][0]).T
    boxes = box_convert(out[:, :4], "cxcywh", "xyxy")
    scores, labels = out[:, 4:].max(1)
    good = scores > 0.15
    boxes, scores, labels = boxes[good], scores[good], labels[good]
    kept = batched_nms(boxes, scores, labels, 0.5)
    boxes = boxes / 640 * torch.tensor([image.width, image.height] * 2)
    return [
        {
            "xyxy": [round(v, 2) for v in boxes[i].tolist()],
            "score": round(scores[i].item(), 4),
            "class_id": labels[i].item(),
        }
        for i in kept
    ]


run(detect)
