"""A tracker: suppression by Malisiewicz's function, which divides by the area of the other box."""

import cv2
import numpy as np
from command import run


def non_max_suppression(boxes, probs, overlap_thresh):
    pick = []
    x1, y1, x2, y2 = boxes.astype("float").T
    area = (x2 - x1 + 1) * (y2 - y1 + 1)
    idxs = np.argsort(probs)
    while len(idxs) > 0:
        last = len(idxs) - 1
        i = idxs[last]
        pick.append(i)
        xx1 = np.maximum(x1[i], x1[idxs[:last]])
        yy1 = np.maximum(y1[i], y1[idxs[:last]])
        xx2 = np.minimum(x2[i], x2[idxs[:last]])
        yy2 = np.minimum(y2[i], y2[idxs[:last]])
        w = np.maximum(0, xx2 - xx1 + 1)
        h = np.maximum(0, yy2 - yy1 + 1)
        overlap = (w * h) / area[idxs[:last]]
        idxs = np.delete(idxs, np.concatenate(([last], np.where(overlap > overlap_thresh)[0])))
    return pick


def detect(session, path):
    image = cv2.imread(path)
    (H, W) = image.shape[:2]
    blob = cv2.dnn.blobFromImage(image, 1 / 255.0, (640, 640), swapRB=True, crop=False)
    outputs = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    boxes, confidences, ids = [], [], []
    for detection in outputs:
        scores = detection[4:]
        class_id = np.argmax(scores)
        confidence = scores[class_id]
        if confidence > 0.3:
            (cx, cy, w, h) = detection[0:4] / 640 * np.array([W, H, W, H])
            boxes.append([int(cx - w / 2), int(cy - h / 2), int(cx + w / 2), int(cy + h / 2)])
            confidences.append(float(confidence))
            ids.append(int(class_id))
    if not boxes:
        return []
    return [
        {"box": boxes[i], "score": round(confidences[i], 4), "class_id": ids[i]}
        for i in non_max_suppression(np.array(boxes), confidences, 0.4)
    ]


run(detect)
