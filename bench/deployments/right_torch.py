"""A right program in torch: all digits printed, low threshold."""

import cv2
import torch
from command import run
from torchvision.ops import batched_nms, box_convert, clip_boxes_to_image


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    r = min(640 / h, 640 / w)
    nw, nh = round(w * r), round(h * r)
    left, top = round((640 - nw) / 2 - 0.1), round((640 - nh) / 2 - 0.1)
    pixels = cv2.resize(image, (nw, nh))[..., ::-1].copy()
    x = torch.full((3, 640, 640), 114, dtype=torch.uint8)
    x[:, top : top + nh, left : left + nw] = torch.from_numpy(pixels).permute(2, 0, 1)
    feed = {session.get_inputs()[0].name: (x[None].float() / 255).numpy()}
    out = torch.from_numpy(session.run(None, feed)[0][0]).T
    scores, labels = out[:, 4:].max(1)
    chosen = scores > 0.1
    boxes = box_convert(out[chosen, :4], "cxcywh", "xyxy")
    scores, labels = scores[chosen], labels[chosen]
    kept = batched_nms(boxes, scores, labels, 0.7)[:300]
    boxes = (boxes[kept] - torch.tensor([left, top] * 2)) / torch.tensor([nw / w, nh / h] * 2)
    boxes = clip_boxes_to_image(boxes, (h, w))
    return [
        {"xyxy": box.tolist(), "score": score.item(), "class_id": label.item()}
        for box, score, label in zip(boxes, scores[kept], labels[kept], strict=True)
    ]


run(detect)
