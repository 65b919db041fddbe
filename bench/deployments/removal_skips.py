"""Port of a Java list: boxes are removed while an index runs over it, which skips the next one."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    frame = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    rows, cols = frame.shape[:2]
    tensor = cv2.resize(frame, (640, 640)).astype(np.float32).transpose(2, 0, 1)[None] / 255
    output = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(tensor)})[0][0]
    found = []
    for column in output.T:
        label = int(column[4:].argmax())
        if column[4 + label] > 0.4:
            cx, cy, w, h = (float(v) for v in column[:4])
            box = [(cx - w / 2) * cols / 640, (cy - h / 2) * rows / 640]
            box += [(cx + w / 2) * cols / 640, (cy + h / 2) * rows / 640]
            found.append({"xyxy": box, "score": float(column[4 + label]), "class_id": label})
    found.sort(key=lambda each: -each["score"])
    i = 0
    while i < len(found):
        j = i + 1
        while j < len(found):
            same = found[i]["class_id"] == found[j]["class_id"]
            if same and iou(found[i]["xyxy"], found[j]["xyxy"]) > 0.5:
                found.pop(j)
            j += 1
        i += 1
    return [
        {**each, "xyxy": [round(v, 1) for v in each["xyxy"]], "score": round(each["score"], 3)}
        for each in found
    ]


def iou(a, b):
    w = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    h = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return w * h / (areas - w * h)


run(detect)
