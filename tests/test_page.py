"""What the page is made of: places in figures, rows of the browser, sections that come and go."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from parity.comparison.tolerances import Tolerance
from parity.reporting.comparison_table import overview
from parity.reporting.html import page
from parity.reporting.html.browser import KINDS, _measured, shrunk
from parity.reporting.html.charts import Axis, stacked, strip
from parity.reporting.views import exports as side_by_side
from parity.reporting.views import sections
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
        (math.nan, 98.0),  # what is no number is as bad as can be
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


def test_ticks_are_few_and_in_order() -> None:
    places = [tick["place"] for tick in Axis(-9, 3).ticks]
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


def test_a_strip_without_pairs_has_no_marks() -> None:
    comparison = {"distributions": {"score": None}, "tolerance": {"score": 1e-4}}
    drawn = strip(comparison, "score", AXIS)
    assert "max" not in drawn
    assert drawn["label"] == "no matched detections"


def test_a_row_holds_what_the_filters_ask_for() -> None:
    row: dict[str, Any] = {
        "matched": 3,
        "missing": 2,
        "extra": 1,
        "flipped": 1,
        "unread": 0,
        "box_px": math.nan,
        "score": 0.0123456,
        "passed": False,
    }
    measured = _measured(row, Tolerance(score=0.1))
    assert measured is not None
    assert measured[:-1] == [3, 1, 0, 1, None, 0.0123, 0]
    assert {kind for bit, kind in enumerate(KINDS) if measured[-1] >> bit & 1} == {
        "missing",
        "flipped",
        "boxes",
    }


@pytest.mark.parametrize(
    ("shape", "longest", "expected"),
    [((100, 50), 20, (20, 10)), ((10, 10), 20, (10, 10)), ((2000, 3), 100, (100, 1))],
)
def test_copies_are_never_larger(shape: tuple, longest: int, expected: tuple) -> None:
    import numpy as np

    assert shrunk(np.zeros((*shape, 3), np.uint8), longest).shape[:2] == expected


def test_scripts_and_styles_cannot_close_their_element() -> None:
    for path in (ROOT / "parity/reporting/html/templates").glob("*.[jc]s*"):
        page.verbatim(path.read_text())
    with pytest.raises(ValueError, match="</"):
        page.verbatim("</script>")


def test_data_cannot_close_its_element() -> None:
    value = {"name": "</script><!--&", "list": [1, None]}
    text = page.as_data(value)
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
    assert page.of_model([path], "a", ["a", "b"]) == ([path] if owner else [])


def test_the_page_is_the_same_every_time(tmp_path: Path) -> None:
    pages = [make_page(tmp_path / name, HOSTILE).read_bytes() for name in ("one", "other")]
    assert pages[0] == pages[1]


def test_the_page_holds_no_path_of_the_machine(tmp_path: Path) -> None:
    made = make_page(tmp_path / "run", HOSTILE)
    everything = [made, *made.parent.rglob("*.js")]
    assert not any(str(tmp_path) in path.read_text() for path in everything)


def test_a_section_without_its_input_is_left_out(tmp_path: Path) -> None:
    text = make_page(tmp_path / "run", ["a.jpg", "b.jpg"]).read_text()
    assert "Other thresholds" not in text
    assert ">Exports<" in text


def test_another_section_hooks_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def speed(model: sections.Model) -> dict[str, Any]:
        rows = [["fp32", "<b>12</b>"]]
        return {
            "about": f"Speed of {model.results['model']}",
            "tables": [sections.table("Seconds", ["export", "seconds"], rows)],
        }

    monkeypatch.setattr(page, "SECTIONS", (sections.Section("speed", "Speed", speed),))
    text = make_page(tmp_path / "run", ["a.jpg", "b.jpg"]).read_text()
    assert "Speed of model" in text
    assert "&lt;b&gt;12" in text
    assert re.search(r'href="#model-0-speed"', text)


@pytest.mark.parametrize(("f1", "level"), [(None, 0), (0.3, 0), (0.95, 5), (0.9999, 8), (1.0, 9)])
def test_only_full_agreement_has_the_last_shade(f1: float | None, level: int) -> None:
    assert sections.heat_level(f1) == level


def test_exports_stand_side_by_side(tmp_path: Path) -> None:
    results = make_results(tmp_path, ["a.jpg", "b.jpg"], broken=True, listed=10)
    results["exports"] = {"fp32": {"bytes": 2_500_000}, "fp16": {"bytes": 1_200_000}}
    accuracy = {
        "arms": {"onnx-fp32": {"map": 0.4}},
        "comparisons": {"deployment-fp32": {"map": {"percent": 1.5, "percent_interval": [1, 2]}}},
    }
    race = {"contestants": [{"kind": "ONNX arm", "images_per_second": [9, 11, 10]}]}
    heads = side_by_side.header(accuracy=True, latency=True)
    fp32, fp16 = side_by_side.rows(results, accuracy=accuracy, latency={"fp32": {"races": [race]}})
    assert len(heads) == len(fp32) == len(fp16)
    assert fp32[:2] == ["fp32", "2.5 MB"]
    assert fp32[-3:] == ["0.4000", "1.50 % (1.00 to 2.00)", "10.0"]
    assert fp16[2:5] == ["–", "–", "nothing compared"]
    assert fp16[-3:] == ["–", "–", "–"]


def test_the_overview_is_aligned_and_short(tmp_path: Path) -> None:
    results = make_results(tmp_path, ["a.jpg", "b.jpg"], broken=True, listed=10)
    lines = overview([results])
    assert [line.split()[0] for line in lines] == ["comparison", *results["comparisons"]]
    assert (
        len(
            {
                line.index(word)
                for line, word in zip(lines[1:], ("differs", "FAIL", "differs"), strict=True)
            }
        )
        == 1
    )
    many = {f"deployment-{i}": results["comparisons"]["geometry"] for i in range(100)}
    cut = overview([results | {"comparisons": many}])
    assert cut[-1] == "and 70 more in the report"
    assert max(map(len, cut)) < 140
