"""Input tensor: from the input's pixels to the numbers that the network takes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from parity.deployment.stage import Choices, by_value, fields_of, values
from parity.detection import letterbox

IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32)[:, None, None]
IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)[:, None, None]
"""Of red, green and blue, as torchvision's classification models are trained with."""

CAFFE_MEAN = np.array([104, 117, 123], np.float32)[:, None, None]
"""Levels that samples of OpenCV subtract for networks of Caffe, in the order of the planes: blue,
green, red, or red, green, blue where ``swapRB`` is set."""

SIGN = np.float32(128)
"""Level from which a byte is negative in languages that have signed bytes alone, as Java."""


@dataclass(frozen=True)
class InputTensorChoices(Choices):
    """What becomes of the input's pixels."""

    colours: Literal["rgb", "bgr"] = "rgb"
    """Order of the planes."""
    scaling: Literal[
        "unit",
        "none",
        "twice",
        "by_256",
        "symmetric",
        "symmetric_128",
        "imagenet",
        "imagenet_mean",
        "caffe",
        "caffe_unit",
        "signed",
    ] = "unit"
    """What the levels 0 to 255 become; a key of :data:`SCALINGS`."""
    axes: Literal["chw", "hwc", "cwh"] = "chw"
    """``hwc`` is reshaped where it should be transposed; ``cwh`` has x and y exchanged."""


_CORRECT = InputTensorChoices()
_FIELDS = fields_of(InputTensorChoices)


def to_tensor(
    choices: InputTensorChoices, pixels: np.ndarray, *, into: np.ndarray | None = None
) -> np.ndarray:
    """Make the network's input of its pixels.

    Parameters
    ----------
    choices : InputTensorChoices
        How a deployment does it.
    pixels : (H, W, 3)
        Blue, green, red.
    into : (1, 3, H, W) float32, optional
        Where the correct pipeline writes the result; its content does not matter.

    Returns
    -------
    (1, 3, H, W) float32
    """
    if values(choices, _FIELDS) == values(_CORRECT, _FIELDS):
        return letterbox.planes(pixels, into=None if into is None else into[0])[None]
    ordered = pixels[..., ::-1] if choices.colours == "rgb" else pixels
    planes = np.ascontiguousarray(ordered.transpose(2, 0, 1), np.float32)
    return AXES[choices.axes](SCALINGS[choices.scaling](planes))[None]


Change = Callable[[np.ndarray], np.ndarray]

SCALINGS: dict[str, Change] = by_value(
    InputTensorChoices,
    "scaling",
    {
        "unit": lambda planes: planes / np.float32(255),
        "none": lambda planes: planes,
        "twice": lambda planes: planes / np.float32(255) / np.float32(255),
        "by_256": lambda planes: planes / np.float32(256),
        "symmetric": lambda planes: planes / np.float32(127.5) - np.float32(1),
        "symmetric_128": lambda planes: (planes - np.float32(127.5)) / np.float32(128),
        "imagenet": lambda planes: (planes / np.float32(255) - IMAGENET_MEAN) / IMAGENET_DEVIATION,
        "imagenet_mean": lambda planes: planes / np.float32(255) - IMAGENET_MEAN,
        "caffe": lambda planes: planes - CAFFE_MEAN,
        "caffe_unit": lambda planes: (planes - CAFFE_MEAN) / np.float32(255),
        "signed": lambda planes: (
            np.where(planes < SIGN, planes, planes - 2 * SIGN) / np.float32(255)
        ),
    },
)
"""What scales levels, (3, H, W) float32."""

AXES: dict[str, Change] = by_value(
    InputTensorChoices,
    "axes",
    {
        "chw": lambda planes: planes,
        "hwc": lambda planes: planes.transpose(1, 2, 0).reshape(planes.shape),
        "cwh": lambda planes: np.ascontiguousarray(planes.transpose(0, 2, 1)),
    },
)
"""What orders the axes of planes, (3, H, W)."""
