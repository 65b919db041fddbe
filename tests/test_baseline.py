"""Each arm finds on the samples what it found when the baseline was made."""

from importlib.metadata import version

import numpy as np
import pytest

from tests.baseline import Baseline
from tests.conftest import Workflow

BOX_PX = 5e-4
SCORE = 4e-6
"""Another processor or number of threads adds in another order: three times the largest differences
between SSE4.1, AVX2 and AVX-512, and between one thread and two, which are 1.6e-4 px and 1.2e-6
(ONEDNN_MAX_CPU_ISA and ATEN_CPU_CAPABILITY choose the instructions)."""

BASELINE = Baseline.load()


def test_it_was_made_by_the_pinned_versions() -> None:
    installed = {package: version(package) for package in BASELINE.versions}
    assert installed == BASELINE.versions, "run `make baseline`, look at the change, commit it"


@pytest.mark.slow
def test_the_same_images_are_in_all_arms(finished: Workflow) -> None:
    current = Baseline.of_run(finished.root)
    images = {arm: sorted(found) for arm, found in current.arms.items()}
    assert images == {arm: sorted(found) for arm, found in BASELINE.arms.items()}


@pytest.mark.slow
@pytest.mark.parametrize("arm", sorted(BASELINE.arms))
def test_an_arm_finds_what_it_found(arm: str, finished: Workflow) -> None:
    current = Baseline.of_run(finished.root).arms[arm]
    for image, expected in BASELINE.arms[arm].items():
        found = current[image]
        assert [each["class"] for each in found] == [each["class"] for each in expected], image
        for quantity, tolerance in (("score", SCORE), ("box", BOX_PX)):
            ours, theirs = (np.array([d[quantity] for d in side]) for side in (found, expected))
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance, err_msg=image)
