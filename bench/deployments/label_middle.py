"""The middle of the image as it is, in levels from 0 to 255."""

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
    image = cv2.imread(path)[..., ::-1]
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return best(session, probabilities_of(session, image[top : top + size, left : left + size]))


run(detect)
