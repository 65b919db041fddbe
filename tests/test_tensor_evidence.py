"""Comparing arrays that a deployment gave with our own."""

import numpy as np
import pytest

from parity.diagnosis.tensor_evidence import EQUAL_PROBABILITIES, OTHER_SHAPE, difference


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
