"""Port of a Rust example of masks: top left on 144, a mask as a grey image, cut and resized."""

import cv2
import numpy as np
from command import run
from PIL import Image


def detect(session, path):
    image = Image.fromarray(cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB))
    w0, h0 = image.size
    size = session.get_inputs()[0].shape[2]
    ratio = min(size / w0, size / h0)
    nw, nh = round(w0 * ratio), round(h0 * ratio)
    ys = np.full((size, size, 3), np.float32(144 / 255), np.float32)
    ys[:nh, :nw] = np.asarray(image.resize((nw, nh), Image.Resampling.BICUBIC)) / 255.0
    feed = np.ascontiguousarray(ys.transpose(2, 0, 1)[None])
    out, protos = session.run(None, {session.get_inputs()[0].name: feed})
    out, protos = out[0].T, protos[0]
    data = []
    for row in out:
        label = int(row[4:-32].argmax())
        if row[4 + label] >= 0.3:
            cx, cy, w, h = (float(v) / ratio for v in row[:4])
            x, y = min(max(cx - w / 2, 0), w0), min(max(cy - h / 2, 0), h0)
            data.append((float(row[4 + label]), label, (x, y, w, h), row[-32:]))
    data.sort(key=lambda d: -d[0])
    kept = []
    for d in data:
        if all(iou(k[2], d[2]) <= 0.45 for k in kept):
            kept.append(d)
    results = []
    for score, label, (x, y, w, h), coefs in kept:
        probability = 1 / (1 + np.exp(-np.tensordot(coefs, protos, 1)))
        side = probability.shape[0]
        cut = probability[: round(nh * side / size), : round(nw * side / size)].astype(np.float32)
        grey = cv2.resize(cut, (w0, h0), interpolation=cv2.INTER_LINEAR)
        rows, columns = np.arange(h0)[:, None], np.arange(w0)
        mask = (grey > 0.5) * (rows >= y) * (rows < y + h) * (columns >= x) * (columns < x + w)
        results.append(
            {
                "bbox": [round(x, 2), round(y, 2), round(w, 2), round(h, 2)],
                "confidence": round(score, 4),
                "class_id": label,
                "segmentation": run_lengths(mask),
            }
        )
    return results


def run_lengths(mask):
    flat = np.concatenate([[0], mask.astype(int).ravel(order="F"), [0]])
    counts = np.diff(np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]), [mask.size]]))
    return {"size": list(mask.shape), "counts": counts[: None if counts[-1] else -1].tolist()}


def iou(a, b):
    w = max(min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]) + 1, 0)
    h = max(min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]) + 1, 0)
    return w * h / (a[2] * a[3] + b[2] * b[3] - w * h)


run(detect)
