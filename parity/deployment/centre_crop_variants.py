"""Centre crop: fitting an image into the input of a classifier, in the ways that people do it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from parity.deployment.geometry import resize
from parity.deployment.resampling import Shape
from parity.deployment.stage import Choices, by_value, choice, fields_of, values
from parity.detection import letterbox
from parity.detection.centre_crop import resize_and_crop, resized_shape
from parity.detection.letterbox import Letterbox

LARGER = 256 / 224
"""Sides before and after the crop of torchvision's models (``ImageClassification`` presets)."""

_OF_THE_CROP = ("crop_offset",)


@dataclass(frozen=True)
class CentreCropChoices(Choices):
    """What of an image a classifier sees."""

    crop: Literal[
        "resized_first",
        "resized_larger",
        "cropped_first",
        "squashed",
        "letterboxed",
        "not_resized",
    ] = choice(
        "resized_first",
        moot={
            "squashed": _OF_THE_CROP,
            "letterboxed": _OF_THE_CROP,
            "cropped_first": _OF_THE_CROP,
            "not_resized": ("crop_kernel",),
        },
    )
    """How an image is fitted: its shorter side is ``resized_first`` and the centre is kept; that
    side is resized to 256/224 of the input's (``resized_larger``); the middle square is
    ``cropped_first`` and then resized; the image is ``squashed``, ``letterboxed``, or
    ``not_resized``, so that only its centre is seen."""
    crop_kernel: Literal[
        "pillow_bilinear",
        "linear",
        "nearest",
        "cubic",
        "area",
        "lanczos",
        "pillow_nearest",
        "pillow_bicubic",
        "pillow_lanczos",
    ] = "pillow_bilinear"
    """Interpolation, as OpenCV or Pillow name it; Pillow's kernels are antialiased."""
    crop_offset: Literal["round", "floor"] = "round"
    """How half of what is cut away becomes whole px."""


_FIELDS = fields_of(CentreCropChoices)
_CORRECT = values(CentreCropChoices(), _FIELDS)


def place_crop(_choices: CentreCropChoices, _image_shape: Shape, target: Shape) -> Letterbox:
    """Return that an image fills the input, of which the height and width are given, px."""
    return Letterbox(*target, *target, 0, 0)


def crop_with_choices(
    choices: CentreCropChoices, image: np.ndarray, where: Letterbox
) -> np.ndarray:
    """Return the part of an image that a classifier sees.

    Parameters
    ----------
    choices : CentreCropChoices
        How a deployment does it.
    image : (h, w, 3) uint8
        Any order of colours.
    where : Letterbox
        What :func:`place_crop` returned.

    Returns
    -------
    (H, W, 3) uint8
    """
    target = (where.height, where.width)
    if values(choices, _FIELDS) == _CORRECT:
        return resize_and_crop(image, target)
    return CROPS[choices.crop](choices, image, target)


def _resized(choices: CentreCropChoices, image: np.ndarray, shape: Shape) -> np.ndarray:
    return resize(np.ascontiguousarray(image), shape, choices.crop_kernel)


def _middle(choices: CentreCropChoices, image: np.ndarray, target: Shape) -> np.ndarray:
    """Cut the middle of an image; where it is smaller, the rest stays black."""
    canvas = np.zeros((*target, 3), np.uint8)
    rounded = OFFSETS[choices.crop_offset]
    within, of_canvas = [], []
    for own, wanted in zip(image.shape[:2], target, strict=True):
        first = rounded((own - wanted) / 2)
        start, end = max(first, 0), min(first + wanted, own)
        within.append(slice(start, end))
        of_canvas.append(slice(start - first, end - first))
    canvas[tuple(of_canvas)] = image[tuple(within)]
    return canvas


def _resize_then_crop(choices: CentreCropChoices, image: np.ndarray, target: Shape) -> np.ndarray:
    return _middle(
        choices, _resized(choices, image, resized_shape(image.shape[:2], target)), target
    )


def _resize_larger(choices: CentreCropChoices, image: np.ndarray, target: Shape) -> np.ndarray:
    larger = (round(target[0] * LARGER), round(target[1] * LARGER))
    return _middle(
        choices, _resized(choices, image, resized_shape(image.shape[:2], larger)), target
    )


def _crop_then_resize(choices: CentreCropChoices, image: np.ndarray, target: Shape) -> np.ndarray:
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    return _resized(choices, image[top : top + side, left : left + side], target)


def _pad(choices: CentreCropChoices, image: np.ndarray, target: Shape) -> np.ndarray:
    where = letterbox.fit(image.shape[:2], target)
    resized = _resized(choices, image, (where.resized_height, where.resized_width))
    below, right = target[0] - where.top - len(resized), target[1] - where.left - resized.shape[1]
    padded: np.ndarray = cv2.copyMakeBorder(
        resized, where.top, below, where.left, right, cv2.BORDER_CONSTANT,
        value=(letterbox.BORDER,) * 3,
    )  # fmt: skip
    return padded


CROPS: dict[str, Callable[[CentreCropChoices, np.ndarray, Shape], np.ndarray]] = by_value(
    CentreCropChoices,
    "crop",
    {
        "resized_first": _resize_then_crop,
        "resized_larger": _resize_larger,
        "cropped_first": _crop_then_resize,
        "squashed": _resized,
        "letterboxed": _pad,
        "not_resized": _middle,
    },
)
"""What fits an image, (h, w, 3) uint8, into an input of some height and width."""

OFFSETS: dict[str, Callable[[float], int]] = by_value(
    CentreCropChoices, "crop_offset", {"round": round, "floor": lambda half: int(half // 1)}
)
"""What makes whole px of half of what is cut away."""
