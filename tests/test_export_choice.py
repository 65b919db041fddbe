"""The choice among exports."""

import math
import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from scipy.stats import binomtest

from parity.comparison.results import ComparisonResults, Distribution, Distributions, Results
from parity.comparison.rounding import UNROUNDED
from parity.comparison.tolerances import Tolerance
from parity.reporting.export_choice import (
    compare_exports,
    dominates,
    objects_lacking,
    recommend_export,
    single_thread_speed,
)
from parity.reporting.figures.export_choice import draw_choices
from parity.reporting.figures.theme import save_figure
from tests.documents import EXPORT
from tests.report_documents import accuracy, latency, speed
from tests.synthetic import THRESHOLDS


def compared(
    missing: int,
    extra: int,
    box_px: float,
    *,
    passed: bool = True,
    matched: int = 900,
    allowed: int = 0,
    iou: float = 1.0,
) -> ComparisonResults:
    overlap = Distribution(iou, iou, iou, iou, iou)
    return ComparisonResults(
        effect="runtime",
        reference="pytorch-square",
        candidate="",
        gated=True,
        tolerance=Tolerance(missing=allowed, extra=allowed),
        rounding=UNROUNDED,
        matched=matched,
        missing=missing,
        extra=extra,
        flipped=0,
        unread=0,
        box_px=box_px,
        score=box_px / 1000,
        iou=iou,
        images=1,
        images_read=1,
        images_differing=0,
        distributions=Distributions(None, None, overlap if matched else None),
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
        "runtime-fp32": compared(0, 0, 0.0004),
        "runtime-fp16": compared(0, 1, 2.9, iou=0.99, allowed=5),
        "runtime-int8": compared(10, 10, 180.0, passed=False, matched=890),
    },
    images_total=1,
    images_listed=0,
    images_unreadable=0,
    images=[],
    unreadable=[],
)


def recommended(**comparisons: ComparisonResults) -> str:
    """Return the advice on some exports, smaller and smaller, that were not timed."""
    named = {f"runtime-{name}": each for name, each in comparisons.items()}
    exports = {n: replace(EXPORT, bytes=10_000 - 1_000 * i) for i, n in enumerate(comparisons)}
    return compare_exports(replace(RESULTS, comparisons=named, exports=exports), None, {}).advice


@pytest.mark.parametrize("labelled", [True, False])
def test_the_smallest_within_its_tolerance_is_advised(labelled: bool) -> None:
    found = compare_exports(RESULTS, accuracy() if labelled else None, {})
    assert found.quality == ("mAP50-95" if labelled else "panoptic quality")
    assert [row.pareto for row in found.rows] == [True, True, True]
    start = "Ship fp16: 2.0 × smaller than fp32, no missing box, 1 extra, boxes within 2.9 px of"
    assert found.advice.startswith(start)
    assert ("no significant loss of mAP50-95 on these images (" in found.advice) == labelled
    assert found.advice.endswith(
        "In other images like these, at most 0.34 % of objects are missing and 0.53 % extra "
        "(95 % confidence). To choose by speed, time the exports: set latency.in_report to true. "
        "int8 is beyond the tolerance."
    )


def test_objects_of_another_class_are_told_apart() -> None:
    found = replace(compared(5, 4, 2.0, allowed=50), flipped=3)
    assert "2 missing boxes, 1 extra, 3 of another class, boxes within 2 px" in recommended(a=found)


def test_quality_counts_each_pair_by_its_overlap() -> None:
    fp16 = compare_exports(RESULTS, None, {}).rows[1]
    assert fp16.quality == fp16.panoptic_quality == pytest.approx(900 * 0.99 / 900.5)
    assert "panoptic quality 0.9895" in compare_exports(RESULTS, None, {}).advice


def test_speed_decides_where_all_were_timed() -> None:
    found = compare_exports(RESULTS, None, {"fp32": 20.0, "fp16": 5.0, "int8": 30.0})
    assert found.advice.startswith("Ship fp32: 4.0 × as fast as fp16, no missing box")
    assert "latency.in_report" not in found.advice


def test_a_few_objects_recommend_nothing() -> None:
    said = recommended(
        fp32=compared(0, 0, 0.0001, matched=13),
        int8=compared(0, 0, 21.0, matched=13, allowed=80, iou=0.93),
    )
    assert said == (
        "No export can be recommended from 13 objects: about 290 more are needed to show how much "
        "is lost elsewhere. So far, the choice would be int8: no missing box, boxes "
        "within 21 px of PyTorch's, panoptic quality 0.9300. To choose by speed, time the "
        "exports: set latency.in_report to true."
    )


def test_so_many_objects_more_suffice() -> None:
    enough = 100 + (objects_lacking(compared(1, 0, 1.0, matched=99, allowed=2)) or 0)
    fewest, most = (
        binomtest(missing, enough, alternative="less").proportion_ci(0.95, method="exact").high
        for missing in (math.floor(0.01 * enough), math.ceil(0.01 * enough))
    )
    assert fewest <= 0.02 <= most
    assert objects_lacking(compared(0, 0, 1.0, matched=299)) == 0
    assert objects_lacking(compared(0, 0, 1.0, matched=298)) == 1
    assert objects_lacking(compared(0, 0, 0.0, matched=0)) == 299


def test_a_wide_tolerance_does_not_make_up_for_few_objects() -> None:
    assert objects_lacking(compared(0, 0, 1.0, matched=13, allowed=1000)) == 286


def test_what_uses_up_its_tolerance_is_not_recommended() -> None:
    used_up = compared(80, 0, 1.0, matched=820, allowed=80)
    assert objects_lacking(used_up) is None
    said = recommended(fp32=compared(0, 0, 0.001), int8=used_up)
    assert said.startswith("Ship fp32: no missing box")
    assert "int8 is smaller, but uses up its tolerance, and may exceed it elsewhere." in said
    assert "every export uses up its tolerance" in recommended(int8=used_up)


def test_an_export_that_needs_more_objects_is_named() -> None:
    close = compared(70, 0, 1.0, matched=830, allowed=80)
    said = recommended(fp32=compared(0, 0, 0.001), int8=close)
    assert "int8 is smaller, but about 930 more objects are needed to show that it stays" in said


def test_nothing_within_its_tolerance() -> None:
    rows = compare_exports(RESULTS, None, {}).rows
    said = recommend_export([replace(row, passed=False) for row in rows])
    assert said == (
        "No export stays within its tolerance. fp32 comes closest: no missing box, boxes within "
        "0.0004 px of PyTorch's, panoptic quality 1."
    )


def test_sizes_that_are_alike_leave_the_order_of_the_configuration() -> None:
    rows = compare_exports(RESULTS, None, {}).rows[:1]
    other = replace(rows[0], export="opset12", bytes=9_990)
    assert recommend_export([rows[0], other]).startswith("Ship fp32: ")


@pytest.mark.parametrize("timed", [True, False])
def test_what_is_recommended_is_pareto_optimal(timed: bool) -> None:
    """Of every two exports that differ in size, agreement, tolerance and speed."""
    kinds = [*product((10_000, 9_900, 5_000), (1.0, 0.99), (True, False), (20.0, 10.0))]
    for both in product(kinds, repeat=2):
        named = dict(zip("ab", both, strict=True))
        results = replace(
            RESULTS,
            exports={name: replace(EXPORT, bytes=size) for name, (size, *_) in named.items()},
            comparisons={
                f"runtime-{name}": compared(0, 0, 1.0, iou=iou, passed=passed)
                for name, (_, iou, passed, _) in named.items()
            },
        )
        speeds = {name: speed for name, (*_, speed) in named.items()} if timed else {}
        found = compare_exports(results, None, speeds)
        optimal = [row.export for row in found.rows if row.pareto]
        shipped = re.match("Ship (.):", found.advice)
        assert optimal if shipped is None else shipped[1] in optimal


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
