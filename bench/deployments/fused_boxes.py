"""Weighted box fusion in place of suppression; stretched input."""

import cv2
import numpy as np
from command import run


def iou(a, b):
    wh = np.maximum(np.minimum(a[2:4], b[2:4]) - np.maximum(a[:2], b[:2]), 0)
    return wh.prod() / ((a[2:4] - a[:2]).prod() + (b[2:4] - b[:2]).prod() - wh.prod())


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    blob = cv2.dnn.blobFromImage(cv2.resize(image, (640, 640)), 1 / 255, swapRB=True)
    out = session.run(None, {session.get_inputs()[0].name: blob})[0][0].T.astype(float)
    out = out[out[:, 4:].max(1) > 0.25]
    out = out[np.argsort(-out[:, 4:].max(1))]
    clusters = []
    for row in out:
        box = np.r_[row[:2] - row[2:4] / 2, row[:2] + row[2:4] / 2, row[4:].max()]
        label = int(row[4:].argmax())
        for cluster in clusters:
            if cluster["label"] == label and iou(cluster["fused"], box) > 0.55:
                cluster["boxes"].append(box)
                weights = np.array([b[4] for b in cluster["boxes"]])
                cluster["fused"] = np.average(cluster["boxes"], axis=0, weights=weights)
                break
        else:
            clusters.append({"label": label, "boxes": [box], "fused": box})
    return [
        {
            "xyxy": np.clip(c["fused"][:4] * np.array([w, h, w, h]) / 640, 0, [w, h, w, h])
            .round(2)
            .tolist(),
            "score": round(float(c["fused"][4]), 4),
            "class_id": c["label"],
        }
        for c in clusters
    ]


run(detect)
