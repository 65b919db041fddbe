"""Preprocessing: everything from an image file to the network's input."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from parity.deployment.centre_crop_variants import CentreCropChoices
from parity.deployment.geometry import GeometryChoices, place_image, resize_and_place
from parity.deployment.input_tensor import InputTensorChoices, to_tensor
from parity.deployment.reading import ReadingChoices
from parity.deployment.stage import fields_of
from parity.detection.letterbox import Letterbox


@dataclass(frozen=True)
class PreprocessingChoices(InputTensorChoices, CentreCropChoices, GeometryChoices, ReadingChoices):
    """What the network's input depends on."""


PREPROCESSING = fields_of(PreprocessingChoices)
"""Names of the choices that the network's input depends on."""


@dataclass(frozen=True)
class InputFitting:
    """What fits images into the input."""

    place: Callable[[Any, tuple[int, int], tuple[int, int]], Letterbox]
    """Where an image lies in the input, of the choices, its shape and the size of the input."""
    pixels: Callable[[Any, np.ndarray, Letterbox], np.ndarray]
    """The pixels of the input, of the choices, the image and its place."""


BOXED = InputFitting(place_image, resize_and_place)
"""Images keep a border, so that all of them is seen."""


@dataclass(frozen=True)
class Preprocessed:
    """An image on its way into the network."""

    image_shape: tuple[int, int]
    """Height and width of the decoded image, px."""
    place: Letterbox
    """Where the image lies in the input."""
    tensor: np.ndarray
    """(1, 3, H, W) float32. The network's input."""


def preprocess(
    choices: PreprocessingChoices,
    image: np.ndarray,
    target: tuple[int, int],
    fitting: InputFitting = BOXED,
) -> Preprocessed:
    """Make the network's input of an image.

    Parameters
    ----------
    choices : PreprocessingChoices
        How a deployment does it.
    image : (h, w, 3) uint8
        Blue, green, red; what :func:`parity.deployment.reading.read_with_choices` returned.
    target : tuple of int
        Height and width of the input, px, unless the deployment has its own.
    fitting : InputFitting
        What fits images into the input.
    """
    where = fitting.place(choices, image.shape[:2], target)
    tensor = to_tensor(choices, fitting.pixels(choices, image, where))
    return Preprocessed(image.shape[:2], where, tensor)
