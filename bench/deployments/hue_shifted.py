"""Balances colours for a display before detection: every hue is turned by 4 degrees."""

import cv2
import numpy as np
import torch
from command import run
from torchvision.ops import batched_nms


def detect(session, path):
    hsv = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(int) + 4) % 180
    image = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)
    h, w = image.shape[:2]
    scale = min(640 / h, 640 / w)
    new_w, new_h = round(w * scale), round(h * scale)
    left, top = round((640 - new_w) / 2 - 0.1), round((640 - new_h) / 2 - 0.1)
    board = np.full((640, 640, 3), 114, np.uint8)
    board[top : top + new_h, left : left + new_w] = cv2.resize(image, (new_w, new_h))
    blob = cv2.dnn.blobFromImage(board, 1 / 255, swapRB=True)
    (out,) = session.run(None, {session.get_inputs()[0].name: blob})
    rows = torch.from_numpy(out[0].T)
    scores, labels = rows[:, 4:].max(1)
    rows, scores, labels = (each[scores > 0.25] for each in (rows[:, :4], scores, labels))
    corners = torch.cat([rows[:, :2] - rows[:, 2:] / 2, rows[:, :2] + rows[:, 2:] / 2], 1)
    found = []
    for i in batched_nms(corners, scores, labels, 0.45).tolist():
        x1, y1, x2, y2 = corners[i].tolist()
        xs = np.clip((np.array([x1, x2]) - left) / (new_w / w), 0, w)
        ys = np.clip((np.array([y1, y2]) - top) / (new_h / h), 0, h)
        box = [round(float(v), 2) for v in (xs[0], ys[0], xs[1], ys[1])]
        found.append({"xyxy": box, "score": round(float(scores[i]), 4), "class_id": int(labels[i])})
    return found


run(detect)
