"""Decoding: from the network's raw output to candidates."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from parity.deployment.stage import Choices, by_value, fields_of, values
from parity.detection.decoding import NO_EXTRAS, Candidates, decode


@dataclass(frozen=True)
class DecodingChoices(Choices):
    """What makes candidates of a raw output."""

    output_axes: Literal["transposed", "rows", "reshaped"] = "transposed"
    """How rows of predictions are made of the raw output."""
    head: Literal["v8", "v5", "v5_classes", "v5_objectness", "column4"] = "v8"
    """Which columns are taken for what; a key of :data:`HEADS`."""
    class_rows: Literal["own", "with_extras", "behind_extras"] = "own"
    """Which rows are taken for class scores: their ``own``; those and what the task adds (mask
    coefficients, keypoints or an angle); or what follows as many rows as the task adds, which are
    taken for that."""
    activation: Literal["none", "sigmoid", "softmax"] = "none"
    """What is applied to the scores."""
    box_activation: Literal["none", "sigmoid"] = "none"
    """What is applied to the coordinates."""
    multi_label: bool = False
    """Whether an anchor may give several classes."""


_FIELDS = fields_of(DecodingChoices)
_CORRECT = values(DecodingChoices(), _FIELDS)


def decode_with_choices(
    choices: DecodingChoices, raw: np.ndarray, floor: float, classes: int | None = None
) -> Candidates:
    """Make candidates of a raw output.

    Parameters
    ----------
    choices : DecodingChoices
        How a deployment does it.
    raw : (4 + classes + E, anchors) float32
        What the network returned.
    floor : float
        Scores must exceed it.
    classes : int, optional
        Rows of scores; all that follow the box by default.

    Returns
    -------
    Candidates
        In anchor order; the four coordinates are not interpreted yet.
    """
    if values(choices, _FIELDS) == _CORRECT:
        return decode(raw, floor, classes)
    end = len(raw) if classes is None else 4 + classes
    rows = OUTPUT_AXES[choices.output_axes](raw)
    if choices.class_rows == "behind_extras":
        last = 4 + len(raw) - end
        rows = np.concatenate([rows[:, :4], rows[:, last:], rows[:, 4:last]], axis=1)
    scored = rows[:, :end] if end < len(raw) and choices.class_rows != "with_extras" else rows
    scores, class_ids = _scores(choices, scored)
    if scores.ndim == 2:
        kept, class_ids = np.nonzero(scores > np.float32(floor))
        scores = scores[kept, class_ids]
    else:
        kept = np.flatnonzero(scores > np.float32(floor))
        scores, class_ids = scores[kept], class_ids[kept]
    boxes = np.ascontiguousarray(rows[kept, :4], np.float32)
    if choices.box_activation == "sigmoid":
        boxes = sigmoid(boxes)
    extras = np.ascontiguousarray(rows[kept, end : len(raw)]) if end < len(raw) else NO_EXTRAS
    return Candidates(boxes, scores.astype(np.float32), class_ids.astype(np.int32), extras)


def _scores(choices: DecodingChoices, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    head, activation = HEADS[choices.head], ACTIVATIONS[choices.activation]
    columns = rows[:, head.first_class :]
    if not columns.shape[1]:  # the layout of another model leaves no class to a model of one
        return np.zeros(len(rows), np.float32), np.zeros(len(rows), np.int32)
    classes = activation.of_classes(columns)
    class_ids = classes.argmax(axis=1)
    if choices.multi_label and choices.head == "v8":
        return activation.of_score(classes), class_ids
    best = np.take_along_axis(classes, class_ids[:, None], axis=1)[:, 0]
    return head.score(activation.of_score(best), activation.of_score(rows[:, 4])), class_ids


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return the logistic function of any float array, as float32."""
    with np.errstate(over="ignore"):
        return (1 / (1 + np.exp(-x.astype(np.float64)))).astype(np.float32)


def softmax(x: np.ndarray) -> np.ndarray:
    """Return the softmax of every row of a float array."""
    shifted = np.exp(x - x.max(axis=1, keepdims=True))
    returned: np.ndarray = shifted / shifted.sum(axis=1, keepdims=True)
    return returned


def _same(x: np.ndarray) -> np.ndarray:
    return x


OUTPUT_AXES: dict[str, Callable[[np.ndarray], np.ndarray]] = by_value(
    DecodingChoices,
    "output_axes",
    {
        "transposed": lambda raw: raw.T,
        "rows": _same,
        "reshaped": lambda raw: np.ascontiguousarray(raw).reshape(raw.shape[::-1]),
    },
)
"""What makes rows of predictions of a raw output."""


@dataclass(frozen=True)
class Head:
    """What the columns of a prediction are taken for; the first four are its box."""

    first_class: int
    """Column of the first class."""
    score: Callable[[np.ndarray, np.ndarray], np.ndarray]
    """The score, given the score of the best class and column 4."""


HEADS = by_value(
    DecodingChoices,
    "head",
    {
        "v8": Head(4, lambda best, _: best),
        "v5": Head(5, lambda best, objectness: objectness * best),
        "v5_classes": Head(5, lambda best, _: best),
        "v5_objectness": Head(5, lambda _, objectness: objectness),
        "column4": Head(4, lambda _, column4: column4),
    },
)


@dataclass(frozen=True)
class Activation:
    """What is applied to scores: to all classes of a prediction, and to a single score."""

    of_classes: Callable[[np.ndarray], np.ndarray] = _same
    of_score: Callable[[np.ndarray], np.ndarray] = _same


ACTIVATIONS = by_value(
    DecodingChoices,
    "activation",
    {
        "none": Activation(),
        "sigmoid": Activation(of_score=sigmoid),
        "softmax": Activation(of_classes=softmax),
    },
)
