"""The figures and the section of the report that a sweep gives."""

from pathlib import Path
from typing import Any

import pytest

from parity.comparison.tuning import SWEEP_RESULTS
from parity.files import write_json
from parity.reporting.figures.theme import save
from parity.reporting.figures.thresholds import MOST_MAPS, draw_sweep
from parity.reporting.markdown.report import TEMPLATE, TEMPLATES, environment
from parity.reporting.views.thresholds import agreement, section, sweep_sections


def results(*names: str, conf: int = 2, empty: bool = False) -> dict[str, Any]:
    """Return what ``tune`` might write, with one or more comparisons."""
    confs, ious = [0.25 + 0.01 * k for k in range(conf)], [0.45, 0.7]
    f1 = None if empty else 0.9
    point = {"conf": 0.25, "iou": 0.45, "matched": 9, "missing": 1, "extra": 1, "f1": f1}
    cells = [
        {**point, "conf": c, "iou": i, "reference": 10, "candidate": 10, "mean_iou": f1}
        for i in ious
        for c in confs
    ]
    comparison = {
        "reference": "pytorch-rect",
        "candidate": "onnx-fp32",
        "sentence": "Leave onnx-fp32 at 0.25.",
        "recommended": point,
        "tuning": {"operating": point, "best_conf": point, "best": point},
        "curve": [f1] * conf,
        "cells": cells,
    }
    return {
        "model": "$x$ *a*",
        "images": 3,
        "axes": {
            "conf": confs,
            "iou": ious,
            "tuned_conf": confs,
            "tuned_iou": ious,
            "operating_conf": 0.25,
            "operating_iou": 0.45,
            "max_det": 300,
        },
        "notes": ["onnx-fp32 finishes its boxes inside the graph."],
        "arms": {
            arm: {"end2end": False, "detections": [[10] * conf] * 2}
            for arm in ("pytorch-rect", "onnx-fp32")
        },
        "comparisons": dict.fromkeys(names, comparison),
    }


@pytest.mark.parametrize(
    "drawn",
    [
        results("geometry", "runtime-fp32", "deployment-fp32"),
        results("runtime-fp32", conf=1),
        results("runtime-fp32", conf=90),
        results("runtime-fp32", empty=True),
        results(*(f"runtime-{n}" for n in range(MOST_MAPS + 3))),
    ],
    ids=["three comparisons", "one confidence", "ninety", "no detections", "too many to draw"],
)
def test_a_sweep_is_drawn_whatever_it_holds(drawn: dict[str, Any], tmp_path: Path) -> None:
    save(draw_sweep(drawn), tmp_path / "one.png")
    save(draw_sweep(drawn), tmp_path / "other.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()


def test_the_section_states_sentences_and_numbers() -> None:
    said = section(results("deployment-fp32"), "../plot_sweep/m/sweep_plots.png")
    assert said["sentences"] == ["Leave onnx-fp32 at 0.25."]
    (tuned,) = said["tuned"]
    assert tuned[:7] == ["deployment-fp32", "0.25", "0.45", "9", "1", "1", "0.9000"]
    (ranges,) = said["ranges"]
    assert ranges[1:3] == ["0.9000", "0.25, 0.45"]


def test_a_section_of_nothing_shows_dashes() -> None:
    said = section(results("deployment-fp32", empty=True), "")
    assert said["ranges"] == [["deployment-fp32", *"–––––"]]


def test_sections_are_found_by_model(tmp_path: Path) -> None:
    path = tmp_path / "results/tune/m/sweep_results.json"
    write_json(path, SWEEP_RESULTS, results("geometry"))
    plots = [str(tmp_path / "results/plot_sweep/m/sweep_plots.png")]
    sections = sweep_sections([str(path)], plots, tmp_path / "results/report/report.md")
    assert sections["m"]["plots"] == "../plot_sweep/m/sweep_plots.png"
    assert sweep_sections([], [], tmp_path / "report.md") == {}


def test_every_row_of_the_template_has_as_many_cells_as_its_header() -> None:
    macro = (TEMPLATES / TEMPLATE).read_text().partition("{%- endmacro %}")
    template = environment().from_string("".join(macro[:2]) + "{% include 'sweep.md.j2' %}")
    text = template.render(model={"sweep": section(results("geometry", "runtime-a"), "p.png")})
    tables = [line for line in text.splitlines() if line.startswith("|")]
    widths = [line.count(" |") for line in tables]
    assert widths == [15] * 4 + [6] * 4


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (0.99999, "0.9999"), (0.5, "0.5000"), (None, "–")]
)
def test_only_full_agreement_is_called_1(value: float | None, text: str) -> None:
    assert agreement(value) == text
