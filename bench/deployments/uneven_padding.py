"""Port of a C# form: half the padding on each side, so 639 px may become 640 in the blob."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    height, width = image.shape[:2]
    ratio = min(640 / width, 640 / height)
    new_width, new_height = int(width * ratio), int(height * ratio)
    resized = cv2.resize(image, (new_width, new_height))
    dw, dh = (640 - new_width) // 2, (640 - new_height) // 2
    black = (0, 0, 0)
    padded = cv2.copyMakeBorder(resized, dh, dh, dw, dw, cv2.BORDER_CONSTANT, value=black)
    blob = cv2.dnn.blobFromImage(padded, 1 / 255, (640, 640), swapRB=True, crop=False)
    output = session.run(None, {session.get_inputs()[0].name: blob})[0][0]
    rects, scores, labels = [], [], []
    for i in range(output.shape[1]):
        _, score, _, (_, label) = cv2.minMaxLoc(output[4:, i : i + 1])
        if score > 0.4:
            cx, cy, w, h = (float(v) for v in output[:4, i])
            left, top = (cx - w / 2 - dw) / ratio, (cy - h / 2 - dh) / ratio
            rects.append((int(left), int(top), int(w / ratio), int(h / ratio)))
            scores.append(float(score))
            labels.append(label)
    found = []
    for i in np.asarray(cv2.dnn.NMSBoxes(rects, scores, 0.4, 0.5), int).reshape(-1):
        x, y, w, h = rects[i]
        score = round(scores[i], 3)
        found.append({"x": x, "y": y, "w": w, "h": h, "score": score, "class_id": labels[i]})
    return found


run(detect)
