"""A letterbox in BGR, and a sigmoid."""

import ast

import cv2
import numpy as np
from command import run


def letterbox(image, size):
    h, w = image.shape[:2]
    r = min(size / h, size / w)
    nh, nw = round(h * r), round(w * r)
    top, left = round((size - nh) / 2 - 0.1), round((size - nw) / 2 - 0.1)
    canvas = np.full((size, size, 3), 114, np.uint8)
    canvas[top : top + nh, left : left + nw] = image if r == 1 else cv2.resize(image, (nw, nh))
    return canvas


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
    x = letterbox(cv2.imread(path), size) / np.float32(255)
    return best(session, 1 / (1 + np.exp(-probabilities_of(session, x))))


run(detect)
