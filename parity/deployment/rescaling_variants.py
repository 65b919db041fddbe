"""Rescaling boxes: from px of the network's input back to px of the image."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from parity.deployment.clipping import ClippingChoices, clip_boxes
from parity.deployment.geometry import FITTINGS, GeometryChoices, covering_sides, is_plain
from parity.deployment.resampling import Pair, Shape
from parity.deployment.stage import by_value, choice, fields_of, values
from parity.deployment.turning import TurningBackChoices
from parity.detection.letterbox import Letterbox
from parity.detection.rescaling import scale_boxes


@dataclass(frozen=True)
class RescalingChoices(ClippingChoices, GeometryChoices, TurningBackChoices):
    """What brings boxes back into the image; what is right depends on the geometry."""

    gain: Literal[
        "matching",
        "letterbox",
        "single",
        "stretch",
        "width",
        "height",
        "largest",
        "exchanged",
        "matching_exchanged",
        "none",
        "inverse",
    ] = "matching"
    """What input px are divided by; a key of :data:`GAINS`."""
    offset: Literal[
        "matching",
        "letterbox",
        "half",
        "exact",
        "none",
        "exchanged",
        "added",
        "unscaled",
        "doubled",
        "from_gain",
        "matrix",
        "whole_image_px",
    ] = choice(
        "matching",
        moot={
            "none": ("offset_rounding",),
            "letterbox": ("offset_rounding",),
            "whole_image_px": ("offset_rounding",),
        },
    )
    """What is subtracted before; a key of :data:`OFFSETS`."""
    offset_rounding: Literal["no", "truncated", "half_even", "half_up", "ultralytics"] = "no"
    """How what is subtracted becomes whole px; a key of :data:`OFFSET_ROUNDINGS`."""
    rescaled: Literal["no", "gain", "stretch"] = "no"
    """Whether the result is rescaled a second time, and by what."""


_MAPPING = ("gain", "offset", "offset_rounding", "rescaled")
_CLIPPING = fields_of(ClippingChoices)
_MAPPED_PLAINLY = values(RescalingChoices(), _MAPPING)
_CLIPPED_PLAINLY = values(RescalingChoices(), _CLIPPING)


def is_mapped_plainly(choices: RescalingChoices) -> bool:
    """Return whether coordinates come back as Ultralytics maps them, clipping aside."""
    return values(choices, _MAPPING) == _MAPPED_PLAINLY and is_plain(choices)


def rescale(
    choices: RescalingChoices, boxes: np.ndarray, place: Letterbox, image_shape: Shape
) -> np.ndarray:
    """Rescale boxes as a deployment does.

    Parameters
    ----------
    choices : RescalingChoices
        How it does it.
    boxes : (N, 4) float32
        x1, y1, x2, y2 in input px.
    place : Letterbox
        Where the image lies in the input.
    image_shape : tuple of int
        Height and width of the image, px.

    Returns
    -------
    (N, 4) float32
        x1, y1, x2, y2 in image px.
    """
    input_shape = (place.height, place.width)
    if values(choices, _CLIPPING) == _CLIPPED_PLAINLY and is_mapped_plainly(choices):
        return scale_boxes(boxes, input_shape, image_shape)
    if choices.clip_frame == "input":
        return to_image(choices, clip_boxes(choices, boxes, input_shape), place, image_shape)
    rescaled = to_image(choices, boxes, place, image_shape)
    return clip_boxes(choices, rescaled, image_shape) if choices.clip_frame == "image" else rescaled


def to_image(
    choices: RescalingChoices, boxes: np.ndarray, place: Letterbox, image_shape: Shape
) -> np.ndarray:
    """Rescale boxes, (N, 4) in input px, to px of the image as :func:`rescale` does, unclipped."""
    gain_x, gain_y = gains(choices, place, image_shape)
    left, top = offsets(choices, place, image_shape)
    rescaled = boxes.astype(np.float32)
    rescaled[:, 0::2] = (rescaled[:, 0::2] - np.float32(left)) / np.float32(gain_x)
    rescaled[:, 1::2] = (rescaled[:, 1::2] - np.float32(top)) / np.float32(gain_y)
    return RESCALINGS[choices.rescaled](rescaled, choices, place, image_shape)


def gains(choices: RescalingChoices, place: Letterbox, image_shape: Shape) -> Pair:
    """Return what x and y are divided by on the way back: px of the input per px of the image."""
    return GAINS[choices.gain](choices, place, image_shape)


def offsets(choices: RescalingChoices, place: Letterbox, image_shape: Shape) -> Pair:
    """Return what is subtracted from x and y on the way back, input px."""
    rounded = OFFSET_ROUNDINGS[choices.offset_rounding]
    left, top = OFFSETS[choices.offset](choices, place, image_shape)
    return rounded(left), rounded(top)


WayBack = Callable[[RescalingChoices, Letterbox, Shape], Pair]


def _true_gains(choices: RescalingChoices, place: Letterbox, image_shape: Shape) -> Pair:
    return FITTINGS[choices.fitting].gains(choices, place, image_shape)


def _true_offsets(choices: RescalingChoices, place: Letterbox, image_shape: Shape) -> Pair:
    return FITTINGS[choices.fitting].offsets(choices, place, image_shape)


def _stretch(place: Letterbox, image_shape: Shape) -> Pair:
    return place.width / image_shape[1], place.height / image_shape[0]


def _one_gain(choices: RescalingChoices, place: Letterbox, image_shape: Shape) -> float:
    gain = min(_stretch(place, image_shape))
    return gain if choices.enlarge else min(gain, 1.0)


def _letterboxed(place: Letterbox, image_shape: Shape) -> tuple[int, int]:
    """Return width and height of a letterboxed image, input px."""
    gain = min(_stretch(place, image_shape))
    return max(round(image_shape[1] * gain), 1), max(round(image_shape[0] * gain), 1)


def _letterbox_gains(_choices: RescalingChoices, place: Letterbox, image_shape: Shape) -> Pair:
    width, height = _letterboxed(place, image_shape)
    return width / image_shape[1], height / image_shape[0]


def _exchanged_gains(_choices: RescalingChoices, place: Letterbox, image_shape: Shape) -> Pair:
    if place.height == place.width:
        return _stretch(place, image_shape)[::-1]
    return place.height / image_shape[1], place.width / image_shape[0]


GAINS: dict[str, WayBack] = by_value(
    RescalingChoices,
    "gain",
    {
        "matching": _true_gains,
        "letterbox": _letterbox_gains,
        "single": lambda choices, place, shape: (_one_gain(choices, place, shape),) * 2,
        "stretch": lambda _, place, shape: _stretch(place, shape),
        "width": lambda _, place, shape: (_stretch(place, shape)[0],) * 2,
        "height": lambda _, place, shape: (_stretch(place, shape)[1],) * 2,
        "largest": lambda _, place, shape: (max(_stretch(place, shape)),) * 2,
        "exchanged": _exchanged_gains,
        "matching_exchanged": lambda *given: _true_gains(*given)[::-1],
        "none": lambda *_: (1.0, 1.0),
        "inverse": lambda _, place, shape: (1 / min(_stretch(place, shape)),) * 2,
    },
)
"""What x and y are divided by, of the choices, the image's place and its shape."""


def _letterbox_offsets(_choices: RescalingChoices, place: Letterbox, image_shape: Shape) -> Pair:
    width, height = _letterboxed(place, image_shape)
    return (
        float(round((place.width - width) / 2 - 0.1)),
        float(round((place.height - height) / 2 - 0.1)),
    )


def _half_offsets(choices: RescalingChoices, place: Letterbox, image_shape: Shape) -> Pair:
    width, height = place.resized_width, place.resized_height
    if choices.fitting == "stretch":
        width, height = _letterboxed(place, image_shape)
    elif choices.fitting == "cover":
        height, width = covering_sides(choices, image_shape, place)
    return (place.width - width) / 2, (place.height - height) / 2


def _left_over(place: Letterbox, image_shape: Shape, gain_x: float, gain_y: float) -> Pair:
    height, width = image_shape
    return (place.width - width * gain_x) / 2, (place.height - height * gain_y) / 2


def _exact_offsets(choices: RescalingChoices, place: Letterbox, image_shape: Shape) -> Pair:
    gain = _one_gain(choices, place, image_shape)
    if choices.fitting == "cover":
        gain, _ = _true_gains(choices, place, image_shape)
    return _left_over(place, image_shape, gain, gain)


def _offsets_in_image(choices: RescalingChoices, place: Letterbox, image_shape: Shape) -> Pair:
    gain, side = _one_gain(choices, place, image_shape), max(image_shape)
    height, width = image_shape
    return (side - width) // 2 * gain, (side - height) // 2 * gain


def _offsets_of_gain(choices: RescalingChoices, place: Letterbox, image_shape: Shape) -> Pair:
    return _left_over(place, image_shape, *gains(choices, place, image_shape))


def _offsets_of_matrix(choices: RescalingChoices, place: Letterbox, image_shape: Shape) -> Pair:
    """Return the translation of the matrix that maps centres of pixels onto centres of pixels."""
    left, top = _true_offsets(choices, place, image_shape)
    gain_x, gain_y = _true_gains(choices, place, image_shape)
    return left + gain_x / 2 - 0.5, top + gain_y / 2 - 0.5


def _times(factor: float) -> WayBack:
    def offsets(choices: RescalingChoices, place: Letterbox, image_shape: Shape) -> Pair:
        left, top = _true_offsets(choices, place, image_shape)
        return factor * left, factor * top

    return offsets


def _unscaled_offsets(choices: RescalingChoices, place: Letterbox, image_shape: Shape) -> Pair:
    left, top = _true_offsets(choices, place, image_shape)
    gain_x, gain_y = gains(choices, place, image_shape)
    return left * gain_x, top * gain_y


OFFSETS: dict[str, WayBack] = by_value(
    RescalingChoices,
    "offset",
    {
        "matching": _true_offsets,
        "letterbox": _letterbox_offsets,
        "half": _half_offsets,
        "exact": _exact_offsets,
        "none": lambda *_: (0.0, 0.0),
        "exchanged": lambda choices, place, shape: _true_offsets(choices, place, shape)[::-1],
        "added": _times(-1),
        "unscaled": _unscaled_offsets,
        "doubled": _times(2),
        "from_gain": _offsets_of_gain,
        "matrix": _offsets_of_matrix,
        "whole_image_px": _offsets_in_image,
    },
)
"""What is subtracted from x and y, input px, of the choices, the image's place and its shape."""

CLEAN_DECIMALS = 9
"""Decimals of an offset in px that count: (640 - w * (640 / w)) / 2 may be -1e-14; chosen."""

OFFSET_ROUNDINGS: dict[str, Callable[[float], float]] = by_value(
    RescalingChoices,
    "offset_rounding",
    {
        "no": lambda offset: offset,
        "truncated": lambda offset: float(math.trunc(round(offset, CLEAN_DECIMALS))),
        "half_even": lambda offset: float(round(round(offset, CLEAN_DECIMALS))),
        "half_up": lambda offset: float(math.floor(round(offset + 0.5, CLEAN_DECIMALS))),
        "ultralytics": lambda offset: float(round(offset - 0.1)),
    },
)
"""What makes whole px of an offset; Ultralytics subtracts 0.1 first (``scale_boxes``)."""


def _by_gain(
    boxes: np.ndarray, choices: RescalingChoices, place: Letterbox, image_shape: Shape
) -> np.ndarray:
    gain_x, gain_y = gains(choices, place, image_shape)
    return boxes / np.array([gain_x, gain_y] * 2, np.float32)


def _by_stretch(
    boxes: np.ndarray, _choices: RescalingChoices, place: Letterbox, image_shape: Shape
) -> np.ndarray:
    x, y = image_shape[1] / place.width, image_shape[0] / place.height
    return boxes * np.array([x, y] * 2, np.float32)


RESCALINGS: dict[str, Callable[[np.ndarray, RescalingChoices, Letterbox, Shape], np.ndarray]] = (
    by_value(
        RescalingChoices,
        "rescaled",
        {"no": lambda boxes, *_: boxes, "gain": _by_gain, "stretch": _by_stretch},
    )
)
"""What rescales boxes, (N, 4) float32, that are in px of the image already."""
