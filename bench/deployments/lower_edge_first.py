"""A people counter: suppression goes through boxes from the lowest edge up, and not by score."""

import cv2
import numpy as np
from command import run


def non_max_suppression(boxes, overlap_thresh):
    pick = []
    x1, y1, x2, y2 = boxes.astype("float").T
    area = (x2 - x1 + 1) * (y2 - y1 + 1)
    idxs = np.argsort(y2, kind="stable")
    while len(idxs) > 0:
        last = len(idxs) - 1
        i = idxs[last]
        pick.append(i)
        w = np.minimum(x2[i], x2[idxs[:last]]) - np.maximum(x1[i], x1[idxs[:last]]) + 1
        h = np.minimum(y2[i], y2[idxs[:last]]) - np.maximum(y1[i], y1[idxs[:last]]) + 1
        overlap = (np.maximum(0, w) * np.maximum(0, h)) / area[idxs[:last]]
        idxs = np.delete(idxs, np.concatenate(([last], np.where(overlap > overlap_thresh)[0])))
    return pick


def detect(session, path):
    frame = cv2.imread(path)
    (H, W) = frame.shape[:2]
    blob = cv2.dnn.blobFromImage(frame, 1 / 255.0, (640, 640), swapRB=True, crop=False)
    rows = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    rects, confidences, labels = [], [], []
    for row in rows:
        label = int(np.argmax(row[4:]))
        if row[4 + label] > 0.25:
            box = np.array(
                [row[0] - row[2] / 2, row[1] - row[3] / 2, row[0] + row[2] / 2, row[1] + row[3] / 2]
            )
            rects.append((box * np.array([W, H, W, H]) / 640).astype("int"))
            confidences.append(float(row[4 + label]))
            labels.append(label)
    if not rects:
        return []
    return [
        {"box": rects[i].tolist(), "score": round(confidences[i], 4), "class_id": labels[i]}
        for i in non_max_suppression(np.array(rects), 0.5)
    ]


run(detect)
