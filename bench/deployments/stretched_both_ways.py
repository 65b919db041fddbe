"""A class of a well-known collection: resized to the input, scaled back by both sides."""

import cv2
import numpy as np
from command import run


def iou_with_all(box, boxes):
    xmin, ymin = np.maximum(box[0], boxes[:, 0]), np.maximum(box[1], boxes[:, 1])
    xmax, ymax = np.minimum(box[2], boxes[:, 2]), np.minimum(box[3], boxes[:, 3])
    inside = np.maximum(0, xmax - xmin) * np.maximum(0, ymax - ymin)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return inside / ((box[2] - box[0]) * (box[3] - box[1]) + areas - inside)


def nms(boxes, scores, threshold):
    order, keep = np.argsort(scores)[::-1], []
    while order.size:
        keep.append(order[0])
        ious = iou_with_all(boxes[order[0]], boxes[order[1:]])
        order = order[1:][ious < threshold]
    return keep


def detect(session, path):
    image = cv2.imread(path)
    height, width = image.shape[:2]
    x = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), (640, 640)) / 255.0
    x = x.transpose(2, 0, 1)[np.newaxis].astype(np.float32)
    predictions = np.squeeze(session.run(None, {session.get_inputs()[0].name: x})[0]).T
    scores = np.max(predictions[:, 4:], axis=1)
    predictions, scores = predictions[scores > 0.3], scores[scores > 0.3]
    if not len(scores):
        return []
    ids = np.argmax(predictions[:, 4:], axis=1)
    boxes = predictions[:, :4] / np.array([640, 640, 640, 640], np.float32)
    boxes = boxes * np.array([width, height, width, height], np.float32)
    xyxy = np.copy(boxes)
    xyxy[:, :2] = boxes[:, :2] - boxes[:, 2:] / 2
    xyxy[:, 2:] = boxes[:, :2] + boxes[:, 2:] / 2
    return [
        {
            "xyxy": [round(float(v), 3) for v in xyxy[i]],
            "score": round(float(scores[i]), 6),
            "class_id": int(ids[i]),
        }
        for i in nms(xyxy, scores, 0.5)
    ]


run(detect)
