"""What the detections of each task are called."""

import pytest

from parity.comparison.tolerances import QUANTITIES as LIMITED
from parity.reporting.task_wording import MEASURED, QUANTITIES, TASK_WORDING
from parity.tasks.task import TASKS


def test_every_task_and_every_quantity_has_its_words() -> None:
    assert TASK_WORDING.keys() == TASKS.keys()
    assert set(QUANTITIES) == set(MEASURED)
    assert set(LIMITED) - set(MEASURED) == {"missing", "extra", "unread"}


@pytest.mark.parametrize("task", TASK_WORDING)
def test_an_answer_states_what_is_measured(task: str) -> None:
    words = TASK_WORDING[task]
    assert set(words.answered) <= set(words.quantities)
    assert ("box_px" in words.quantities) == (words.noun == "object")


def test_labels_have_probabilities() -> None:
    assert TASK_WORDING["classify"].title("score") == "Probability"
    assert TASK_WORDING["classify"].subject("score") == "probabilities"
    assert TASK_WORDING["segment"].title("mask") == "Mask (1 − IoU)"
