"""Figures show what the results hold, also when that is little or strange."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from parity.comparison.tolerances import Tolerance
from parity.reporting.figures.comparison import draw_comparisons
from parity.reporting.figures.matched_pairs import load_pairs
from parity.reporting.figures.theme import theme
from parity.reporting.verdict import objects_by_kind
from scripts.plot import main
from tests.synthetic import BROKEN, EFFECTS, HOSTILE, NOTHING, SAME, Run, comparison, make_run


def figure_of(run: Run) -> Figure:
    return draw_comparisons(run.load(), load_pairs(run.comparisons))


def texts(figure: Figure) -> list[str]:
    """Return everything that is written in a figure."""
    with theme():
        FigureCanvasAgg(figure).draw()
    return [found.get_text() for found in figure.findobj(Text)]


def axes_titled(figure: Figure, title: str) -> Axes:
    return next(ax for ax in figure.axes if ax.get_title(loc="left").startswith(title))


def test_bars_are_the_detections(tmp_path: Path) -> None:
    run = make_run(tmp_path, SAME)
    arms = run.load().arms
    ax = axes_titled(figure_of(run), "Detections per arm")
    assert [bar.get_width() for bar in ax.patches] == [arm.detections for arm in arms.values()]
    assert [label.get_text() for label in ax.get_yticklabels()] == list(arms)


def test_bars_of_a_comparison_add_up_to_its_objects(tmp_path: Path) -> None:
    run = make_run(tmp_path, BROKEN)
    kinds = objects_by_kind(run.load().comparisons["runtime-fp32"])
    assert kinds == {"matched": 1, "missing": 2, "extra": 2, "flipped": 1}
    assert "1 matched, 2 missing, 2 extra, 1 class-flipped" in " ".join(texts(figure_of(run)))


def test_points_are_the_scores_of_the_pairs(tmp_path: Path) -> None:
    ax = axes_titled(figure_of(make_run(tmp_path, SAME)), "Scores of matched detections: runtime")
    points = next(line for line in ax.lines if line.get_linestyle() == "None")
    assert sorted(points.get_xdata()) == pytest.approx([0.6, 0.6, 0.85, 0.9])
    assert sorted(points.get_ydata()) == pytest.approx([0.6, 0.6, 0.85001, 0.9])


def test_shares_end_at_all_pairs(tmp_path: Path) -> None:
    ax = axes_titled(figure_of(make_run(tmp_path, SAME)), "Overlap of matched boxes")
    assert ax.lines
    for line in ax.lines:
        assert np.all(np.diff(line.get_ydata()) >= 0)
        assert line.get_ydata()[-1] == 1


def test_names_of_tolerances_do_not_overlap(tmp_path: Path) -> None:
    close = {
        name: replace(each, tolerance=Tolerance(score=score))
        for (name, each), score in zip(EFFECTS.items(), (1e-4, 1.2e-4, 1.5e-4), strict=True)
    }
    figure = figure_of(make_run(tmp_path, SAME, settings=close))
    texts(figure)  # draws it
    ax = axes_titled(figure, "Scores of matched boxes")
    names = [each for each in ax.texts if "tolerance" in each.get_text()]
    assert [each.get_text().strip() for each in names] == ["tolerance 0.0001", "tolerance 0.00015"]
    one, other = (each.get_window_extent() for each in names)
    assert not one.overlaps(other)


def test_nothing_to_show_is_said(tmp_path: Path) -> None:
    said = texts(figure_of(make_run(tmp_path, NOTHING)))
    assert said.count("no matched detections") == 3 + 3 + 2 + 2
    assert " no objects were compared" in said


def test_numbers_that_are_none_do_no_harm(tmp_path: Path) -> None:
    endless = ([float("nan"), 0.0, float("inf"), 9.0], float("nan"), 0)
    arms = {arm: {"one.png": [*SAME[arm]["one.png"], endless]} for arm in SAME}
    texts(figure_of(make_run(tmp_path, arms)))


def test_names_are_no_markup(tmp_path: Path) -> None:
    name = "$\\frac{1}$\n<b>"
    settings = {name: comparison("runtime", "pytorch-square", "onnx-fp32", gated=True)}
    run = make_run(tmp_path, SAME, model=HOSTILE.replace("/", ""), settings={"x": settings[name]})
    results = run.load()
    results = replace(results, comparisons={name: results.comparisons["x"]})
    pairs = {name: load_pairs(run.comparisons)["x"]}
    said = texts(draw_comparisons(results, pairs))
    assert "$\\frac{1}$\\n<b>" in said
    assert not [text for text in said if "\u202e" in text]


def test_many_exports_do_not_overlap(tmp_path: Path) -> None:
    arms = {**SAME, **{f"onnx-export-number-{i}": SAME["onnx-fp32"] for i in range(6)}}
    settings = {
        f"{effect}-export-number-{i}": comparison(effect, reference, f"onnx-export-number-{i}")
        for i in range(6)
        for effect, reference in (("runtime", "pytorch-square"), ("deployment", "pytorch-rect"))
    }
    figure = figure_of(make_run(tmp_path, arms, settings=settings))
    with theme():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        boxes = [ax.get_tightbbox(canvas.get_renderer()) for ax in figure.axes]
    for i, box in enumerate(boxes):
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.width + 1
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])


def test_the_file_is_the_same_every_time(tmp_path: Path) -> None:
    run = make_run(tmp_path, BROKEN)
    files = [tmp_path / "a.png", tmp_path / "b.png"]
    for path in files:
        main(results=run.results, comparisons=run.comparisons, destination=str(path))
    assert files[0].read_bytes() == files[1].read_bytes()
    assert b"Software" not in files[0].read_bytes()
    assert cv2.imread(str(files[0])).std() > 10
