"""Port of a C++/CUDA engine in half precision: warpAffine with border 128, fp16 outputs."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    frame = cv2.imread(path)
    rows, cols = frame.shape[:2]
    r = min(640.0 / cols, 640.0 / rows)
    m = np.array([[r, 0, (640 - r * cols) * 0.5], [0, r, (640 - r * rows) * 0.5]], np.float32)
    warped = cv2.warpAffine(frame, m, (640, 640), borderValue=(128, 128, 128))
    blob = cv2.dnn.blobFromImage(warped, 1 / 255.0, swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0]
    out = out.astype(np.float16).astype(np.float32)
    inverse = cv2.invertAffineTransform(m)
    objects = []
    for p in out.T[out[4:].max(0) > 0.3]:
        c = int(p[4:].argmax())
        x1, y1 = inverse @ [p[0] - p[2] / 2, p[1] - p[3] / 2, 1]
        x2, y2 = inverse @ [p[0] + p[2] / 2, p[1] + p[3] / 2, 1]
        objects.append((p[4 + c], c, x1, y1, x2, y2))
    objects.sort(reverse=True, key=lambda o: o[0])
    final = []
    for o in objects:
        if not any(o[1] == f[1] and jaccard(o[2:], f[2:]) > 0.5 for f in final):
            final.append(o)
    return [
        {
            "xyxy": [round(v, 3) for v in (x1, y1, x2, y2)],
            "score": round(float(score), 4),
            "class_id": label,
        }
        for score, label, x1, y1, x2, y2 in final
    ]


def jaccard(a, b):
    w = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    h = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


run(detect)
