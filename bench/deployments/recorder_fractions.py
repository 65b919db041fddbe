"""Port of a camera recorder: corners into NMSBoxes, at most twenty, y before x as fractions."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    frame = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    tensor = cv2.resize(frame, (640, 640)).astype(np.float32).transpose(2, 0, 1)[None] / 255
    prediction = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(tensor)})
    rows = prediction[0][0].T
    scores = rows[:, 4:].max(axis=1)
    rows, scores = rows[scores > 0.4], scores[scores > 0.4]
    class_ids = rows[:, 4:].argmax(axis=1)
    x, y, w, h = rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3]
    boxes = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=1)
    indices = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), 0.4, 0.4)
    detections = []
    for i in np.asarray(indices, int).reshape(-1)[:20]:
        x1, y1, x2, y2 = (float(v) / 640 for v in boxes[i])
        detections.append(
            {
                "box": [round(y1, 3), round(x1, 3), round(y2, 3), round(x2, 3)],
                "score": round(float(scores[i]), 3),
                "class_id": int(class_ids[i]),
            }
        )
    return detections


run(detect)
