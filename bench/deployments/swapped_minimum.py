"""A letterbox whose way back takes the smaller of two ratios, one of them of the wrong side."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    img_h, img_w = image.shape[:2]
    in_h = in_w = 640
    scale = min(in_h / img_h, in_w / img_w)
    new_w, new_h = round(img_w * scale), round(img_h * scale)
    dw, dh = (in_w - new_w) / 2, (in_h - new_h) / 2
    resized = cv2.resize(image, (new_w, new_h), interpolation=cv2.INTER_LINEAR)
    top, bottom = round(dh - 0.1), round(dh + 0.1)
    left, right = round(dw - 0.1), round(dw + 0.1)
    padded = cv2.copyMakeBorder(
        resized, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(114, 114, 114)
    )
    x = np.ascontiguousarray(padded[:, :, ::-1].transpose(2, 0, 1), np.float32)[None] / 255.0
    prediction = np.squeeze(session.run(None, {session.get_inputs()[0].name: x})[0]).T
    prediction = prediction[prediction[:, 4:].max(1) > 0.5]
    gain = min(in_h / img_h, in_w / img_h)
    boxes, scores, ids = [], [], []
    for row in prediction:
        cx, cy, w, h = row[:4].astype(float)
        boxes.append(
            [
                int((cx - left - w / 2) / gain),
                int((cy - top - h / 2) / gain),
                int(w / gain),
                int(h / gain),
            ]
        )
        scores.append(float(row[4:].max()))
        ids.append(int(row[4:].argmax()))
    return [
        {
            "xyxy": [
                boxes[i][0],
                boxes[i][1],
                boxes[i][0] + boxes[i][2],
                boxes[i][1] + boxes[i][3],
            ],
            "score": round(scores[i], 6),
            "class_id": ids[i],
        }
        for i in cv2.dnn.NMSBoxes(boxes, scores, 0.5, 0.5)
    ]


run(detect)
