"""Port of a Java app on Camera2: frames are turned by 90 degrees, boxes are turned back."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    picture = cv2.imread(path)
    picture_h, picture_w = picture.shape[:2]
    sensor = cv2.rotate(picture, cv2.ROTATE_90_CLOCKWISE)
    sensor_h, sensor_w = sensor.shape[:2]
    pixels = cv2.resize(sensor, (640, 640))[..., ::-1]
    buffer = (pixels.astype(np.float32) / 255).transpose(2, 0, 1)[None]
    output = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(buffer)})[0][0]
    recognitions = []
    for i in range(output.shape[1]):
        scores = output[4:, i]
        label = int(np.argmax(scores))
        if scores[label] > 0.25:
            cx, cy, w, h = output[:4, i].astype(float)
            x1, x2 = (cx - w / 2) * sensor_w / 640, (cx + w / 2) * sensor_w / 640
            y1, y2 = (cy - h / 2) * sensor_h / 640, (cy + h / 2) * sensor_h / 640
            upright = [y1, picture_h - x2, y2, picture_h - x1]
            recognitions.append((float(scores[label]), label, upright))
    recognitions.sort(key=lambda r: r[0], reverse=True)
    final = []
    for r in recognitions:
        same = (f for f in final if f[1] == r[1])
        if all(iou(f[2], r[2]) <= 0.45 for f in same):
            final.append(r)
    records = []
    for score, label, (x1, y1, x2, y2) in final:
        corners = [max(x1, 0), max(y1, 0), min(x2, picture_w), min(y2, picture_h)]
        records.append(
            {
                "xyxy": [round(v, 2) for v in corners],
                "score": round(score, 5),
                "class_id": label,
            }
        )
    return records


def iou(a, b):
    w = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    h = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


run(detect)
