"""Port of a Go program on OpenCV: swapRB forgotten, image.Rect cut to whole pixels."""

import cv2
from command import run


def detect(session, path):
    img = cv2.imread(path)
    blob = cv2.dnn.blobFromImage(img, 1 / 255.0, (640, 640), (0, 0, 0), False, False)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T
    x_scale, y_scale = img.shape[1] / 640, img.shape[0] / 640
    rects, scores, ids = [], [], []
    for row in out:
        _, score, _, (label, _) = cv2.minMaxLoc(row[4:].reshape(1, -1))
        if score > 0.4:
            cx, cy, w, h = (float(v) for v in row[:4])
            left, top = int((cx - w / 2) * x_scale), int((cy - h / 2) * y_scale)
            right, bottom = int((cx + w / 2) * x_scale), int((cy + h / 2) * y_scale)
            rects.append([left, top, right - left, bottom - top])
            scores.append(score)
            ids.append(label)
    return [
        {
            "left": rects[i][0],
            "top": rects[i][1],
            "right": rects[i][0] + rects[i][2],
            "bottom": rects[i][1] + rects[i][3],
            "score": round(scores[i], 6),
            "class_id": ids[i],
        }
        for i in cv2.dnn.NMSBoxes(rects, scores, 0.4, 0.5)
    ]


run(detect)
