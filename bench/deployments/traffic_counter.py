"""A counter of traffic: black border, whole numbers, people and vehicles alone."""

import cv2
import numpy as np
from command import run

COUNTED = {0, 1, 2, 3, 5, 7}


def detect(session, path):
    img = cv2.imread(path)
    ih, iw = img.shape[:2]
    k = min(640 / ih, 640 / iw)
    w, h = round(iw * k), round(ih * k)
    ox, oy = (640 - w) // 2, (640 - h) // 2
    frame = np.zeros((640, 640, 3), np.uint8)
    frame[oy : oy + h, ox : ox + w] = cv2.resize(img, (w, h))
    x = frame[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255
    y = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    boxes, scores, ids = [], [], []
    for row in y[y[:, 4:].max(1) > 0.3]:
        label = int(row[4:].argmax())
        if label in COUNTED:
            boxes.append(
                [float(row[0] - row[2] / 2), float(row[1] - row[3] / 2), *map(float, row[2:4])]
            )
            scores.append(float(row[4:].max()))
            ids.append(label)
    found = []
    for i in cv2.dnn.NMSBoxesBatched(boxes, scores, ids, 0.3, 0.45) if boxes else []:
        l, t, bw, bh = boxes[i]
        box = [(l - ox) / k, (t - oy) / k, (l + bw - ox) / k, (t + bh - oy) / k]
        box = [max(0, min(int(v), side)) for v, side in zip(box, (iw, ih, iw, ih))]
        found.append({"xyxy": box, "score": round(scores[i], 2), "class_id": ids[i]})
    return found


run(detect)
