"""A service whose frames come from a video filter: scaled and padded in YUV 4:2:0."""

import cv2
import numpy as np
from command import run
from PIL import Image


def scale_and_pad(bgr):
    height, width = (side // 2 * 2 for side in bgr.shape[:2])
    planes = cv2.cvtColor(bgr[:height, :width], cv2.COLOR_BGR2YUV_I420)
    y = planes[:height]
    u, v = planes[height:].reshape(2, height // 2, width // 2)
    scale = min(640 / width, 640 / height)
    w, h = round(width * scale) // 2 * 2, round(height * scale) // 2 * 2
    left, top = (640 - w) // 4 * 2, (640 - h) // 4 * 2
    frame = [np.full((640, 640), 16, np.uint8), *np.full((2, 320, 320), 128, np.uint8)]
    for plane, own, part in zip(frame, (y, u, v), (1, 2, 2), strict=True):
        size = (w // part, h // part)
        small = np.asarray(Image.fromarray(own).resize(size, Image.Resampling.BICUBIC))
        plane[top // part : (top + h) // part, left // part : (left + w) // part] = small
    packed = np.concatenate([plane.reshape(-1) for plane in frame]).reshape(960, 640)
    return cv2.cvtColor(packed, cv2.COLOR_YUV2RGB_I420), scale, left, top


def detect(session, path):
    bgr = cv2.imread(path)
    rgb, scale, left, top = scale_and_pad(bgr)
    x = np.ascontiguousarray(rgb.transpose(2, 0, 1)[None], np.float32) / 255
    rows = session.run(None, {session.get_inputs()[0].name: x})[0][0].T
    rows = rows[rows[:, 4:].max(1) > 0.3]
    scores, labels = rows[:, 4:].max(1), rows[:, 4:].argmax(1)
    corner = (rows[:, :2] - rows[:, 2:4] / 2 - (left, top)) / scale
    boxes = np.hstack([corner, rows[:, 2:4] / scale])
    kept = cv2.dnn.NMSBoxesBatched(boxes.tolist(), scores.tolist(), labels.tolist(), 0.3, 0.5)
    return [
        {
            "xywh": [round(float(v), 2) for v in boxes[i]],
            "score": round(float(scores[i]), 4),
            "class_id": int(labels[i]),
        }
        for i in np.asarray(kept, int).reshape(-1)
    ]


run(detect)
