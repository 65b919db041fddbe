"""The figure of a sweep, and what the report says of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from parity.comparison.tuning import SweepResults
from parity.documents import save
from parity.reporting.figures.theme import save_figure
from parity.reporting.figures.thresholds import MOST_MAPS, draw_sweep
from parity.reporting.views.blocks import Sentences, Table, every_block
from parity.reporting.views.section import Model
from parity.reporting.views.thresholds import MOST_CELLS, ThresholdsView, advice, prepare
from tests.report_documents import sweep
from tests.synthetic import SAME, make_run


@pytest.mark.parametrize(
    "drawn",
    [
        sweep("geometry", "runtime-fp32", "deployment-fp32"),
        sweep("runtime-fp32", conf=1),
        sweep("runtime-fp32", conf=90),
        sweep("runtime-fp32", empty=True),
        sweep(*(f"runtime-{n}" for n in range(MOST_MAPS + 3))),
    ],
    ids=["three comparisons", "one confidence", "ninety", "no detections", "too many to draw"],
)
def test_a_sweep_is_drawn_no_matter_what_it_holds(drawn: SweepResults, tmp_path: Path) -> None:
    save_figure(draw_sweep(drawn), tmp_path / "one.png")
    save_figure(draw_sweep(drawn), tmp_path / "other.png")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()


def view(tmp_path: Path, found: SweepResults) -> ThresholdsView:
    path = tmp_path / "tune/yolo11n/sweep_results.json"
    save(path, found)
    results = make_run(tmp_path, SAME).load()
    prepared = prepare(Model(results, {"sweeps": (str(path),)}))
    assert prepared
    return prepared


def tables(found: ThresholdsView) -> list[Table]:
    return [block for block in every_block(found.blocks) if isinstance(block, Table)]


def test_the_section_states_sentences_and_numbers(tmp_path: Path) -> None:
    found = view(tmp_path, sweep("deployment-fp32"))
    (said,) = (block for block in found.blocks if isinstance(block, Sentences))
    assert said.items == ("Keep conf 0.25 for onnx-fp32: no other threshold agrees better.",)
    tuned, ranges = tables(found)
    first = ("deployment-fp32", "0.25", "0.45", "9", "1", "1", "0.9000")
    assert tuned.rows[0][:7] == first
    assert ranges.rows[0][1:3] == ("0.9000", "0.25, 0.45")
    for each in (tuned, ranges):
        assert {len(row) for row in each.rows} == {len(each.header)}


def test_a_section_of_nothing_shows_dashes(tmp_path: Path) -> None:
    found = view(tmp_path, sweep("deployment-fp32", empty=True))
    _, ranges = tables(found)
    assert ranges.rows == (("deployment-fp32", *"–––––"),)
    assert {cell.text for _, cells in found.maps[0].rows for cell in cells} == {"–"}


def test_an_arm_is_told_once_that_nothing_agrees_better(tmp_path: Path) -> None:
    found = sweep("runtime-fp32", "deployment-fp32", conf=3)
    compared = found.comparisons["runtime-fp32"]
    best = replace(compared.tuning.best, conf=0.26)
    better = replace(compared, tuning=replace(compared.tuning, best=best))
    both = found.comparisons | {"runtime-fp32": better}
    prepared = view(tmp_path, replace(found, comparisons=both))
    (said,) = (block for block in prepared.blocks if isinstance(block, Sentences))
    assert len(said.items) == 1, said.items
    assert f"best with {compared.reference}, but" in said.items[0]


def test_a_map_frames_the_thresholds_of_the_run(tmp_path: Path) -> None:
    (drawn,) = view(tmp_path, sweep("deployment-fp32")).maps
    assert [iou for iou, _ in drawn.rows] == ["0.7", "0.45"]
    here = [(iou, k) for iou, cells in drawn.rows for k, cell in enumerate(cells) if cell.here]
    assert here == [("0.45", 0)]


def test_the_best_cell_of_a_map_is_the_pair_that_the_text_names(tmp_path: Path) -> None:
    found = sweep("runtime-fp32", conf=3)
    compared = found.comparisons["runtime-fp32"]
    best = replace(compared.tuning.best, conf=0.26, iou=0.7)
    f1 = [[0.9, 0.8, 0.7], [0.6, 0.95, 0.4]]
    better = replace(compared, tuning=replace(compared.tuning, best=best), tuned_f1=f1)
    prepared = view(tmp_path, replace(found, comparisons={"runtime-fp32": better}))
    (said,) = (block for block in prepared.blocks if isinstance(block, Sentences))
    (sentence,) = said.items
    assert sentence == (
        "Keep conf 0.25 for onnx-fp32: conf 0.26 and IoU 0.7 agrees best with pytorch-rect, but "
        "not clearly better."
    )
    (drawn,) = prepared.maps
    cells = {(drawn.conf[k], iou): cell for iou, row in drawn.rows for k, cell in enumerate(row)}
    (marked,) = (place for place, cell in cells.items() if cell.best)
    assert marked == ("0.26", "0.7") == max(cells, key=lambda place: cells[place].f1 or 0)


def test_thresholds_to_keep_for_many_reasons_share_a_sentence() -> None:
    (found,) = sweep("geometry").comparisons.values()
    every = {
        str(conf): replace(
            found,
            candidate=f"onnx-{conf}",
            tuning=replace(found.tuning, best=replace(found.tuning.best, conf=conf)),
        )
        for conf in (0.23, 0.24, 0.27)
    }
    assert list(advice(every)) == [
        (
            "Keep conf 0.25 for onnx-0.23, onnx-0.24 and onnx-0.27: agreement is best at conf 0.23 "
            "to 0.27, but not clearly better."
        )
    ]


def test_a_map_that_nobody_can_read_is_left_out(tmp_path: Path) -> None:
    assert view(tmp_path, sweep("deployment-fp32", conf=MOST_CELLS)).maps == ()


def test_what_to_keep_is_said_once_and_what_to_change_by_itself() -> None:
    found = sweep("geometry", "runtime-fp32", "deployment-fp32").comparisons
    better = replace(found["geometry"], sentence="Change it.", candidate="onnx-int8")
    better = replace(better, recommended=replace(better.recommended, conf=0.3))
    kept = replace(found["geometry"], candidate="pytorch-square")
    change, keep = advice(found | {"geometry": kept, "runtime-int8": better})
    assert change == "Change it."
    assert keep.startswith("Keep conf 0.25 for pytorch-square and onnx-fp32: no other threshold")


def test_labels_know_no_iou_threshold(tmp_path: Path) -> None:
    found = sweep("runtime-fp32")
    labels = replace(found, axes=found.axes.without_iou, task="classify")
    prepared = view(tmp_path, labels)
    assert prepared.maps == ()
    for shown in tables(prepared):
        assert not any("IoU" in title for title in shown.header)
        assert {len(row) for row in shown.rows} == {len(shown.header)}
    save_figure(draw_sweep(labels), tmp_path / "labels.png")
