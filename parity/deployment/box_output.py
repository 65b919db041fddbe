"""From boxes in px of the input to boxes as a deployment returns them."""

import numpy as np

from parity.deployment.output_format import express
from parity.deployment.pipeline import Pipeline
from parity.deployment.rescaling_variants import rescale
from parity.deployment.turning import boxes_back, shape_back
from parity.detection.letterbox import Letterbox


def to_output(
    pipeline: Pipeline, boxes: np.ndarray, place: Letterbox, image_shape: tuple[int, int]
) -> np.ndarray:
    """Return boxes as a deployment returns them, (N, 4) float32.

    Parameters
    ----------
    pipeline : Pipeline
        How it rescales and expresses boxes.
    boxes : (N, 4) float32
        x1, y1, x2, y2 in input px.
    place : Letterbox
        Where the image lies in the input.
    image_shape : tuple of int
        Height and width of the image as the network was given it, px.
    """
    if not len(boxes):
        return boxes
    rescaled = rescale(pipeline, boxes, place, image_shape)
    moved = boxes_back(pipeline, rescaled, image_shape)
    return express(pipeline, moved, place, shape_back(pipeline, image_shape))
