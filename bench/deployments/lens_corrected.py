"""A dash camera whose lens is corrected before detection, and the boxes are left there."""

import cv2
import numpy as np
from command import run

CURVED = np.array([-0.18, 0.03, 0.0, 0.0])


def straightened(picture):
    h, w = picture.shape[:2]
    camera = np.array([[w, 0, w / 2], [0, w, h / 2], [0, 0, 1]], np.float64)
    return cv2.undistort(picture, camera, CURVED)


def detect(session, path):
    picture = straightened(cv2.imread(path))
    h, w = picture.shape[:2]
    small = cv2.resize(picture, (640, 640), interpolation=cv2.INTER_LINEAR)
    planes = np.moveaxis(small[..., ::-1], -1, 0).astype(np.float32) / np.float32(255)
    feed = {session.get_inputs()[0].name: planes[np.newaxis]}
    table = session.run(None, feed)[0][0]
    boxes, scores, labels = [], [], []
    for anchor in np.flatnonzero(table[4:].max(axis=0) > 0.25):
        cx, cy, bw, bh = table[:4, anchor].astype(float)
        boxes.append([cx - bw / 2, cy - bh / 2, bw, bh])
        scores.append(float(table[4:, anchor].max()))
        labels.append(int(table[4:, anchor].argmax()))
    if not boxes:
        return []
    kept = cv2.dnn.NMSBoxesBatched(boxes, scores, labels, 0.25, 0.45)
    answer = []
    for i in np.array(kept).reshape(-1):
        x, y, bw, bh = boxes[i]
        edges = np.array([x, y, x + bw, y + bh]) * np.array([w, h, w, h]) / 640
        edges = np.clip(edges, 0, [w, h, w, h])
        answer.append({"xyxy": edges.tolist(), "score": scores[i], "class_id": labels[i]})
    return answer


run(detect)
