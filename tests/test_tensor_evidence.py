"""Comparing arrays that a deployment gave with our own."""

import numpy as np
import pytest

from parity.diagnosis.tensor_evidence import (
    EQUAL_PROBABILITIES,
    OTHER_SHAPE,
    difference,
    tensors_in_words,
)


@pytest.mark.parametrize("classes", [2, 80, 1000])
def test_probabilities_of_other_classes_are_not_the_same_however_many_there_are(
    classes: int,
) -> None:
    dog, cat = np.eye(classes, dtype=np.float32)[:2]
    assert difference(dog, cat[None]) == pytest.approx(1.0)
    assert difference(dog, dog[None]) == 0.0 < EQUAL_PROBABILITIES


def test_boxes_are_compared_on_average() -> None:
    own = np.zeros((84, 100), np.float32)
    given = own.copy()
    given[0] = 8.4
    assert difference(own, given[None]) == pytest.approx(0.1)
    assert difference(own, given[:, :50]) == OTHER_SHAPE


@pytest.mark.parametrize(
    ("differences", "said"),
    [
        (
            {"a.jpg": 0.0, "b.jpg": 0.2 / 255},
            "The input tensors of 2 images are reproduced to 0.1 grey levels on average.",
        ),
        (
            {"a.jpg": 0.0, "b.jpg": 20 / 255},
            (
                "The input tensors of 1 image are reproduced to 0 grey levels on average. That of "
                "b.jpg is not: it still differs by 20 grey levels."
            ),
        ),
        (
            {"a.jpg": 0.0, "b.jpg": 20 / 255, "c.jpg": 10 / 255},
            (
                "The input tensors of 1 image are reproduced to 0 grey levels on average. Those of "
                "b.jpg and c.jpg are not: they still differ by 15 grey levels on average."
            ),
        ),
        (
            {"a.jpg": 10 / 255},
            (
                "The input tensors of 1 image are not reproduced: they still differ by 10 grey "
                "levels on average."
            ),
        ),
    ],
)
def test_tensors_that_are_not_reproduced_are_named(
    differences: dict[str, float], said: str
) -> None:
    assert tensors_in_words(differences) == said
