"""A run whose only export is no plain fp32 one: the fp32 counterpart is made for the comparison."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from parity.files import read_json
from tests.conftest import PHOTOS, Workflow

pytestmark = pytest.mark.slow

LAYERS = "results/layers/yolo11n/shipped.json"
RESULTS = "results/summarise/yolo11n/comparison_results.json"
COUNTERPART = "_fp32-for-shipped"


@pytest.mark.parametrize(
    ("export", "tolerances"),
    [
        ({"onnx": "best.onnx"}, {}),
        ({"quantize": 16}, {"missing": 2, "extra": 2, "box_px": 9, "score": 0.05}),
    ],
    ids=["a given file", "fp16"],
)
def test_it_is_compared_with_one_that_is_made(
    finished: Workflow,
    tmp_path: Path,
    yolo11n_static: Path,
    export: dict[str, Any],
    tolerances: dict[str, float],
) -> None:
    project = finished.copy(tmp_path / "project")
    shutil.copy(yolo11n_static, project.root / "best.onnx")
    (project.root / "config.yaml").write_text("models: {yolo11n: {weights: yolo11n.pt}}\n")
    shipped = {**export, "tolerances": tolerances}
    config = PHOTOS | {"exports": {"shipped": shipped}, "layers": {"images": 1}}
    result = project.run(RESULTS, LAYERS, config=config)
    assert result.returncode == 0, result.output
    assert result.jobs["export"] == 2
    assert (project.root / f"results/export/yolo11n/{COUNTERPART}.onnx").is_file()
    results = read_json(project.root / RESULTS, "results/1")
    assert set(results["arms"]) == {"pytorch-rect", "pytorch-square", "onnx-shipped"}
    assert results["comparisons"]["runtime-shipped"]["passed"]
    rest = project.dry_run(config=config)
    assert rest.returncode == 0, rest.output
    assert rest.rules == {
        "plot",
        "plot_layers",
        "annotate",
        "browse",
        "write_report",
        "verdict",
        "gate",
    }
