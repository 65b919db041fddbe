"""What the page is made of: places in figures, rows of the browser, sections that come and go."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parity.comparison.results import Distributions, ImageDifferences
from parity.comparison.tolerances import Tolerance
from parity.reporting.html import page
from parity.reporting.html.charts import Axis, heat_level, stacked, strip
from parity.reporting.html.image_browser import kinds_of, measured_of, shrunk
from parity.reporting.html.image_browser_data import as_data
from parity.reporting.report import own_files
from tests.browser.pages import HOSTILE, make_page, make_results
from tests.conftest import ROOT

AXIS = Axis(-4, 0)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (1e-4, 2.0),  # the left end, with its margin
        (1.0, 98.0),
        (1e-2, 50.0),
        (0.0, 2.0),
        (1e-9, 2.0),  # below the axis
        (50.0, 98.0),
        (math.nan, 98.0),  # what is no number is as bad as it gets
        (math.inf, 98.0),
    ],
)
def test_places_on_a_logarithmic_axis(value: float, place: float) -> None:
    assert AXIS.place(value) == place


@pytest.mark.parametrize(
    ("values", "axis"),
    [
        ([0.003, 7], Axis(-3, 1)),
        ([0.0, math.nan], Axis(-4, 0)),  # nothing to go by
        ([0.1], Axis(-1, 0)),  # never of no width
        ([1e-30, 1], Axis(-9, 0)),
    ],
)
def test_an_axis_holds_its_values(values: list[float], axis: Axis) -> None:
    assert Axis.of(values) == axis


@pytest.mark.parametrize("values", [[1.0], [1.0, 1.0], [0.3, 0.9], [1e-6, 1.0], [0.002, 7.0]])
def test_an_axis_of_scores_ends_at_1(values: list[float]) -> None:
    axis = Axis.of(values, ends_at_one=True)
    assert axis.low < axis.high <= 0


def test_ticks_are_few_and_in_order() -> None:
    places = [tick.place for tick in Axis(-9, 3).ticks]
    assert places == sorted(places)
    assert 2 <= len(places) <= 5


@pytest.mark.parametrize(
    "counts",
    [
        {"matched": 10, "missing": 0},
        {"matched": 100_000, "missing": 1, "extra": 1, "flipped": 1},
        {"matched": 0, "missing": 5},
    ],
)
def test_bars_fit_and_none_is_invisible(counts: dict[str, int]) -> None:
    bars = stacked(counts, sum(counts.values()))
    assert [bar.kind for bar in bars] == [kind for kind, many in counts.items() if many]
    assert all(bar.width >= 0.7 for bar in bars)
    assert bars[-1].start + bars[-1].width == pytest.approx(100, abs=0.1)


def test_no_objects_make_no_bar() -> None:
    assert stacked({"matched": 0, "missing": 0}, 0) == []


def test_a_strip_without_pairs_has_no_marks(tmp_path: Path) -> None:
    found = make_results(tmp_path, ["a.jpg", "b.jpg"], broken=True, listed=10)
    none = replace(found.comparisons["geometry"], distributions=Distributions(None, None, None))
    drawn = strip(none, "score", AXIS)
    assert drawn.max is None
    assert drawn.label == "no matched detections"


def test_a_row_holds_what_the_filters_ask_for() -> None:
    row = ImageDifferences(
        matched=3,
        missing=2,
        extra=1,
        flipped=1,
        unread=0,
        box_px=math.nan,
        score=0.0123456,
        iou=0.9,
        passed=False,
    )
    measured = measured_of(row, Tolerance(score=0.1), "detect")
    assert measured is not None
    *counts, bits, differences = measured
    assert counts == [3, 1, 0, 1, 0]
    assert differences == (None, 0.0123)
    kinds = {kind for bit, kind in enumerate(kinds_of("detect")) if bits >> bit & 1}
    assert kinds == {"missing", "flipped", "box_px"}


def test_a_row_holds_the_differences_of_its_task() -> None:
    row = ImageDifferences(3, 0, 0, 0, 0, 0.0, 0.0, 1.0, passed=False, measures={"mask": 0.125})
    measured = measured_of(row, Tolerance(), "segment")
    assert measured is not None
    assert measured[-1] == (0.0, 0.0, 0.125)
    assert kinds_of("segment")[measured[-2].bit_length() - 1] == "mask"


@pytest.mark.parametrize(
    ("shape", "longest", "expected"),
    [((100, 50), 20, (20, 10)), ((10, 10), 20, (10, 10)), ((2000, 3), 100, (100, 1))],
)
def test_copies_are_never_larger(shape: tuple, longest: int, expected: tuple) -> None:
    assert shrunk(np.zeros((*shape, 3), np.uint8), longest).shape[:2] == expected


def test_scripts_and_styles_cannot_close_their_element() -> None:
    for path in (ROOT / "parity/reporting/html/templates").glob("*.[jc]s*"):
        page.verbatim(path.read_text())
    with pytest.raises(ValueError, match="</"):
        page.verbatim("</script>")


def test_data_cannot_close_its_element() -> None:
    value = {"name": "</script><!--&", "list": [1, None]}
    text = as_data(value)
    assert not set(text) & set("<>&")
    assert json.loads(text) == value


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("results/summarise/a/comparison_results.json", True),
        ("results/browse/a", True),
        ("results/summarise/b/comparison_results.json", False),
    ],
)
def test_files_belong_to_a_model(path: str, owner: bool) -> None:
    assert own_files({"x": [path]}, "a", ["a", "b"]) == {"x": (path,) if owner else ()}


def test_the_page_is_the_same_every_time(tmp_path: Path) -> None:
    pages = [make_page(tmp_path / name, HOSTILE).read_bytes() for name in ("one", "other")]
    assert pages[0] == pages[1]


def test_the_page_holds_no_path_of_the_machine(tmp_path: Path) -> None:
    made = make_page(tmp_path / "run", HOSTILE)
    everything = [made, *made.parent.rglob("*.js")]
    assert not any(str(tmp_path) in path.read_text() for path in everything)


@pytest.mark.parametrize(("f1", "level"), [(None, 0), (0.3, 0), (0.95, 5), (0.9999, 8), (1.0, 9)])
def test_only_an_f1_of_1_has_the_last_shade(f1: float | None, level: int) -> None:
    assert heat_level(f1) == level
