"""A Pillow program: stored rows as they are, antialiased bilinear filter, centres printed."""

import numpy as np
from command import run
from PIL import Image


def detect(session, path):
    picture = Image.open(path).convert("RGB")
    w, h = picture.size
    scale = min(640 / w, 640 / h)
    nw, nh = round(w * scale), round(h * scale)
    sheet = Image.new("RGB", (640, 640), (114, 114, 114))
    offset = round((640 - nw) / 2 - 0.1), round((640 - nh) / 2 - 0.1)
    sheet.paste(picture.resize((nw, nh), Image.Resampling.BILINEAR), offset)
    x = np.asarray(sheet).astype(np.float32).transpose(2, 0, 1)[None] / 255
    out = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(x)})[0][0].T
    out = out[out[:, 4:].max(1) > 0.3].astype(np.float64)
    out = out[np.argsort(-out[:, 4:].max(1), kind="stable")]
    lo, hi, cls = out[:, :2] - out[:, 2:4] / 2, out[:, :2] + out[:, 2:4] / 2, out[:, 4:].argmax(1)
    kept = []
    for i in range(len(out)):
        for j in kept:
            inter = np.maximum(np.minimum(hi[i], hi[j]) - np.maximum(lo[i], lo[j]), 0).prod()
            union = (hi[i] - lo[i]).prod() + (hi[j] - lo[j]).prod() - inter
            if cls[i] == cls[j] and inter / union > 0.6:
                break
        else:
            kept.append(i)
    gains = np.array([nw / w, nh / h])
    records = []
    for i in kept:
        corner = np.clip((lo[i] - offset) / gains, 0, [w, h])
        end = np.clip((hi[i] - offset) / gains, 0, [w, h])
        cx, cy = (corner + end) / 2
        bw, bh = end - corner
        records.append(
            {
                "cx": round(cx, 2),
                "cy": round(cy, 2),
                "w": round(bw, 2),
                "h": round(bh, 2),
                "score": round(out[i, 4:].max(), 4),
                "class_id": int(cls[i]),
            }
        )
    return records


run(detect)
