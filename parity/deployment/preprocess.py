"""Preprocessing: everything from an image file to the network's input."""

from dataclasses import dataclass

import numpy as np

from parity.deployment import geometry
from parity.deployment.geometry import GeometryChoices
from parity.deployment.input_tensor import InputTensorChoices, to_tensor
from parity.deployment.reading import ReadingChoices
from parity.deployment.stage import fields_of
from parity.detection.letterbox import Letterbox


@dataclass(frozen=True)
class PreprocessingChoices(InputTensorChoices, GeometryChoices, ReadingChoices):
    """What the network's input depends on."""


PREPROCESSING = fields_of(PreprocessingChoices)
"""Names of the choices that the network's input depends on."""


@dataclass(frozen=True)
class Prepared:
    """An image on its way into the network.

    Attributes
    ----------
    image_shape : tuple of int
        Height and width of the decoded image, px.
    place : Letterbox
        Where the image lies in the input.
    tensor : (1, 3, H, W) float32
        The network's input.
    """

    image_shape: tuple[int, int]
    place: Letterbox
    tensor: np.ndarray


def preprocess(
    choices: PreprocessingChoices, image: np.ndarray, target: tuple[int, int]
) -> Prepared:
    """Make the network's input of an image.

    Parameters
    ----------
    choices : PreprocessingChoices
        How a deployment does it.
    image : (h, w, 3) uint8
        Blue, green, red; what :func:`parity.deployment.reading.read` returned.
    target : tuple of int
        Height and width of the input, px, unless the deployment has its own.
    """
    where = geometry.fit(choices, image.shape[:2], target)
    tensor = to_tensor(choices, geometry.apply(choices, image, where))
    return Prepared(image.shape[:2], where, tensor)
