"""What a run says of other images."""

from dataclasses import replace
from pathlib import Path

import pytest

from parity.comparison.tolerances import Tolerance
from parity.reporting.bounds import in_other_images, percent_ceiling
from parity.reporting.views.exports import bounds_in_words
from tests.synthetic import BROKEN, EFFECTS, SAME, make_run
from tests.test_export_choice import compared


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "0 %"), (0.00996914, "1 %"), (0.5271, "53 %"), (0.023132, "2.4 %"), (1.0, "100 %")],
)
def test_a_bound_is_rounded_up(share: float, said: str) -> None:
    assert percent_ceiling(share) == said


def test_no_difference_in_some_images_is_bounded() -> None:
    found = replace(compared(0, 0, 0.0), images_read=128)
    assert in_other_images(found) == (
        "No difference beyond the tolerance was seen in 128 images; of other images like these, at "
        "most 2.4 % differ (95 % confidence)."
    )
    found = replace(found, images_differing=3)
    assert in_other_images(found).startswith("3 of 128 images differ beyond the tolerance; of")
    for differing, start, end in (
        (1, "1 of 128 images differs beyond the tolerance; of", "% differ (95 % confidence)."),
        (
            128,
            "128 of 128 images differ",
            ", and so may all other images like these.",
        ),
    ):
        said = in_other_images(replace(found, images_differing=differing))
        assert said.startswith(start)
        assert said.endswith(end)


def test_an_export_that_passes_with_differences_is_not_said_to_have_none(tmp_path: Path) -> None:
    wide = {"runtime-fp32": replace(EFFECTS["runtime-fp32"], tolerance=Tolerance(9, 9, 99.0, 1.0))}
    passing = make_run(tmp_path / "wide", BROKEN, settings=wide).load()
    assert [*bounds_in_words(passing)] == []
    for arms, start in ((SAME, "fp32: No difference beyond"), (BROKEN, "fp32: 3 of 3 images")):
        (said,) = bounds_in_words(make_run(tmp_path / start[6], arms).load())
        assert said.startswith(start)
