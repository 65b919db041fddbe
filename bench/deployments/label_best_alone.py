"""One label per image, of a squashed BGR image with mean and deviation."""

import ast

import cv2
import numpy as np
from command import run

MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])


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
    x = cv2.resize(cv2.imread(path), (size, size)) / np.float32(255)
    return best(session, probabilities_of(session, (x - MEAN) / STD), most=1)


run(detect)
