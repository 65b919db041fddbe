"""Faults by name, for those who want to see what the diagnosis makes of them."""

import pytest

from parity.diagnosis.evaluation.injection import find_faults
from parity.errors import UserError


def test_faults_have_names() -> None:
    assert [fault.name for fault in find_faults(["bgr", "truncated"])] == ["bgr", "truncated"]
    assert find_faults([]) == []


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["brg"], "there is no fault 'brg' that can be injected; did you mean bgr"),
        (["truncated", "rounded"], "truncated and rounded change the same step"),
    ],
)
def test_a_mistake_gets_a_sentence(names: list[str], sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        find_faults(names)
    assert sentence in str(caught.value)
