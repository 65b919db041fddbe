"""The choice among exports."""

from dataclasses import replace
from pathlib import Path

import pytest

from parity.comparison.results import ComparisonResults, Distributions, Results
from parity.comparison.rounding import UNROUNDED
from parity.comparison.tolerances import Tolerance
from parity.reporting.export_choice import (
    compare_exports,
    dominates,
    recommend_export,
    single_thread_speed,
)
from parity.reporting.figures.export_choice import draw_choices
from parity.reporting.figures.theme import save_figure
from tests.documents import EXPORT
from tests.report_documents import accuracy, latency, speed
from tests.synthetic import THRESHOLDS


def compared(missing: int, extra: int, box_px: float, *, passed: bool) -> ComparisonResults:
    return ComparisonResults(
        effect="runtime",
        reference="pytorch-square",
        candidate="",
        gated=True,
        tolerance=Tolerance(),
        rounding=UNROUNDED,
        matched=90,
        missing=missing,
        extra=extra,
        flipped=0,
        unread=0,
        box_px=box_px,
        score=box_px / 1000,
        iou=1.0,
        images=1,
        images_read=1,
        images_differing=0,
        distributions=Distributions(None, None, None),
        passed=passed,
        required=Tolerance(),
        exceeded=[],
    )


SIZES = {"fp32": 10_000, "fp16": 5_000, "int8": 3_000}
RESULTS = Results(
    model="m",
    images_note="",
    names={},
    thresholds=THRESHOLDS,
    arms={},
    exports={name: replace(EXPORT, bytes=size) for name, size in SIZES.items()},
    comparisons={
        "runtime-fp32": compared(0, 0, 0.0004, passed=True),
        "runtime-fp16": compared(0, 1, 2.9, passed=True),
        "runtime-int8": compared(10, 10, 180.0, passed=False),
    },
    images_total=1,
    images_listed=0,
    images_unreadable=0,
    images=[],
    unreadable=[],
)


@pytest.mark.parametrize("labelled", [True, False])
def test_the_smallest_within_its_tolerance_is_advised(labelled: bool) -> None:
    found = compare_exports(RESULTS, accuracy() if labelled else None, {})
    assert found.quality == ("mAP50-95" if labelled else "f1")
    assert [row.pareto for row in found.rows] == [True, True, True]
    start = "Ship fp16: 2.0 × smaller than fp32, no missing box, 1 extra, boxes within 2.9 px of"
    assert found.advice.startswith(start)
    assert ("no significant loss of mAP50-95 on these images (" in found.advice) == labelled
    assert found.advice.endswith("int8 is beyond the tolerance.")


def test_speed_decides_where_all_were_timed() -> None:
    found = compare_exports(RESULTS, None, {"fp32": 20.0, "fp16": 5.0, "int8": 30.0})
    assert found.advice.startswith("Ship fp32: 4.0 × as fast as fp16, no missing box")


def test_nothing_within_its_tolerance() -> None:
    rows = compare_exports(RESULTS, None, {}).rows
    said = recommend_export([replace(row, passed=False) for row in rows])
    assert said == (
        "No export stays within its tolerance. fp32 comes closest: no missing box, boxes within "
        "0.0004 px of PyTorch's."
    )


def test_sizes_that_are_alike_leave_the_order_of_the_configuration() -> None:
    rows = compare_exports(RESULTS, None, {}).rows[:1]
    other = replace(rows[0], export="opset12", bytes=9_990)
    assert recommend_export([rows[0], other]).startswith("Ship fp32: ")


def test_an_export_that_is_better_in_everything_dominates() -> None:
    one, other = compare_exports(RESULTS, None, {}).rows[:2]
    assert not dominates(one, one)
    assert dominates(replace(one, bytes=1), one)
    assert not dominates(other, one)


def test_speed_is_that_of_one_thread() -> None:
    several = [speed("ONNX arm", [99.0], processes=2), speed("PyTorch arm", [9.0])]
    assert single_thread_speed(latency(several)) is None
    one = speed("ONNX arm", [10.0, 30.0, 20.0])
    assert single_thread_speed(latency(several, [one])) == 20


def test_the_figure_is_drawn(tmp_path: Path) -> None:
    for name, found in {
        "timed": compare_exports(RESULTS, accuracy(), {"fp32": 20.0}),
        "bare": compare_exports(RESULTS, None, {}),
    }.items():
        save_figure(draw_choices(found), tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").stat().st_size > 5000
