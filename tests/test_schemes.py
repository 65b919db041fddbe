"""Every figure in both schemes: readable, no text over another, axes that end with the quantity."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from parity.reporting.export_choice import compare_exports
from parity.reporting.figures.comparison import draw_comparisons
from parity.reporting.figures.diagnosis import bars_of, draw_steps
from parity.reporting.figures.export_choice import draw_choices
from parity.reporting.figures.labels import keep_apart
from parity.reporting.figures.latency import draw_latency
from parity.reporting.figures.layers import draw_layers
from parity.reporting.figures.matched_pairs import load_pairs
from parity.reporting.figures.palette import (
    DARK,
    KIND_COLOURS,
    LIGHT,
    Palette,
    arm_colours,
    palette,
)
from parity.reporting.figures.theme import save_figure, save_figures, theme
from parity.reporting.figures.thresholds import draw_sweep
from parity.reporting.figures.variants import dark_of, narrow_of, variants_of
from tests import report_documents as documents
from tests.contrast import contrast
from tests.synthetic import BROKEN, SAME, make_run
from tests.test_export_choice import RESULTS

STYLES = Path("parity/reporting/html/templates/base.css").read_text()
VIEWER = Path("parity/reporting/html/templates/drawing.js").read_text()


def steps(*, stacked: bool) -> Figure:
    """Return the bars of a diagnosis."""
    with theme():
        figure = Figure(figsize=(4.2, 5) if stacked else (14, 4), layout="constrained")
        rows = bars_of(documents.DIAGNOSIS)
        draw_steps(
            figure.subplots(), rows, before="PyTorch", after="mine", measure="F1", stacked=stacked
        )
    return figure


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Callable[[], Figure]]:
    folder = tmp_path_factory.mktemp("runs")
    drawn: dict[str, Callable[[], Figure]] = {}
    for name, arms in {"same": SAME, "broken": BROKEN}.items():
        run = make_run(folder / name, arms)
        results, pairs = run.load(), load_pairs(run.comparisons)
        drawn[f"comparisons, {name}"] = lambda r=results, p=pairs: draw_comparisons(r, p)  # type: ignore[misc]
    layers = documents.layers()
    near = [replace(layers.layers[0], node=f"/model.{i}/conv/Conv", share=0.1) for i in range(90)]
    labelled = compare_exports(RESULTS, documents.accuracy(), {"fp32": 20.0})
    alike = compare_exports(RESULTS, None, {})
    same_place = replace(
        alike, rows=tuple(replace(r, bytes=9, quality=1.0) for r in alike.rows * 5)
    )
    return drawn | {
        "sweep": lambda: draw_sweep(documents.sweep("runtime-fp32", "geometry", conf=40)),
        "layers": lambda: draw_layers(replace(layers, layers=near), "int8"),
        "latency": lambda: draw_latency(documents.latency()),
        "choice, labelled": lambda: draw_choices(labelled),
        "choice, alike": lambda: draw_choices(same_place),
        "steps": lambda: steps(stacked=False),
        "steps, stacked": lambda: steps(stacked=True),
    }


FIGURES = (
    "comparisons, same",
    "comparisons, broken",
    "sweep",
    "layers",
    "latency",
    "choice, labelled",
    "choice, alike",
    "steps",
    "steps, stacked",
)


def visible_texts(figure: Figure) -> list[Text]:
    """Return the texts of a figure that are drawn: labels of ticks off the axis are not."""
    hidden = set()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            margin = 1e-6 * (high - low)
            hidden |= {
                tick.label1
                for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
                if not low - margin <= tick.get_loc() <= high + margin
            }
    texts = figure.findobj(Text)
    return [
        text
        for text in texts
        if text not in hidden and text.get_visible() and text.get_text().strip()
    ]


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_covers_another_or_leaves_the_figure(
    name: str, figures: dict[str, Callable[[], Figure]]
) -> None:
    with theme():
        figure = figures[name]()
        FigureCanvasAgg(figure).draw()
        texts = visible_texts(figure)
        boxes = [text.get_window_extent() for text in texts]
    assert len(texts) > 5
    assert min(box.x0 for box in boxes) >= -1
    assert max(box.x1 for box in boxes) <= figure.bbox.width + 1
    for i, box in enumerate(boxes):
        for j in range(i):
            across = min(box.x1, boxes[j].x1) - max(box.x0, boxes[j].x0)
            down = min(box.y1, boxes[j].y1) - max(box.y0, boxes[j].y0)
            assert min(across, down) < 2, (texts[i].get_text(), texts[j].get_text())


AGREEMENT = re.compile(r"F1|quality|share of pairs|^score|mAP")


@pytest.mark.parametrize("name", FIGURES)
def test_axes_of_an_agreement_end_at_1(name: str, figures: dict[str, Callable[[], Figure]]) -> None:
    for ax in figures[name]().axes:
        titled = AGREEMENT.search(f"{ax.get_title(loc='left')[:16]}")
        if (AGREEMENT.search(ax.get_xlabel()) or titled) and "conf" not in ax.get_xlabel():
            assert ax.get_xlim()[1] <= 1, ax.get_title(loc="left")
        if AGREEMENT.search(ax.get_ylabel()):
            assert ax.get_ylim()[1] <= 1, ax.get_title(loc="left")


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", FIGURES)
def test_texts_can_be_read_in_both_schemes(
    name: str, scheme: Palette, figures: dict[str, Callable[[], Figure]]
) -> None:
    with theme(scheme):
        figure = figures[name]()
        assert to_hex(figure.get_facecolor()) == scheme.paper
        for text in figure.findobj(Text):
            assert contrast(to_hex(text.get_color()), scheme.paper) >= 4.5, text.get_text()
    assert palette() is LIGHT


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_lines_stand_out_from_the_paper(scheme: Palette) -> None:
    for colour in (*scheme.effects.values(), *scheme.arms, scheme.faint):
        assert contrast(colour, scheme.paper) >= 3, colour


def test_the_page_has_the_same_colours() -> None:
    pattern = re.compile(r"--(\w+): (?:light-dark\()?(#\w{6})(?:, (#\w{6})\))?")
    of_page = {name: (light, dark or light) for name, light, dark in pattern.findall(STYLES)}
    for scheme, place in ((LIGHT, 0), (DARK, 1)):
        for name in ("paper", "ink", "faint"):
            assert of_page[name][place] == getattr(scheme, name)
        assert of_page["rule"][place] == scheme.grid
        for name, colour in (*scheme.effects.items(), *KIND_COLOURS.items()):
            assert of_page[name][place] == colour
    line = next(each for each in VIEWER.splitlines() if "ARM_STYLES =" in each)
    assert tuple(re.findall(r"#\w{6}", line)) == DARK.arms


def test_an_arm_has_one_colour() -> None:
    arms = [f"arm-{i}" for i in range(9)]
    with theme(DARK):
        assert arm_colours(arms)["arm-2"] == arm_colours(arms[:3])["arm-2"] == DARK.arms[2]
    assert arm_colours(arms)["arm-7"] == LIGHT.arms[0]


def test_a_figure_is_written_in_both_schemes(
    figures: dict[str, Callable[[], Figure]], tmp_path: Path
) -> None:
    path = tmp_path / "plot" / "m" / "plot.png"
    save_figures(figures["choice, labelled"], path)
    for file, scheme in ((path, LIGHT), (dark_of(path), DARK)):
        corner = cv2.imread(str(file))[0, 0, ::-1]
        assert to_hex(corner / 255) == scheme.paper
    assert variants_of(path) == {"light": path, "dark": dark_of(path)}
    assert narrow_of(path) == tmp_path / "plot" / "m" / "narrow" / "plot.png"


def test_the_dark_figure_is_laid_out_as_it_would_be_alone(tmp_path: Path) -> None:
    def draw() -> Figure:
        figure = Figure(figsize=(4, 3), layout="constrained")
        figure.suptitle("a headline", x=0.012, ha="left")
        for axes in figure.subplots(1, 2):
            axes.set_title("a title")
            axes.set_ylabel("a label that takes room")
            axes.plot([0, 1000], [0, 1e-6])
        return figure

    save_figures(draw, tmp_path / "both.png")
    with theme(DARK):
        save_figure(draw(), tmp_path / "alone.png")
    alone = (tmp_path / "alone.png").read_bytes()
    assert dark_of(tmp_path / "both.png").read_bytes() == alone


def test_labels_at_one_place_are_stacked() -> None:
    with theme():
        figure = Figure(figsize=(4, 4), layout="constrained")
        ax = figure.subplots()
        labels = [
            ax.annotate(f"label {i}", (0.5, 0.2), xytext=(0, 2), textcoords="offset points")
            for i in range(5)
        ]
        keep_apart(figure, labels)
        FigureCanvasAgg(figure).draw()
        boxes = [label.get_window_extent() for label in labels]
    assert np.all(np.diff([box.y0 for box in boxes]) > 0)
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_the_brightest_cell_of_a_map_is_the_best_pair() -> None:
    found = documents.sweep("runtime-fp32", conf=4)
    compared = found.comparisons["runtime-fp32"]
    best = replace(compared.tuning.best, conf=found.axes.tuned_conf[2], iou=0.7)
    f1 = [[0.9, 0.8, 0.7, 0.6], [0.5, 0.6, 0.95, 0.4]]
    tuning = replace(compared.tuning, best=best)
    drawn = replace(compared, tuning=tuning, tuned_f1=f1)
    figure = draw_sweep(replace(found, comparisons={"runtime-fp32": drawn}))
    ax = next(each for each in figure.axes if each.images)
    row, column = np.unravel_index(np.argmax(ax.images[0].get_array()), (2, 4))
    star = next(line for line in ax.lines if line.get_marker() == "*")
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (column, row) == (2, 1)
