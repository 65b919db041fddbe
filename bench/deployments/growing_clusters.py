"""Port of an inference library for boards: nearest px, overlapping boxes grow into one."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    rgb = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    height, width = rgb.shape[:2]
    scale_x, scale_y = np.float32(width / 640), np.float32(height / 640)
    xs = (np.arange(640, dtype=np.float32) * scale_x).astype(int)
    ys = (np.arange(640, dtype=np.float32) * scale_y).astype(int)
    tensor = rgb[ys[:, None], xs].transpose(2, 0, 1)[None].astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(tensor)})[0][0]
    clusters = []
    for i in range(out.shape[1]):
        label = int(out[4:, i].argmax())
        score = float(out[4 + label, i])
        if score <= 0.5:
            continue
        cx, cy, w, h = (float(v) for v in out[:4, i])
        box = [
            (cx - w / 2) * width / 640,
            (cy - h / 2) * height / 640,
            (cx + w / 2) * width / 640,
            (cy + h / 2) * height / 640,
        ]
        for cluster in clusters:
            if cluster["label"] == label and overlaps(cluster["box"], box):
                old = cluster["box"]
                cluster["box"] = [
                    min(old[0], box[0]),
                    min(old[1], box[1]),
                    max(old[2], box[2]),
                    max(old[3], box[3]),
                ]
                cluster["score"] = max(cluster["score"], score)
                break
        else:
            clusters.append({"label": label, "score": score, "box": box})
    return [
        {
            "Left": round(c["box"][0], 2),
            "Top": round(c["box"][1], 2),
            "Right": round(c["box"][2], 2),
            "Bottom": round(c["box"][3], 2),
            "Confidence": round(c["score"], 4),
            "ClassID": c["label"],
        }
        for c in clusters
    ]


def overlaps(a, b):
    w, h = max(min(a[2], b[2]) - max(a[0], b[0]), 0), max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    return w * h > 0.3 * min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))


run(detect)
