"""Slices large images into quarters and suppresses what all of them find together."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    boxes, scores, ids = [], [], []
    for y in (0, h - int(h * 0.6)):
        for x in (0, w - int(w * 0.6)):
            part = image[y : y + int(h * 0.6), x : x + int(w * 0.6)]
            ph, pw = part.shape[:2]
            r = min(640 / ph, 640 / pw)
            nw, nh = round(pw * r), round(ph * r)
            l, t = round((640 - nw) / 2 - 0.1), round((640 - nh) / 2 - 0.1)
            board = np.full((640, 640, 3), 114, np.uint8)
            board[t : t + nh, l : l + nw] = cv2.resize(part, (nw, nh))
            blob = cv2.dnn.blobFromImage(board, 1 / 255, swapRB=True)
            out = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T.astype(float)
            for o in out[out[:, 4:].max(1) > 0.3]:
                bx = x + (o[0] - o[2] / 2 - l) * pw / nw
                by = y + (o[1] - o[3] / 2 - t) * ph / nh
                boxes.append([bx, by, o[2] * pw / nw, o[3] * ph / nh])
                scores.append(o[4:].max())
                ids.append(int(o[4:].argmax()))
    return [
        {
            "xywh": [round(v, 1) for v in boxes[i]],
            "score": round(scores[i], 3),
            "class_id": ids[i],
        }
        for i in cv2.dnn.NMSBoxesBatched(boxes, scores, ids, 0.3, 0.5)
    ]


run(detect)
