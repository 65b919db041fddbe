"""The torch-free path written as plainly as possible: the oracle for the one that is fast.

No buffer is used twice, nothing is prefetched, every box is compared with every other.
"""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from parity.detection.decoding import Candidates
from parity.detection.letterbox import BORDER, Letterbox

CLASS_OFFSET_PX = 7680


def letterboxed(image: np.ndarray, place: Letterbox) -> np.ndarray:
    """Return the image in its border, (H, W, 3) of its own type."""
    size = (place.resized_width, place.resized_height)
    if image.shape[1::-1] != size:
        image = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    bottom = place.height - place.resized_height - place.top
    right = place.width - place.resized_width - place.left
    border = (BORDER,) * 3
    sides = (place.top, bottom, place.left, right)
    return cv2.copyMakeBorder(image, *sides, cv2.BORDER_CONSTANT, value=border)


def tensor(image: np.ndarray, place: Letterbox) -> np.ndarray:
    """Return the network's input, (1, 3, H, W) float32."""
    rgb = letterboxed(image, place)[..., ::-1].transpose(2, 0, 1)
    return np.ascontiguousarray(rgb).astype(np.float32)[None] / np.float32(255)


def decode(raw: np.ndarray, floor: float) -> Candidates:
    """Return the anchors whose best class scores above a floor, one after the other."""
    kept = [column for column in raw.T if column[4:].max() > np.float32(floor)]
    boxes = np.array([column[:4] for column in kept], np.float32).reshape(-1, 4)
    scores = np.array([column[4:].max() for column in kept], np.float32)
    return Candidates(boxes, scores, np.array([c[4:].argmax() for c in kept], np.int32))


def nms(boxes: np.ndarray, scores: np.ndarray, iou: float) -> np.ndarray:
    """Return the indices that ``torchvision.ops.nms`` keeps, box by box."""
    order = np.argsort(-scores, kind="stable")
    x1, y1, x2, y2 = boxes[order].T
    area = (x2 - x1) * (y2 - y1)
    alive = np.ones(len(order), bool)
    for i in range(len(order)):
        rest = slice(i + 1, None)
        width = np.maximum(0, np.minimum(x2[i], x2[rest]) - np.maximum(x1[i], x1[rest]))
        height = np.maximum(0, np.minimum(y2[i], y2[rest]) - np.maximum(y1[i], y1[rest]))
        intersection = width * height
        with np.errstate(invalid="ignore", divide="ignore"):
            overlap = intersection / (area[i] + area[rest] - intersection)
        if alive[i]:
            alive[rest] &= ~(overlap.astype(np.float64) > iou)
    return order[alive]


def candidates(
    session: onnxruntime.InferenceSession, image: np.ndarray, place: Letterbox, floor: float
) -> Candidates:
    """Return the candidates of one image from a model that takes one image."""
    inputs = {session.get_inputs()[0].name: tensor(image, place)}
    return decode(session.run(None, inputs)[0][0], floor)


def session(path: Path) -> onnxruntime.InferenceSession:
    """Load a model as it is."""
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
