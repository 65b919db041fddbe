"""What counts as slower than recorded."""

import pytest

from bench.regression import Measured, numbers_of, worse


def test_only_what_exceeds_the_noise_is_worse() -> None:
    before = {"conf, jobs": Measured([10.0, 11.0, 12.0])}
    assert worse(before, {"conf, jobs": Measured([13.0, 13.0, 13.0])}) == []
    assert worse(before, {"conf, jobs": Measured([13.1, 13.1, 13.1])}) == [
        "conf, jobs: 13.10, recorded 11.00, noise 2.00"
    ]
    assert worse(before, {"conf, jobs": Measured([12.0, 14.0, 17.0])}) == [], "a noisy machine"
    assert worse(before, {"conf, jobs": Measured([1.0, 1.0, 1.0])}) == []


def test_noise_needs_rounds() -> None:
    with pytest.raises(ValueError, match="at least 3 rounds"):
        worse({"a": Measured([1.0])}, {"a": Measured([9.0])})


def test_what_is_compared_of_each_measurement() -> None:
    spans = {"imports_of_torch": 3.0, "jobs": 13, "wall_seconds": 9.0}
    assert numbers_of({"rounds": [{"conf": spans}, {"conf": spans}]}) == {
        "conf, imports_of_torch": Measured([3.0, 3.0]),
        "conf, jobs": Measured([13, 13]),
    }
    ratios = {"wall": [1.0], "processor": [2.0], "memory": [1.5]}
    assert numbers_of({"runs": [{"images": 16, "ratios": ratios}]}) == {
        "16 images, processor": Measured([2.0]),
        "16 images, memory": Measured([1.5]),
    }
