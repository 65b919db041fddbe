"""Masks: from coefficients and prototypes to masks, in the ways that people make them."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np

from parity.deployment.stage import Choices, by_value, choice, fields_of, values
from parity.detection.letterbox import Letterbox
from parity.detection.masks import crop, logits_of, masks_in_image

Shape = tuple[int, int]

MEMORY = 200_000_000
"""Masks that are kept, bytes, since many deployments share them; chosen."""


@dataclass(frozen=True)
class MaskChoices(Choices):
    """What becomes of the coefficients of masks."""

    mask_frame: Literal["image", "input", "prototypes"] = choice(
        "image",
        moot={"input": ("mask_steps",), "prototypes": ("mask_steps", "mask_kernel")},
    )
    """What masks have the size of: the ``image``, the ``input`` with its border, or the
    ``prototypes``."""
    mask_steps: Literal["enlarged_first", "cut_first", "in_input", "border_kept"] = "enlarged_first"
    """How masks get the size of the image: logits are enlarged, their border is cut, and they are
    resized (``enlarged_first``); the border is cut from logits of the size of the prototypes
    (``cut_first``); masks are made in the input and then resized (``in_input``); or nothing is cut
    (``border_kept``)."""
    mask_kernel: Literal["linear", "nearest", "cubic"] = "linear"
    """Interpolation of logits."""
    mask_threshold: Literal["zero", "half", "none"] = "zero"
    """What logits must exceed: 0, as a probability of 0.5 says; 0.5, taking logits for
    probabilities; or nothing, taking probabilities for logits."""
    mask_crop: Literal["box", "no", "other_frame"] = "box"
    """Whether masks end where their boxes end: those of the same frame, none, or boxes in px of the
    image where masks have the size of the input, and vice versa (``other_frame``)."""
    prototype_axes: Literal["chw", "cwh"] = "chw"
    """``cwh`` has height and width of the prototypes exchanged."""


_FIELDS = fields_of(MaskChoices)
_CORRECT = values(MaskChoices(), _FIELDS)
_memory: OrderedDict[Any, tuple[np.ndarray, np.ndarray]] = OrderedDict()
"""Prototypes, which keep their identity while they are here, and the masks made of them."""


@dataclass(frozen=True)
class MaskBoxes:
    """Boxes of objects, x1, y1, x2, y2, (N, 4) float32: in px of the input, and of the image."""

    in_input: np.ndarray
    in_image: np.ndarray


def make_masks(
    choices: MaskChoices,
    prototypes: np.ndarray,
    coefficients: np.ndarray,
    *,
    boxes: MaskBoxes,
    place: Letterbox,
    image_shape: Shape,
    plain: bool,
) -> np.ndarray:
    """Return masks as a deployment makes them.

    Parameters
    ----------
    choices : MaskChoices
        How it does it.
    prototypes : (M, h, w) float32
        Of the image.
    coefficients : (N, M) float32
        Of the objects.
    boxes : MaskBoxes
        Where masks end.
    place : Letterbox
        Where the image lies in the input.
    image_shape : tuple of int
        Height and width of the image, px.
    plain : bool
        Whether the image lies there as Ultralytics puts it.

    Returns
    -------
    (N, H, W) uint8
        1 where an object is.
    """
    numbers = (coefficients, boxes.in_input, boxes.in_image)
    content = tuple(array.tobytes() for array in numbers)
    key = (id(prototypes), content, values(choices, _FIELDS), place, image_shape, plain)
    if key not in _memory:
        if plain and values(choices, _FIELDS) == _CORRECT:
            made = masks_in_image(prototypes, coefficients, boxes.in_image, image_shape)
        else:
            transposed = choices.prototype_axes == "cwh"
            given = prototypes.swapaxes(1, 2) if transposed else prototypes
            logits = logits_of(np.ascontiguousarray(given), coefficients)
            made = _make(choices, logits, boxes, place, image_shape)
        _memory[key] = prototypes, made
        while len(_memory) > 1 and sum(held.nbytes for _, held in _memory.values()) > MEMORY:
            _memory.popitem(last=False)
    return _memory[key][1]


def _make(
    choices: MaskChoices,
    logits: np.ndarray,
    boxes: MaskBoxes,
    place: Letterbox,
    image_shape: Shape,
) -> np.ndarray:
    whole = (place.height, place.width)
    least = THRESHOLDS[choices.mask_threshold]
    scale = np.array([logits.shape[2] / whole[1], logits.shape[1] / whole[0]] * 2, np.float32)
    own, other = boxes.in_input, boxes.in_image
    if choices.mask_frame == "prototypes":
        return _cropped(choices, logits > least, own * scale, other * scale)
    resized = RESIZERS[choices.mask_kernel]
    if choices.mask_frame == "input" or choices.mask_steps == "in_input":
        masks = np.stack([resized(each, whole) > least for each in logits])
        masks = _cropped(choices, masks, own, other)
        if choices.mask_frame == "input":
            return masks
        part = masks[:, *_part(place, 1.0, 1.0)].astype(np.float32)
        made = [cv2.resize(each, image_shape[::-1]) > IN_HALF for each in part]
        return np.stack(made).astype(np.uint8)
    if choices.mask_steps == "enlarged_first":
        part = np.stack([resized(each, whole) for each in logits])[:, *_part(place, 1.0, 1.0)]
    elif choices.mask_steps == "cut_first":
        part = logits[:, *_part(place, float(scale[1]), float(scale[0]))]
    else:
        part = logits
    masks = np.stack([resized(each, image_shape) > least for each in part])
    return _cropped(choices, masks, other, own)


IN_HALF = 0.5
"""Share of a px from which it belongs to a mask that is resized."""

THRESHOLDS: dict[str, float] = by_value(
    MaskChoices, "mask_threshold", {"zero": 0.0, "half": 0.5, "none": -np.inf}
)
"""What a logit must exceed."""


def _part(place: Letterbox, down: float, across: float) -> tuple[slice, slice]:
    """Return the rows and columns of the image in an input that is scaled."""
    rows, columns = (
        slice(round(first * scale), max(round((first + side) * scale), round(first * scale) + 1))
        for first, side, scale in (
            (place.top, place.resized_height, down),
            (place.left, place.resized_width, across),
        )
    )
    return rows, columns


def _cropped(
    choices: MaskChoices, masks: np.ndarray, own: np.ndarray, other: np.ndarray
) -> np.ndarray:
    made = masks.astype(np.uint8)
    if choices.mask_crop == "no":
        return made
    return crop(made, own if choices.mask_crop == "box" else other)


def _resizer(interpolation: int) -> Callable[[np.ndarray, Shape], np.ndarray]:
    return lambda logits, shape: cv2.resize(logits, shape[::-1], interpolation=interpolation)


RESIZERS: dict[str, Callable[[np.ndarray, Shape], np.ndarray]] = by_value(
    MaskChoices,
    "mask_kernel",
    {
        "linear": _resizer(cv2.INTER_LINEAR),
        "nearest": _resizer(cv2.INTER_NEAREST),
        "cubic": _resizer(cv2.INTER_CUBIC),
    },
)
"""What resizes logits, (h, w) float32, to a height and width."""
