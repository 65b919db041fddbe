"""A right classifier."""

import ast

import numpy as np
from command import run
from PIL import Image, ImageOps


def shorter_side_then_centre(path, side, size):
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    w, h = image.size
    w, h = (side, int(side * h / w)) if w < h else (int(side * w / h), side)
    image = image.resize((w, h), Image.Resampling.BILINEAR)
    left, top = round((w - size) / 2), round((h - size) / 2)
    return np.asarray(image.crop((left, top, left + size, top + size)))


def best(session, probabilities, most=5):
    names = ast.literal_eval(session.get_modelmeta().custom_metadata_map["names"])
    return [
        {"label": names[int(i)], "score": round(float(probabilities[i]), 5)}
        for i in np.argsort(-probabilities, kind="stable")[:most]
    ]


def probabilities_of(session, x):
    x = np.ascontiguousarray(x.transpose(2, 0, 1)[None], np.float32)
    return session.run(None, {session.get_inputs()[0].name: x})[0][0]


def detect(session, path):
    size = session.get_inputs()[0].shape[2]
    x = shorter_side_then_centre(path, size, size) / np.float32(255)
    return best(session, probabilities_of(session, x))


run(detect)
