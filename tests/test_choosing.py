"""The choice among exports, and what the report says of model files."""

from pathlib import Path
from typing import Any

import pytest
from parity.reporting.figures.exports import draw_choices, draw_layers
from parity.reporting.views.export_choice import advice, choices, dominates, speed_of

from parity.comparison.summary import RESULTS as RESULTS_SCHEMA
from parity.files import write_json
from parity.reporting.figures.theme import save
from parity.reporting.markdown.report import TEMPLATES, environment
from parity.reporting.views.model_files import export_sections


def comparison(missing: int, extra: int, box_px: float, *, passed: bool) -> dict[str, Any]:
    return {
        "matched": 90,
        "missing": missing,
        "extra": extra,
        "box_px": box_px,
        "score": box_px / 1000,
        "passed": passed,
    }


RESULTS = {
    "exports": {"fp32": {"bytes": 10_000}, "fp16": {"bytes": 5_000}, "int8": {"bytes": 3_000}},
    "comparisons": {
        "runtime-fp32": comparison(0, 0, 0.0004, passed=True),
        "runtime-fp16": comparison(0, 1, 2.9, passed=True),
        "runtime-int8": comparison(10, 10, 180.0, passed=False),
    },
}
POINT = {
    "precision": 0.8,
    "recall": None,
    "mistakes": dict.fromkeys(["class", "location", "class and location", "duplicate"], 1)
    | {"background": 2},
    "fates": {"found": 5, "wrong class": 1, "badly placed": 1, "missed": 3},
}


def cost(percent: float) -> dict[str, Any]:
    return {
        "difference": -percent / 200,
        "interval": [-percent / 100, 0.0],
        "percent": percent,
        "percent_interval": [0.0, 2 * percent],
    }


def accuracy() -> dict[str, Any]:
    values = {"fp32": 0.5, "fp16": 0.499, "int8": 0.45}
    moved = {"found": {"found": 5, "missed": 2}, "missed": {"found": 0, "missed": 3}}
    return {
        "labels": {"images": 4, "objects": 10, "notes": ["2 images are not in the labels."]},
        "protocol": {"iou": 0.7, "draws": 1000},
        "arms": {
            f"onnx-{name}": {
                "map": value,
                "map50": value,
                "floor": 0.01,
                "sizes": {"small": None, "medium": 0.4, "large": 0.6},
                "interval": {"map": [0.4, 0.6]},
                "operating_point": POINT,
            }
            for name, value in values.items()
        },
        "comparisons": {
            f"runtime-{name}": {
                "map": cost(100 - 200 * v),
                "map50": cost(100 - 200 * v),
                "moved": moved,
            }
            for name, v in values.items()
        },
    }


@pytest.mark.parametrize("labelled", [True, False])
def test_the_smallest_within_its_tolerance_is_advised(labelled: bool) -> None:
    found = choices(RESULTS, accuracy() if labelled else None, {})
    assert found["quality"] == ("mAP50-95" if labelled else "agreement")
    assert [row["pareto"] for row in found["rows"]] == [True, True, True]
    start = "Ship fp16: 2.0 × smaller than fp32, no box lost and 1 added, at most 2.9 px"
    assert found["advice"].startswith(start)
    assert ("no loss of mAP50-95 that these images show (" in found["advice"]) == labelled
    assert found["advice"].endswith("int8 is beyond the tolerance.")


def test_speed_decides_where_all_were_timed() -> None:
    found = choices(RESULTS, None, {"fp32": 20.0, "fp16": 5.0, "int8": 30.0})
    assert found["advice"].startswith("Ship fp32: 4.0 × as fast as fp16, no box lost")


def test_nothing_within_its_tolerance() -> None:
    rows = choices(RESULTS, None, {})["rows"]
    said = advice([{**row, "passed": False} for row in rows])
    assert said == (
        "No export stays within its tolerance; fp32 comes closest with no box lost, "
        "at most 0.0004 px."
    )


def test_sizes_that_are_alike_leave_the_order_of_the_configuration() -> None:
    rows = choices(RESULTS, None, {})["rows"][:1]
    other = {**rows[0], "export": "opset12", "bytes": 9_990}
    assert advice([rows[0], other]).startswith("Ship fp32: ")


def test_an_export_that_is_better_in_everything_dominates() -> None:
    one, other = choices(RESULTS, None, {})["rows"][:2]
    assert not dominates(one, one)
    assert dominates({**one, "bytes": 1}, one)
    assert not dominates(other, one)


def test_speed_is_that_of_one_thread() -> None:
    def contestant(kind: str, processes: int, rates: list[float]) -> dict[str, Any]:
        counts = {"processes": processes, "threads": 1}
        return {"kind": kind, **counts, "images_per_second": rates}

    one = contestant("ONNX arm", 1, [10.0, 30.0, 20.0])
    race = {"contestants": [contestant("ONNX arm", 2, [99.0]), contestant("PyTorch arm", 1, [9.0])]}
    assert speed_of({"races": [race]}) is None
    assert speed_of({"races": [race, {"contestants": [one]}]}) == 20


def layers() -> dict[str, Any]:
    row = {"node": "/a/Conv", "snr_db": 30.0, "own_snr_db": None, "share": 0.5}
    return {"sentences": ["No layer stands out."], "first": 1, "layers": [row, row]}


def test_figures_and_sections(tmp_path: Path) -> None:
    found = choices(RESULTS, accuracy(), {"fp32": 20.0})
    save(draw_choices(found), tmp_path / "choices.png")
    save(draw_layers(layers(), "int8"), tmp_path / "layers.png")
    save(draw_layers({"sentences": ["It stays."]}, "fp16"), tmp_path / "none.png")
    files = {
        "results": [tmp_path / "summarise/m/results.json"],
        "inspections": [tmp_path / f"inspect/m/{name}.json" for name in ("fp32", "int8")],
        "accuracies": [tmp_path / "accuracy/m/accuracy.json"],
        "layers": [tmp_path / "layers/m/int8.json"],
        "layer_plots": [tmp_path / "plot_layers/m/int8.png"],
        "fallbacks": [tmp_path / "tally/m/int8.json"],
        "choices": [tmp_path / "choose/m/choices.json"],
        "choice_plots": [tmp_path / "choose/m/choices.png"],
    }
    ran = {"runtime": "onnxruntime", "provider": "CPUExecutionProvider"}
    fallen = {"made_by": {**ran, "providers": ["CUDAExecutionProvider", "CPUExecutionProvider"]}}
    fine = {"made_by": {**ran, "providers": ["CPUExecutionProvider"]}}
    arms = {"pytorch-rect": {"made_by": {}}, "onnx-fp32": fine, "onnx-fp16": fallen}
    write_json(files["results"][0], RESULTS_SCHEMA, {"arms": arms})
    warning = {"level": "warn", "sentence": "It was changed."}
    for path, said in zip(files["inspections"], ([], [warning]), strict=True):
        write_json(path, "inspection/1", {"sentences": said, "weights_compared": {"compared": 7}})
    write_json(files["accuracies"][0], "accuracy/1", accuracy())
    write_json(files["layers"][0], "layers/1", layers())
    counted: dict[str, Any] = {
        "images": 9,
        "fallen_back": 1,
        "reasons": {"no area": 1},
        "named": [{"name": "a.jpg"}],
    }
    write_json(files["fallbacks"][0], "fallbacks/1", counted)
    write_json(files["choices"][0], "choices/1", found)
    inputs = {name: list(map(str, paths)) for name, paths in files.items()}
    section = export_sections(inputs, tmp_path / "report/report.md")["m"]
    macro = (TEMPLATES / "analysis_report.md.j2").read_text().split("{%- endmacro %}")[0]
    template = environment().from_string(macro + '{%- endmacro %}\n{% include "exports.md.j2" %}')
    text = template.render(model={"files": section})
    assert "| int8 | warn | It was changed. |" in text
    assert "| fp32 | fine | As configured; all 7 weights are the checkpoint's. |" in text
    assert "| fp16 | warn | CUDAExecutionProvider was asked for but is not to be had; it" in text
    assert text.count("not to be had") == 1
    assert "Ship fp16" in text
    assert "| int8 | 1 of 9 | no area: 1 | a.jpg |" in text
    assert "2 found → missed" in text
    assert "(../plot_layers/m/int8.png)" in text
    assert "No layer stands out." in text
    tables = [line.count("|") for line in text.splitlines() if line.startswith("|")]
    assert min(tables) >= 3
    none = {name: [] for name in files} | {"inspections": inputs["inspections"]}
    bare = export_sections(none, tmp_path / "report/report.md")["m"]
    assert "###" in template.render(model={"files": bare})
