"""Port of a C++ sample: the blob letterboxes with black, channels stay, rectangles are cut."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    frame = cv2.imread(path)
    height, width = frame.shape[:2]
    factor = min(640 / width, 640 / height)
    rh, rw = int(factor * height), int(factor * width)
    top, left = (640 - rh) // 2, (640 - rw) // 2
    blob = np.zeros((640, 640, 3), np.float32)
    blob[top : top + rh, left : left + rw] = cv2.resize(frame, (rw, rh)).astype(np.float32) / 255
    blob = np.ascontiguousarray(blob.transpose(2, 0, 1)[None])
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    boxes, confidences, ids = [], [], []
    for row in out:
        c = int(row[4:].argmax())
        if row[4 + c] > 0.4:
            cx, cy, w, h = row[:4].astype(float)
            boxes.append([cx - w / 2, cy - h / 2, w, h])
            confidences.append(float(row[4 + c]))
            ids.append(c)
    if not boxes:
        return []
    kept = cv2.dnn.NMSBoxesBatched(boxes, confidences, ids, 0.4, 0.5)
    results = []
    for i in np.asarray(kept, int).reshape(-1):
        x, y, w, h = boxes[i]
        rect = [int((x - left) / factor), int((y - top) / factor), int(w / factor), int(h / factor)]
        results.append({"xywh": rect, "score": round(confidences[i], 2), "class_id": ids[i]})
    return results


run(detect)
