"""A night camera: contrast is equalised in tiles before detection."""

import cv2
import numpy as np
from command import run

CONF, IOU, SIDE = 0.25, 0.5, 640


def equalised(image):
    lab = cv2.cvtColor(image, cv2.COLOR_BGR2LAB)
    tiles = cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8))
    lab[:, :, 0] = tiles.apply(np.ascontiguousarray(lab[:, :, 0]))
    return cv2.cvtColor(lab, cv2.COLOR_LAB2BGR)


def detect(session, path):
    image = equalised(cv2.imread(path))
    height, width = image.shape[:2]
    gain = min(SIDE / height, SIDE / width)
    new_w, new_h = round(width * gain), round(height * gain)
    left, top = round((SIDE - new_w) / 2 - 0.1), round((SIDE - new_h) / 2 - 0.1)
    right, bottom = SIDE - new_w - left, SIDE - new_h - top
    if (new_w, new_h) != (width, height):
        image = cv2.resize(image, (new_w, new_h), interpolation=cv2.INTER_LINEAR)
    grey = (114, 114, 114)
    image = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_CONSTANT, value=grey)
    tensor = cv2.cvtColor(image, cv2.COLOR_BGR2RGB).transpose(2, 0, 1)[None]
    tensor = tensor.astype(np.float32) / 255
    (raw,) = session.run(None, {session.get_inputs()[0].name: tensor})
    rows = raw[0].T
    labels = rows[:, 4:].argmax(axis=1)
    scores = rows[:, 4:].max(axis=1)
    chosen = scores > CONF
    rows, labels, scores = rows[chosen], labels[chosen], scores[chosen]
    centres, halves = rows[:, :2], rows[:, 2:4] / 2
    boxes = np.concatenate([centres - halves, centres + halves], axis=1)
    answer = []
    for index in class_wise(boxes, scores, labels):
        x1, y1, x2, y2 = (boxes[index] - [left, top, left, top]) / gain
        answer.append(
            {
                "class_id": int(labels[index]),
                "score": float(scores[index]),
                "xyxy": [
                    float(np.clip(x1, 0, width)),
                    float(np.clip(y1, 0, height)),
                    float(np.clip(x2, 0, width)),
                    float(np.clip(y2, 0, height)),
                ],
            }
        )
    return answer


def class_wise(boxes, scores, labels):
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    left, kept = list(np.argsort(-scores, kind="stable")), []
    while left:
        best = left.pop(0)
        kept.append(best)
        low = np.maximum(boxes[best, :2], boxes[left, :2])
        high = np.minimum(boxes[best, 2:], boxes[left, 2:])
        both = np.clip(high - low, 0, None).prod(axis=1)
        overlap = both / (area[best] + area[left] - both)
        left = [
            i for i, o in zip(left, overlap, strict=True) if labels[i] != labels[best] or o <= IOU
        ]
    return kept


run(detect)
