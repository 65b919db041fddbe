"""Class ids: how classes are numbered in what a deployment returns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from parity.deployment.stage import Choices, by_value, choice

COCO91 = (
    *range(1, 12), *range(13, 26), 27, 28, *range(31, 45), *range(46, 66), 67, 70,
    *range(72, 83), *range(84, 91),
)  # fmt: skip
"""Category id that COCO's annotations give to each of its 80 classes."""


_TABLE = ("class_table",)


@dataclass(frozen=True)
class ClassIdChoices(Choices):
    """How classes are numbered."""

    class_ids: Literal["model", "plus_one", "minus_one", "coco91", "rank", "zero", "table"] = (
        choice(
            "model",
            moot={
                "model": _TABLE,
                "plus_one": _TABLE,
                "minus_one": _TABLE,
                "coco91": _TABLE,
                "rank": _TABLE,
                "zero": _TABLE,
            },
        )
    )
    """What is returned in place of the model's id; ``rank`` is the box's place in the list."""
    class_table: tuple[tuple[int, int], ...] = ()
    """For ``table``, pairs of the model's id and the one that is returned."""


def renumber(choices: ClassIdChoices, class_ids: np.ndarray) -> np.ndarray:
    """Return the class ids that a deployment returns, (N,) int32, for those of the model."""
    return NUMBERINGS[choices.class_ids](choices, class_ids)


def _look_up(table: Mapping[int, int], class_ids: np.ndarray) -> np.ndarray:
    return np.array([table.get(int(i), int(i)) for i in class_ids], np.int32)


NUMBERINGS: dict[str, Callable[[ClassIdChoices, np.ndarray], np.ndarray]] = by_value(
    ClassIdChoices,
    "class_ids",
    {
        "model": lambda _, ids: ids,
        "plus_one": lambda _, ids: ids + np.int32(1),
        "minus_one": lambda _, ids: ids + np.int32(-1),
        "coco91": lambda _, ids: _look_up(dict(enumerate(COCO91)), ids),
        "rank": lambda _, ids: np.arange(len(ids), dtype=np.int32),
        "zero": lambda _, ids: np.zeros_like(ids),
        "table": lambda choices, ids: _look_up(dict(choices.class_table), ids),
    },
)
"""What numbers classes, of the choices and of the model's ids, (N,) int32."""
