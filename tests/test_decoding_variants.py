"""Reading a raw output in the ways that people read it: which rows are class scores."""

import numpy as np
import pytest

from parity.deployment.decoding_variants import decode_with_choices
from parity.deployment.pipeline import Pipeline

CLASSES = 3
RAW = np.array([[50, 60, 20, 10, 0.1, 0.6, 0.2, 0.9, 0.3]], np.float32).T
"""An anchor: its box, three scores and two numbers that the task adds."""


@pytest.mark.parametrize(
    ("rows", "score", "class_id", "extras"),
    [
        ("own", 0.6, 1, [0.9, 0.3]),
        ("with_extras", 0.9, 3, [0.9, 0.3]),
        ("behind_extras", 0.9, 1, [0.1, 0.6]),
    ],
)
def test_rows_of_class_scores(rows: str, score: float, class_id: int, extras: list[float]) -> None:
    found = decode_with_choices(Pipeline(class_rows=rows), RAW, 0.25, CLASSES)
    np.testing.assert_array_equal(found.boxes, [[50, 60, 20, 10]])
    np.testing.assert_allclose(found.scores, [score])
    assert found.class_ids.tolist() == [class_id]
    np.testing.assert_allclose(found.extras, [extras])


@pytest.mark.parametrize("rows", ["own", "with_extras", "behind_extras"])
def test_without_more_rows_there_is_nothing_to_confuse(rows: str) -> None:
    found = decode_with_choices(Pipeline(class_rows=rows), RAW[:7], 0.25, CLASSES)
    assert found.class_ids.tolist() == [1]
    assert not found.extras.size
