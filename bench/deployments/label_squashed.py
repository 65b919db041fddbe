"""An image squashed by OpenCV, in BGR."""

import ast

import cv2
import numpy as np
from command import run


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
    image = cv2.resize(cv2.imread(path), (size, size))
    return best(session, probabilities_of(session, image / np.float32(255)))


run(detect)
