"""Geometry: fitting an image into the network's input."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from PIL import Image

from parity.deployment.stage import Choices, by_value, choice, values
from parity.detection import letterbox
from parity.detection.letterbox import Letterbox

Shape = tuple[int, int]
"""Height and width, px."""

_OF_THE_BORDER = ("align", "side_rounding", "border_rounding", "enlarge", "offset")


@dataclass(frozen=True)
class GeometryChoices(Choices):
    """Where an image lies in the input, and how it is resized and padded.

    Attributes
    ----------
    imgsz : tuple of int or None
        Height and width of the input, px; None for what the network says.
    stride : int or None
        If given, the border is cut to a multiple of it: the minimal rectangle.
    fitting : str
        How the image is fitted into the input. ``pad_first`` pads it to a square, at the right or
        below, and then resizes; ``crop`` takes the middle square.
    align : str
        Where the image lies within its border.
    side_rounding : str
        How the sides of the resized image become whole px.
    border_rounding : str
        How half a border becomes whole px.
    border : int
        Grey level of the border.
    kernel : str
        Interpolation, by OpenCV or Pillow; ``linear_float`` does not round to whole levels.
    enlarge : bool
        Whether images that are smaller than the input are enlarged.
    sides_exchanged : bool
        Whether height and width are exchanged when resizing.
    """

    imgsz: Shape | None = None
    stride: int | None = None
    fitting: Literal["letterbox", "stretch", "pad_first", "crop"] = choice(
        "letterbox",
        moot={
            "stretch": (*_OF_THE_BORDER, "border", "sides_exchanged"),
            "pad_first": _OF_THE_BORDER,
            "crop": (*_OF_THE_BORDER, "border", "sides_exchanged"),
        },
    )
    align: Literal["centre", "top_left"] = "centre"
    side_rounding: Literal["round", "floor", "ceil"] = "round"
    border_rounding: Literal["ultralytics", "floor", "ceil"] = "ultralytics"
    border: int = letterbox.BORDER
    kernel: Literal[
        "linear",
        "nearest",
        "cubic",
        "area",
        "lanczos",
        "pillow_nearest",
        "pillow_bilinear",
        "pillow_bicubic",
        "pillow_lanczos",
        "linear_float",
    ] = "linear"
    enlarge: bool = True
    sides_exchanged: bool = False


_PLACING = ("fitting", "align", "side_rounding", "border_rounding", "enlarge")
_ULTRALYTICS = values(GeometryChoices(), _PLACING)


def is_plain(choices: GeometryChoices) -> bool:
    """Return whether the image is placed as Ultralytics does."""
    return values(choices, _PLACING) == _ULTRALYTICS


def fit(choices: GeometryChoices, image_shape: Shape, target: Shape) -> Letterbox:
    """Return where a deployment puts an image in the input.

    Parameters
    ----------
    choices : GeometryChoices
        How it fits images.
    image_shape : tuple of int
        Height and width of the image, px.
    target : tuple of int
        Height and width of the input, px, unless the deployment has its own.
    """
    target = choices.imgsz or target
    if is_plain(choices):
        return letterbox.fit(image_shape, target, stride=choices.stride)
    return FITTINGS[choices.fitting].fit(choices, image_shape, target)


def apply(
    choices: GeometryChoices, image: np.ndarray, where: Letterbox, *, into: np.ndarray | None = None
) -> np.ndarray:
    """Resize an image and put it where it belongs.

    Parameters
    ----------
    choices : GeometryChoices
        How the deployment fits images.
    image : (h, w, 3) uint8
        Pixels.
    where : Letterbox
        What :func:`fit` returned.
    into : (H, W, 3) of the same type, optional
        Where the correct pipeline writes the result; its content does not matter.

    Returns
    -------
    (H, W, 3) uint8 or float32
        The input's pixels.
    """
    plain = (choices.border, choices.kernel) == (letterbox.BORDER, "linear")
    if plain and is_plain(choices) and not choices.sides_exchanged:
        return letterbox.apply(image, where, into=into)
    return FITTINGS[choices.fitting].apply(choices, image, where)


@dataclass(frozen=True)
class Fitting:
    """A way of fitting an image into the input.

    Attributes
    ----------
    fit : callable
        Where the image goes, of its shape and the size of the input.
    apply : callable
        The input's pixels, of the image and its place.
    gains : callable
        What x and y were multiplied by, of the place and the image's shape.
    offsets : callable
        What was then added to x and y, input px.
    """

    fit: Callable[[GeometryChoices, Shape, Shape], Letterbox]
    apply: Callable[[GeometryChoices, np.ndarray, Letterbox], np.ndarray]
    gains: Callable[[Letterbox, Shape], tuple[float, float]]
    offsets: Callable[[Letterbox, Shape], tuple[float, float]]


def _fit_within(choices: GeometryChoices, image_shape: Shape, target: Shape) -> Letterbox:
    ratio = min(target[0] / image_shape[0], target[1] / image_shape[1])
    if not choices.enlarge:
        ratio = min(ratio, 1.0)
    rounded = SIDE_ROUNDINGS[choices.side_rounding]
    height, width = (max(rounded(round(side * ratio, 9)), 1) for side in image_shape)
    border_y, border_x = target[0] - height, target[1] - width
    if choices.stride is not None:
        border_y, border_x = border_y % choices.stride, border_x % choices.stride
    at_corner = choices.align == "top_left" or choices.fitting == "pad_first"
    half = BORDER_ROUNDINGS[choices.border_rounding]
    top, left = (0 if at_corner else half(border) for border in (border_y, border_x))
    return Letterbox(height + border_y, width + border_x, height, width, top, left)


def _fit_whole(_choices: GeometryChoices, _image_shape: Shape, target: Shape) -> Letterbox:
    return Letterbox(*target, *target, 0, 0)


def _surround(choices: GeometryChoices, image: np.ndarray, where: Letterbox) -> np.ndarray:
    shape = (where.resized_height, where.resized_width)
    top, left = where.top, where.left
    if choices.sides_exchanged:
        shape = shape[::-1]
        top, left = left, top
    resized = resize(image, shape, choices.kernel)
    canvas = np.full((where.height, where.width, 3), choices.border, resized.dtype)
    area = canvas[top : top + shape[0], left : left + shape[1]]
    area[...] = resized[: area.shape[0], : area.shape[1]]
    return canvas


def _pad_then_resize(choices: GeometryChoices, image: np.ndarray, where: Letterbox) -> np.ndarray:
    side = max(image.shape[:2])
    square = np.full((side, side, 3), choices.border, np.uint8)
    square[: image.shape[0], : image.shape[1]] = image
    return resize(square, (where.height, where.width), choices.kernel)


def _crop_then_resize(choices: GeometryChoices, image: np.ndarray, where: Letterbox) -> np.ndarray:
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    return _surround(choices, image[top : top + side, left : left + side], where)


def _gains_of_resized(place: Letterbox, image_shape: Shape) -> tuple[float, float]:
    return place.resized_width / image_shape[1], place.resized_height / image_shape[0]


def _gain_of_longest(place: Letterbox, image_shape: Shape) -> tuple[float, float]:
    return (place.width / max(image_shape),) * 2


def _gain_of_shortest(place: Letterbox, image_shape: Shape) -> tuple[float, float]:
    return (place.width / min(image_shape),) * 2


def _offsets_of_place(place: Letterbox, _image_shape: Shape) -> tuple[float, float]:
    return float(place.left), float(place.top)


def _offsets_of_crop(place: Letterbox, image_shape: Shape) -> tuple[float, float]:
    gain, _ = _gain_of_shortest(place, image_shape)
    side = min(image_shape)
    return -((image_shape[1] - side) // 2) * gain, -((image_shape[0] - side) // 2) * gain


FITTINGS = by_value(
    GeometryChoices,
    "fitting",
    {
        "letterbox": Fitting(_fit_within, _surround, _gains_of_resized, _offsets_of_place),
        "stretch": Fitting(_fit_whole, _surround, _gains_of_resized, _offsets_of_place),
        "pad_first": Fitting(_fit_within, _pad_then_resize, _gain_of_longest, _offsets_of_place),
        "crop": Fitting(_fit_whole, _crop_then_resize, _gain_of_shortest, _offsets_of_crop),
    },
)

SIDE_ROUNDINGS: dict[str, Callable[[float], int]] = by_value(
    GeometryChoices, "side_rounding", {"round": round, "floor": math.floor, "ceil": math.ceil}
)

BORDER_ROUNDINGS: dict[str, Callable[[int], int]] = by_value(
    GeometryChoices,
    "border_rounding",
    {
        "ultralytics": lambda border: round(border / 2 - 0.1),
        "floor": lambda border: border // 2,
        "ceil": lambda border: -(-border // 2),
    },
)
"""Half a border, px, of a whole one."""


def resize(image: np.ndarray, shape: Shape, kernel: str) -> np.ndarray:
    """Resize an image, (h, w, 3), to a height and a width in px."""
    return image if image.shape[:2] == shape else KERNELS[kernel](image, shape[::-1])


def _opencv(interpolation: int) -> Callable[[np.ndarray, Shape], np.ndarray]:
    return lambda image, size: cv2.resize(image, size, interpolation=interpolation)


def _pillow(kernel: Image.Resampling) -> Callable[[np.ndarray, Shape], np.ndarray]:
    return lambda image, size: np.asarray(Image.fromarray(image).resize(size, kernel))


KERNELS: dict[str, Callable[[np.ndarray, Shape], np.ndarray]] = by_value(
    GeometryChoices,
    "kernel",
    {
        "linear": _opencv(cv2.INTER_LINEAR),
        "nearest": _opencv(cv2.INTER_NEAREST),
        "cubic": _opencv(cv2.INTER_CUBIC),
        "area": _opencv(cv2.INTER_AREA),
        "lanczos": _opencv(cv2.INTER_LANCZOS4),
        "pillow_nearest": _pillow(Image.Resampling.NEAREST),
        "pillow_bilinear": _pillow(Image.Resampling.BILINEAR),
        "pillow_bicubic": _pillow(Image.Resampling.BICUBIC),
        "pillow_lanczos": _pillow(Image.Resampling.LANCZOS),
        "linear_float": lambda image, size: cv2.resize(image.astype(np.float32), size),
    },
)
"""What resizes pixels to a width and a height; the dtype stays, but for ``linear_float``."""
