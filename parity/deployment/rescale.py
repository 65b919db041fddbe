"""From boxes in the network's input to what a deployment hands out, by its choices."""

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.deployment.preprocess import is_plain
from parity.detection.letterbox import Letterbox, restore

COCO91 = (
    *range(1, 12), *range(13, 26), 27, 28, *range(31, 45), *range(46, 66), 67, 70,
    *range(72, 83), *range(84, 91),
)  # fmt: skip
"""Category id that COCO's annotations give to each of its 80 classes."""


def to_image(
    pipeline: Pipeline, boxes: np.ndarray, place: Letterbox, image_shape: tuple[int, int]
) -> np.ndarray:
    """Map boxes back as a deployment does.

    Parameters
    ----------
    pipeline : Pipeline
        Its choices of mapping.
    boxes : (N, 4) float32
        x1, y1, x2, y2 in input px.
    place : Letterbox
        Where the image lies in the input.
    image_shape : tuple of int
        Height and width of the image, px.

    Returns
    -------
    (N, 4) float32
        What is handed out.
    """
    if not len(boxes):
        return boxes
    exact = (pipeline.gain, pipeline.offset) == ("matching", "matching") and is_plain(pipeline)
    if exact and pipeline.clip and pipeline.rescaled == "no":
        mapped = restore(boxes, (place.height, place.width), image_shape)
    else:
        mapped = _affine(pipeline, boxes, place, image_shape)
        if pipeline.clip:
            mapped[:, 0::2] = mapped[:, 0::2].clip(0, image_shape[1])
            mapped[:, 1::2] = mapped[:, 1::2].clip(0, image_shape[0])
    mapped = _in_unit(pipeline, mapped, place, image_shape)
    mapped = _whole(pipeline, mapped)
    return _corners(pipeline, mapped)


def gains(
    pipeline: Pipeline, place: Letterbox, image_shape: tuple[int, int]
) -> tuple[float, float]:
    """Return what x and y are divided by on the way back."""
    height, width = image_shape
    x, y = place.width / width, place.height / height
    single = min(x, y)
    if pipeline.gain == "matching":
        return _true_gains(pipeline, place, image_shape)
    return {
        "letterbox": (_side(width, single) / width, _side(height, single) / height),
        "single": (single, single),
        "stretch": (x, y),
        "width": (x, x),
        "height": (y, y),
        "largest": (max(x, y), max(x, y)),
        "exchanged": (place.height / width, place.width / height)
        if place.height != place.width
        else (y, x),
        "none": (1.0, 1.0),
        "inverse": (1 / single, 1 / single),
    }[pipeline.gain]


def _side(side: int, gain: float) -> int:
    return max(round(side * gain), 1)


def _true_gains(
    pipeline: Pipeline, place: Letterbox, image_shape: tuple[int, int]
) -> tuple[float, float]:
    height, width = image_shape
    if pipeline.fitting == "pad_first":
        gain = place.width / max(height, width)
        return gain, gain
    if pipeline.fitting == "crop":
        gain = place.width / min(height, width)
        return gain, gain
    return place.resized_width / width, place.resized_height / height


def offsets(
    pipeline: Pipeline, place: Letterbox, image_shape: tuple[int, int]
) -> tuple[float, float]:
    """Return what is subtracted from x and y on the way back, input px."""
    height, width = image_shape
    single = min(place.width / width, place.height / height)
    exact = (place.width - width * single) / 2, (place.height - height * single) / 2
    whole = (
        float(round((place.width - _side(width, single)) / 2 - 0.1)),
        float(round((place.height - _side(height, single)) / 2 - 0.1)),
    )
    true = float(place.left), float(place.top)
    if pipeline.fitting == "crop":
        gain = place.width / min(height, width)
        true = (
            -((width - min(width, height)) // 2) * gain,
            -((height - min(width, height)) // 2) * gain,
        )
    gain_x, gain_y = gains(pipeline, place, image_shape)
    return {
        "matching": true,
        "letterbox": whole,
        "exact": exact,
        "half": (
            (place.width - place.resized_width) / 2,
            (place.height - place.resized_height) / 2,
        ),
        "none": (0.0, 0.0),
        "exchanged": true[::-1],
        "added": (-true[0], -true[1]),
        "unscaled": (true[0] * gain_x, true[1] * gain_y),
        "doubled": (2 * true[0], 2 * true[1]),
        "from_gain": ((place.width - width * gain_x) / 2, (place.height - height * gain_y) / 2),
    }[pipeline.offset]


def _affine(
    pipeline: Pipeline, boxes: np.ndarray, place: Letterbox, image_shape: tuple[int, int]
) -> np.ndarray:
    gain_x, gain_y = gains(pipeline, place, image_shape)
    left, top = offsets(pipeline, place, image_shape)
    mapped = boxes.astype(np.float32)
    mapped[:, 0::2] = (mapped[:, 0::2] - np.float32(left)) / np.float32(gain_x)
    mapped[:, 1::2] = (mapped[:, 1::2] - np.float32(top)) / np.float32(gain_y)
    if pipeline.rescaled == "gain":
        mapped[:, 0::2] /= np.float32(gain_x)
        mapped[:, 1::2] /= np.float32(gain_y)
    elif pipeline.rescaled == "stretch":
        mapped[:, 0::2] *= np.float32(image_shape[1] / place.width)
        mapped[:, 1::2] *= np.float32(image_shape[0] / place.height)
    return mapped


def _in_unit(
    pipeline: Pipeline, boxes: np.ndarray, place: Letterbox, image_shape: tuple[int, int]
) -> np.ndarray:
    if pipeline.unit == "image":
        return boxes
    if pipeline.unit == "image_fraction":
        sides = image_shape[::-1] * 2
    else:
        sides = (place.width, place.height) * 2
    factors = np.array(sides, np.float32)
    return boxes * factors if pipeline.unit == "times_input" else boxes / factors


def _whole(pipeline: Pipeline, boxes: np.ndarray) -> np.ndarray:
    if pipeline.integers == "no":
        return boxes
    if pipeline.integers == "rounded":
        return np.rint(boxes)
    if pipeline.integers == "truncated":
        return np.trunc(boxes)
    rule = np.trunc if pipeline.integers == "sides_truncated" else np.rint
    first, sides = rule(boxes[:, :2]), rule(boxes[:, 2:] - boxes[:, :2])
    return np.concatenate([first, first + sides], axis=1)


def _corners(pipeline: Pipeline, boxes: np.ndarray) -> np.ndarray:
    if pipeline.corners == "xyxy":
        return boxes
    if pipeline.corners == "yxyx":
        return boxes[:, [1, 0, 3, 2]]
    sides = boxes[:, 2:] - boxes[:, :2]
    first = boxes[:, :2] if pipeline.corners == "xywh" else boxes[:, :2] + sides / 2
    return np.concatenate([first, sides], axis=1)


def number(pipeline: Pipeline, class_ids: np.ndarray) -> np.ndarray:
    """Return the class ids that a deployment hands out, (N,) int32, for those of the model."""
    if pipeline.class_ids == "model":
        return class_ids
    if pipeline.class_ids == "rank":
        return np.arange(len(class_ids), dtype=np.int32)
    if pipeline.class_ids == "zero":
        return np.zeros_like(class_ids)
    if pipeline.class_ids in ("plus_one", "minus_one"):
        return class_ids + np.int32(1 if pipeline.class_ids == "plus_one" else -1)
    table = dict(enumerate(COCO91) if pipeline.class_ids == "coco91" else pipeline.class_table)
    return np.array([table.get(int(i), int(i)) for i in class_ids], np.int32)
