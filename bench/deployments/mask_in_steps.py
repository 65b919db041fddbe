"""Port of a JavaScript page: stretched, masks of 0 and 1 in the prototypes' size, then enlarged."""

import cv2
import numpy as np
from command import run


def detect(session, path):
    image = cv2.imread(path)
    h, w = image.shape[:2]
    size = session.get_inputs()[0].shape[2]
    small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), (size, size))
    x = np.ascontiguousarray(small.transpose(2, 0, 1)[None]).astype(np.float32) / 255
    out, prototypes = session.run(None, {session.get_inputs()[0].name: x})
    out, prototypes = out[0].T, prototypes[0]
    out = out[out[:, 4:-32].max(1) > 0.35]
    scores = out[:, 4:-32].max(1)
    xywh = np.hstack([out[:, :2] - out[:, 2:4] / 2, out[:, 2:4]]).astype(float)
    kept = cv2.dnn.NMSBoxes(xywh.tolist(), scores.tolist(), 0.35, 0.5)
    records = []
    for i in np.asarray(kept, int).reshape(-1):
        bx, by, bw, bh = xywh[i] * [w / size, h / size, w / size, h / size]
        logits = np.tensordot(out[i, -32:], prototypes, 1)
        binary = (1 / (1 + np.exp(-logits)) > 0.5).astype(np.uint8)
        mask = cv2.resize(binary, (w, h), interpolation=cv2.INTER_NEAREST)
        rows, columns = np.arange(h)[:, None], np.arange(w)
        mask = mask * (rows >= by) * (rows < by + bh) * (columns >= bx) * (columns < bx + bw)
        records.append(
            {
                "box": [round(float(v), 1) for v in (bx, by, bx + bw, by + bh)],
                "score": round(float(scores[i]), 3),
                "class_id": int(out[i, 4:-32].argmax()),
                "segmentation": run_lengths(mask),
            }
        )
    return records


def run_lengths(mask):
    flat = np.concatenate([[0], mask.ravel(order="F"), [0]])
    counts = np.diff(np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]), [mask.size]]))
    return {"size": list(mask.shape), "counts": counts[: None if counts[-1] else -1].tolist()}


run(detect)
