"""A right program with OpenCV's own functions: blobFromImage, NMSBoxesBatched; two decimals."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    scale = min(640 / w, 640 / h)
    inner = round(w * scale), round(h * scale)
    left, top = round((640 - inner[0]) / 2 - 0.1), round((640 - inner[1]) / 2 - 0.1)
    boxed = cv2.copyMakeBorder(
        cv2.resize(image, inner),
        top,
        640 - inner[1] - top,
        left,
        640 - inner[0] - left,
        cv2.BORDER_CONSTANT,
        value=(114, 114, 114),
    )
    blob = cv2.dnn.blobFromImage(boxed, 1 / 255.0, swapRB=True)
    rows = cv2.transpose(session.run(None, {session.get_inputs()[0].name: blob})[0][0])
    rects, scores, ids = [], [], []
    for row in rows:
        class_id = int(np.argmax(row[4:]))
        if row[4 + class_id] > 0.5:
            cx, cy, bw, bh = map(float, row[:4])
            rects.append([cx - bw / 2, cy - bh / 2, bw, bh])
            scores.append(float(row[4 + class_id]))
            ids.append(class_id)
    records = []
    for i in cv2.dnn.NMSBoxesBatched(rects, scores, ids, 0.5, 0.45):
        x, y, bw, bh = rects[i]
        x1, x2 = ((v - left) * w / inner[0] for v in (x, x + bw))
        y1, y2 = ((v - top) * h / inner[1] for v in (y, y + bh))
        records.append(
            {
                "left": f"{min(max(x1, 0), w):.2f}",
                "top": f"{min(max(y1, 0), h):.2f}",
                "right": f"{min(max(x2, 0), w):.2f}",
                "bottom": f"{min(max(y2, 0), h):.2f}",
                "confidence": f"{scores[i]:.2f}",
                "class_id": ids[i],
            }
        )
    return records


run(detect)
