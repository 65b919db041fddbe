"""Masks: from coefficients and prototypes to masks, in the ways that people make them."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import cv2
import numpy as np

from parity.deployment.decoding_variants import sigmoid
from parity.deployment.stage import Choices, by_value, choice, fields_of, values
from parity.detection.letterbox import Letterbox, fit
from parity.detection.masks import UPSCALES, crop, enlargement, logits_of, masks_in_image

Shape = tuple[int, int]

MEMORY = 200_000_000
"""Masks that are kept, bytes, since many deployments share them; chosen."""


@dataclass(frozen=True)
class MaskChoices(Choices):
    """What becomes of the coefficients of masks."""

    mask_frame: Literal["image", "input", "prototypes"] = choice(
        "image",
        moot={
            "input": ("mask_steps", "mask_corner"),
            "prototypes": ("mask_steps", "mask_corner", "mask_kernel", "mask_made"),
        },
    )
    """What masks have the size of: the ``image``, the ``input`` with its border, or the
    ``prototypes``."""
    mask_steps: Literal[
        "enlarged_first",
        "enlarged_to_input",
        "cut_first",
        "in_input",
        "outlined_in_input",
        "border_kept",
        "each_box",
        "each_part",
    ] = choice(
        "enlarged_first",
        moot={
            "border_kept": ("mask_corner",),
            "outlined_in_input": ("mask_corner",),
            "each_box": ("mask_corner", "mask_crop", "mask_crop_rounding", "mask_made"),
            "each_part": ("mask_corner", "mask_crop", "mask_crop_rounding", "mask_made"),
        },
    )
    """How masks get the size of the image: logits are enlarged until their border ends at whole px,
    it is cut, and they are resized (``enlarged_first``); the same, but they are always enlarged to
    the size of the input (``enlarged_to_input``); the border is cut from logits of the size of the
    prototypes (``cut_first``); masks are made in the input and then resized (``in_input``), or
    their outlines are scaled (``outlined_in_input``); nothing is cut (``border_kept``); or
    probabilities are cropped to each box in the size of the prototypes, and either resized to the
    box and blurred (``each_box``), or resized to about the size that the crop has in the image, and
    cropped again (``each_part``)."""
    mask_corner: Literal["image", "input"] = "image"
    """Where the part begins that is left when the border is cut: where the ``image`` does, or at
    the first corner of the ``input``, as if the border lay at the right and at the bottom only."""
    mask_kernel: Literal["linear", "nearest", "cubic"] = "linear"
    """Interpolation of logits."""
    mask_threshold: Literal["zero", "half", "none"] = choice(
        "zero", moot={"none": ("mask_probability",), "half": ("mask_probability",)}
    )
    """What logits must exceed: 0, as a probability of 0.5 says, or what another
    ``mask_probability`` says (``zero``); 0.5, taking logits for probabilities; or nothing, taking
    probabilities for logits."""
    mask_probability: float = 0.5
    """The probability that px of a mask must exceed, between 0 and 1."""
    mask_crop: Literal["box", "no", "other_frame", "prototypes"] = choice(
        "box", moot={"no": ("mask_crop_rounding",)}
    )
    """Whether masks end where their boxes end: those of the same frame, none, boxes in px of the
    image where masks have the size of the input, and vice versa (``other_frame``), or boxes in px
    of the ``prototypes``, to which logits are cropped before they are upsampled."""
    mask_crop_rounding: Literal["up", "down", "outwards", "nearest"] = "up"
    """How the corners of these boxes become whole px, the second of which no longer belongs to the
    mask."""
    prototype_axes: Literal["chw", "cwh"] = "chw"
    """``cwh`` has height and width of the prototypes exchanged."""
    mask_made: Literal["upsampled", "probabilities", "prototypes"] = "upsampled"
    """What is upsampled: logits, ``probabilities``, or what the threshold made of the
    ``prototypes``."""
    mask_parts: Literal["all", "filled", "largest"] = "all"
    """What is kept of a mask: all of it; its outer outlines, so that its holes are filled; or the
    largest outline alone."""


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
    seen: tuple[slice, slice],
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
    seen : tuple of slice
        Rows and columns of the image that the input shows.

    Returns
    -------
    (N, H, W) uint8
        1 where an object is.
    """
    numbers = (coefficients, boxes.in_input, boxes.in_image)
    content = tuple(array.tobytes() for array in numbers)
    region = tuple((part.start, part.stop) for part in seen)
    key = (id(prototypes), content, values(choices, _FIELDS), place, image_shape, region)
    if key not in _memory:
        plainly = place == fit(image_shape, (place.height, place.width))
        if plainly and values(choices, _FIELDS) == _CORRECT:
            made = masks_in_image(prototypes, coefficients, boxes.in_image, image_shape)
        else:
            transposed = choices.prototype_axes == "cwh"
            given = prototypes.swapaxes(1, 2) if transposed else prototypes
            logits = logits_of(np.ascontiguousarray(given), coefficients)
            made = _make(choices, logits, boxes, place=place, image_shape=image_shape, seen=seen)
            made = PARTS[choices.mask_parts](made)
        _memory[key] = prototypes, made
        while len(_memory) > 1 and sum(held.nbytes for _, held in _memory.values()) > MEMORY:
            _memory.popitem(last=False)
    return _memory[key][1]


def _make(
    choices: MaskChoices,
    logits: np.ndarray,
    boxes: MaskBoxes,
    *,
    place: Letterbox,
    image_shape: Shape,
    seen: tuple[slice, slice],
) -> np.ndarray:
    whole = (place.height, place.width)
    shown = (seen[0].stop - seen[0].start, seen[1].stop - seen[1].start)
    masks = np.zeros((len(logits), *image_shape), bool)
    least = least_logit(choices)
    scale = np.array([logits.shape[2] / whole[1], logits.shape[1] / whole[0]] * 2, np.float32)
    own, other = boxes.in_input, boxes.in_image
    if choices.mask_frame == "prototypes":
        low = _cropped(choices, logits > least, own * scale, other * scale)
        return _cropped_early(choices, low, own * scale)
    if choices.mask_frame == "image" and choices.mask_steps in PIECEWISE:
        piecewise = PIECEWISE[choices.mask_steps]
        return piecewise(choices, logits, own * scale, other, place=place, shape=image_shape)
    if choices.mask_made == "probabilities":
        logits, least = sigmoid(logits), float(sigmoid(np.array(least)))
    if choices.mask_made == "prototypes":
        logits, least = (logits > least).astype(np.float32), IN_HALF
    logits = _cropped_early(choices, logits, own * scale)
    resized = RESIZERS[choices.mask_kernel]
    if choices.mask_frame == "input" or choices.mask_steps in IN_INPUT:
        in_input = np.stack([resized(each, whole) > least for each in logits])
        in_input = _cropped(choices, in_input, own, other)
        if choices.mask_frame == "input":
            return in_input
        if choices.mask_steps == "outlined_in_input":
            return _outlines_in_image(in_input, place, image_shape, seen)
        part = in_input[:, *_part(choices, place, 1.0, 1.0)].astype(np.float32)
        masks[:, *seen] = [cv2.resize(each, shown[::-1]) > IN_HALF for each in part]
        return masks.astype(np.uint8)
    times = ENLARGEMENTS[choices.mask_steps](place)
    if times > 1:
        low_shape = (times * logits.shape[1], times * logits.shape[2])
        logits = np.stack([resized(each, low_shape) for each in logits])
    if choices.mask_steps != "border_kept":
        down, across = logits.shape[1] / whole[0], logits.shape[2] / whole[1]
        logits = logits[:, *_part(choices, place, down, across)]
    masks[:, *seen] = [resized(each, shown) > least for each in logits]
    return _cropped(choices, masks, other, own)


ENLARGEMENTS: dict[str, Callable[[Letterbox], int]] = {
    "enlarged_first": lambda place: enlargement(
        place.height - place.resized_height, place.width - place.resized_width
    ),
    "enlarged_to_input": lambda _: UPSCALES,
    "cut_first": lambda _: 1,
    "border_kept": lambda _: 1,
}
"""How many times logits are enlarged before their border is cut, by the value of ``mask_steps``."""


def _outlines_in_image(
    masks: np.ndarray, place: Letterbox, image_shape: Shape, seen: tuple[slice, slice]
) -> np.ndarray:
    """Return masks filled within the scaled outlines of masks that were made in the input.

    Ultralytics gives outlines like this (``Masks.xy``), as its text files and its JSON do. It joins
    the parts of an object, each with the next where they come nearest.
    """
    first = np.array([place.left, place.top], np.float32)
    gain = np.array(
        [
            place.resized_width / (seen[1].stop - seen[1].start),
            place.resized_height / (seen[0].stop - seen[0].start),
        ]
    )
    corner = np.array([seen[1].start, seen[0].start])
    filled = np.zeros((len(masks), *image_shape), np.uint8)
    for mask, whole in zip(filled, masks, strict=True):
        found, _ = cv2.findContours(whole, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        parts = [
            np.rint(((part[:, 0] - first) / gain + corner).clip(0, image_shape[::-1])).astype(int)
            for part in found
        ]
        for part in parts:
            cv2.fillPoly(mask, [part.astype(np.int32)], 1)
        for one, other in pairwise(parts):
            apart = np.square(one[:, None] - other[None]).sum(axis=2)
            start, end = np.unravel_index(apart.argmin(), apart.shape)
            cv2.line(mask, one[start].tolist(), other[end].tolist(), 1)
    return filled


def _in_each_box(
    choices: MaskChoices,
    logits: np.ndarray,
    low_boxes: np.ndarray,
    boxes: np.ndarray,
    *,
    place: Letterbox,  # noqa: ARG001
    shape: Shape,
) -> np.ndarray:
    """Return masks that are resized box by box, as in ibaiGorordo's YOLOSeg."""
    low_shape = logits.shape[1:]
    blur = [max(shape[axis] // low_shape[axis], 1) for axis in (1, 0)]
    least = sigmoid(np.array(least_logit(choices)))
    masks = np.zeros((len(logits), *shape), np.uint8)
    for mask, low, low_box, box in zip(masks, logits, low_boxes, boxes, strict=True):
        part = sigmoid(low[*_pixels_of(low_box, low_shape)])
        rows, columns = _pixels_of(box, shape)
        sides = (rows.stop - rows.start, columns.stop - columns.start)
        if min(*part.shape, *sides) > 0:
            larger = RESIZERS[choices.mask_kernel](part, sides)
            mask[rows, columns] = cv2.blur(larger, blur) > least
    return masks


def _in_each_part(
    choices: MaskChoices,
    logits: np.ndarray,
    low_boxes: np.ndarray,
    boxes: np.ndarray,
    *,
    place: Letterbox,
    shape: Shape,
) -> np.ndarray:
    """Return masks that are resized part by part, as in UNeedCryDear's yolov8-opencv."""
    low_shape = logits.shape[1:]
    cell = np.array([place.width / low_shape[1], place.height / low_shape[0]])
    corner = np.array([place.left, place.top])
    gain = min(place.height / shape[0], place.width / shape[1])
    least = sigmoid(np.array(least_logit(choices)))
    masks = np.zeros((len(logits), *shape), np.uint8)
    for mask, low, low_box, box in zip(masks, logits, low_boxes, boxes, strict=True):
        down, across = _pixels_of(low_box, low_shape)
        part = sigmoid(low[down, across])
        if not part.size:
            continue
        left, top = np.floor((cell * (across.start, down.start) - corner) / gain).astype(int)
        width, height = np.ceil(cell * part.shape[::-1] / gain).astype(int)
        larger = RESIZERS[choices.mask_kernel](part, (int(height), int(width))) > least
        x1, y1 = np.maximum(box[:2].astype(int), (max(left, 0), max(top, 0)))
        x2, y2 = np.minimum(box[2:].astype(int), (left + width, top + height)).clip(0, shape[::-1])
        if x1 < x2 and y1 < y2:
            mask[y1:y2, x1:x2] = larger[y1 - top : y2 - top, x1 - left : x2 - left]
    return masks


PIECEWISE: dict[str, Callable[..., np.ndarray]] = {
    "each_box": _in_each_box,
    "each_part": _in_each_part,
}
"""What makes masks object by object, in the size of the image."""


def _pixels_of(box: np.ndarray, shape: Shape) -> tuple[slice, slice]:
    """Return the rows and columns that a box touches."""
    x1, y1 = np.floor(box[:2]).clip(0, shape[::-1]).astype(int).tolist()
    x2, y2 = np.ceil(box[2:]).clip(0, shape[::-1]).astype(int).tolist()
    return slice(y1, max(y1, y2)), slice(x1, max(x1, x2))


def _outlined(masks: np.ndarray, most: int | None) -> np.ndarray:
    """Return masks of which so many of the largest outer outlines are filled.

    Those without an area, of single px and thin lines, are no polygons.
    """
    filled = np.zeros_like(masks)
    for mask, whole in zip(filled, masks, strict=True):
        contours, _ = cv2.findContours(whole, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        solid = [each for each in contours if cv2.contourArea(each) > 0]
        kept = sorted(solid, key=cv2.contourArea, reverse=True)[:most]
        cv2.drawContours(mask, kept, -1, 1, cv2.FILLED)
    return filled


PARTS: dict[str, Callable[[np.ndarray], np.ndarray]] = by_value(
    MaskChoices,
    "mask_parts",
    {
        "all": lambda masks: masks,
        "filled": lambda masks: _outlined(masks, None),
        "largest": lambda masks: _outlined(masks, 1),
    },
)
"""What is kept of masks, (N, h, w) uint8."""

IN_INPUT = ("in_input", "outlined_in_input")
"""Steps that begin with masks in px of the input."""

IN_HALF = 0.5
"""Share of a px from which it belongs to a mask that is resized."""

THRESHOLDS: dict[str, float] = by_value(
    MaskChoices, "mask_threshold", {"zero": 0.0, "half": 0.5, "none": -np.inf}
)
"""What a logit must exceed, where the probability is 0.5."""


def least_logit(choices: MaskChoices) -> float:
    """Return what the logit of a px must exceed so that it belongs to a mask."""
    if choices.mask_threshold == "zero":
        from scipy.special import logit  # noqa: PLC0415  slow to import, seldom needed

        return float(logit(choices.mask_probability))
    return THRESHOLDS[choices.mask_threshold]


def _part(
    choices: MaskChoices, place: Letterbox, down: float, across: float
) -> tuple[slice, slice]:
    """Return the rows and columns that are left of an input that is scaled."""
    left, top = CORNERS[choices.mask_corner](place)
    rows, columns = (
        slice(round(first * scale), max(round((first + side) * scale), round(first * scale) + 1))
        for first, side, scale in (
            (top, place.resized_height, down),
            (left, place.resized_width, across),
        )
    )
    return rows, columns


CORNERS: dict[str, Callable[[Letterbox], tuple[int, int]]] = by_value(
    MaskChoices,
    "mask_corner",
    {"image": lambda place: (place.left, place.top), "input": lambda _: (0, 0)},
)
"""x and y of the first px that is left, in the input."""


def _cropped(
    choices: MaskChoices, masks: np.ndarray, own: np.ndarray, other: np.ndarray
) -> np.ndarray:
    made = masks.astype(np.uint8)
    if choices.mask_crop not in ("box", "other_frame"):
        return made
    boxes = own if choices.mask_crop == "box" else other
    return crop(made, CROP_ROUNDINGS[choices.mask_crop_rounding](boxes))


def _cropped_early(choices: MaskChoices, low: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return what has the size of the prototypes, cropped to boxes in px of these if it is so."""
    if choices.mask_crop != "prototypes":
        return low
    return crop(low, CROP_ROUNDINGS[choices.mask_crop_rounding](boxes))


CROP_ROUNDINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = by_value(
    MaskChoices,
    "mask_crop_rounding",
    {
        "up": np.ceil,
        "down": np.floor,
        "outwards": lambda boxes: np.hstack([np.floor(boxes[:, :2]), np.ceil(boxes[:, 2:])]),
        "nearest": np.rint,
    },
)
"""How boxes, (N, 4), become whole px."""


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
