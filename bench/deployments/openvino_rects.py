"""Port of an OpenVINO C++ example: INTER_AREA, rectangles of ints in the input, agnostic NMS."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    frame = cv2.imread(path)
    factor_x, factor_y = frame.shape[1] / 640, frame.shape[0] / 640
    resized = cv2.resize(frame, (640, 640), interpolation=cv2.INTER_AREA)
    tensor = resized[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    name = session.get_inputs()[0].name
    output = session.run(None, {name: np.ascontiguousarray(tensor)})[0][0]
    rects, confidences, class_list = [], [], []
    for i in range(output.shape[1]):
        label = int(output[4:, i].argmax())
        if output[4 + label, i] > 0.5:
            x, y, w, h = (int(v) for v in output[:4, i])
            rects.append((x, y, w, h))
            confidences.append(float(output[4 + label, i]))
            class_list.append(label)
    kept = cv2.dnn.NMSBoxes(rects, confidences, 0.5, 0.5)
    results = []
    for i in np.asarray(kept, int).reshape(-1):
        x, y, w, h = rects[i]
        results.append(
            {
                "x": int((x - 0.5 * w) * factor_x),
                "y": int((y - 0.5 * h) * factor_y),
                "w": int(w * factor_x),
                "h": int(h * factor_y),
                "confidence": round(confidences[i], 3),
                "class_id": class_list[i],
            }
        )
    return results


run(detect)
