"""Port of a board's sample: nearest px, then NV12 and back, NMS of integer rectangles per class."""

import cv2
import numpy as np
from command import run


def through_nv12(bgr):
    yuv = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420)
    return cv2.cvtColor(yuv, cv2.COLOR_YUV2RGB_I420)


def detect(session, path):
    image = cv2.imread(path)
    height, width = image.shape[:2]
    resized = cv2.resize(image, (640, 640), interpolation=cv2.INTER_NEAREST)
    tensor = through_nv12(resized).transpose(2, 0, 1)[None].astype(np.float32) / 255
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(tensor)})[0][0].T
    out = out[out[:, 4:].max(1) >= 0.25].astype(float)
    scores, classes = out[:, 4:].max(1), out[:, 4:].argmax(1)
    corner = out[:, :2] - out[:, 2:4] / 2
    xywh = np.hstack([corner, out[:, 2:4]])
    results = []
    for label in np.unique(classes):
        own = np.flatnonzero(classes == label)
        kept = cv2.dnn.NMSBoxes(xywh[own].tolist(), scores[own].tolist(), 0.25, 0.7)
        for i in own[np.asarray(kept, int).reshape(-1)]:
            x, y, w, h = xywh[i]
            results.append(
                {
                    "box": [
                        int(x * width / 640),
                        int(y * height / 640),
                        int((x + w) * width / 640),
                        int((y + h) * height / 640),
                    ],
                    "score": round(scores[i], 2),
                    "class_id": int(label),
                }
            )
    return results


run(detect)
