"""How little the arms of each task differ, what works, and how fast: the table of docs/method.md.

It makes a checkpoint of every task from one of YOLO11n, exports each in fp32 and int8, runs the
workflow on the photographs, and prints what ONNX Runtime and PyTorch differ by on the same input
tensor. What works is what the run left behind and what the registries hold. With ``--rounds``, the
ONNX arm takes turns with a bare ``session.run``, both with one thread; reading and preprocessing
overlap the network where a second core is free.

    python -m bench.floors --weights yolo11n.pt --images photographs --model pose=hands.pt
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

import parity.accuracy.tasks  # noqa: F401 - its modules register what is measured
from parity.accuracy.tasks.task import MEASURED_TASKS
from parity.benchmarking.results import Latency
from parity.comparison.results import ComparisonResults, Results
from parity.diagnosis.evaluation.injection import injectable_faults
from parity.documents import load
from parity.layers.results import LayerResults
from parity.reporting.task_wording import MEASURED, QUANTITIES
from parity.reporting.verdict import object_count, quantities_of, spread_of
from parity.reporting.wording import number
from tests.task_models import TASK_MODELS, make_checkpoint

ROOT = Path(__file__).resolve().parent.parent
FEW = {
    "annotate": 1,
    "browse": 1,
    "layers": {"images": 1},
    "sweep": {"conf": [0.25, 0.5], "iou": [0.5, 0.7]},
}
"""What a run draws, sweeps and looks into: enough to see that it does."""
HEADER = ("model", "task", "images", "objects or labels", "missing", "extra")
SPEED = ("speed of the arm, of a bare session's", "ms per image")
RATIO = ("ONNX arm, 1 thread", "bare session.run, 1 thread")
WORKS: dict[str, Callable[[Path, str, str], bool]] = {
    "sweep": lambda results, model, _: (results / f"tune/{model}/sweep_results.json").is_file(),
    "pictures": lambda results, model, _: any((results / f"annotate/{model}").glob("*.jpg")),
    "page": lambda results, model, _: (results / f"browse/{model}/browser.json").is_file(),
    "layers": lambda results, model, _: bool(_layers(results, model).layers),
    "mixed export": lambda results, model, _: bool(_layers(results, model).tried),
    "accuracy": lambda _, __, task: task in MEASURED_TASKS,
    "example": lambda _, __, task: (ROOT / f"examples/{task}_onnx.py").is_file(),
}
"""What a run may do for a model, and whether it does, given its results, the model and its task."""


def checkpoints(trained: Path, folder: Path) -> dict[str, Path]:
    """Return a checkpoint of every task by the name of its model; what is there is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {f"yolo11n-{task}": folder / f"{task}.pt" for task in TASK_MODELS}
    for task, path in zip(TASK_MODELS, paths.values(), strict=True):
        if not path.exists():
            make_checkpoint(task, trained, path)
    return {"yolo11n": trained.absolute(), **paths}


def _layers(results: Path, model: str) -> LayerResults:
    return load(results / f"layers/{model}/int8.json", LayerResults)


def run_workflow(
    models: dict[str, Path], images: Path, folder: Path, imgsz: int, latency: dict[str, Any]
) -> None:
    """Run the workflow in a folder."""
    config = {
        "models": {name: {"weights": str(path)} for name, path in models.items()},
        "images": str(images.absolute()),
        "imgsz": imgsz,
        "exports": {"fp32": {}, "int8": {"quantize": 8}},
        "latency": latency,
        **FEW,
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    workflow = ("-s", str(ROOT / "Snakefile"), "--directory", str(folder), "--cores", "all")
    # A gate that fails is an answer: the table states it.
    subprocess.run([sys.executable, "-m", "snakemake", *workflow], check=False, stdout=sys.stderr)  # noqa: S603


def rows_of(folder: Path, models: dict[str, Path]) -> Iterator[tuple[str, ...]]:
    """Yield what the runtime comparison of each model came to."""
    for name in models:
        path = folder / "results" / "summarise" / name / "comparison_results.json"
        results = load(path, Results)
        found = results.comparisons["runtime-fp32"]
        counted = (found.images_read, object_count(found), found.missing, found.extra)
        works = ", ".join(what_works(folder / "results", name, results))
        texts = (f"{many:,}" for many in counted)
        yield name, results.task, *texts, *differences(found), works, *speed_of(folder, name)


def what_works(results: Path, model: str, found: Results) -> Iterator[str]:
    """Yield what works for a model beside the comparison, the report and the verdict."""
    yield from (what for what, does in WORKS.items() if does(results, model, found.task))
    heads = (arm.made_by.head for arm in found.arms.values())
    if all(head is None or head.fitted == "letterbox" for head in heads):
        yield f"diagnosis of {len(injectable_faults(found.task))} faults"


def speed_of(folder: Path, model: str) -> tuple[str, str]:
    """Return the median ratio of the speeds and what the stages cost; dashes if no round ran."""
    path = folder / "results" / "latency" / model / "fp32.json"
    if not path.is_file():
        return "–", "–"
    race = load(path, Latency).races[0]
    (found,) = (ratio for ratio in race.ratios if (ratio.of, ratio.to) == RATIO)
    (arm,) = (speed for speed in race.contestants if speed.name == found.of)
    spent = ", ".join(f"{stage} {ms:.1f}" for stage, ms in arm.stage_ms_per_image.items())
    return f"{found.median:.2f} ({found.min:.2f} to {found.max:.2f})", spent


def differences(found: ComparisonResults) -> Iterator[str]:
    """Yield the largest difference of each quantity; a dash where the task has none."""
    measured = quantities_of(found)
    for name in MEASURED:
        spread = spread_of(found, name) if name in measured else None
        yield number(spread.max if spread else None)


def main() -> None:
    """Print the table in Markdown."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--weights", type=Path, required=True, help="a checkpoint of YOLO11n")
    arguments.add_argument("--images", type=Path, required=True)
    arguments.add_argument("--imgsz", type=int, default=640)
    arguments.add_argument("--model", action="append", default=[], metavar="NAME=FILE")
    arguments.add_argument("--folder", type=Path, help="keeps the run, which then goes on from it")
    arguments.add_argument("--rounds", type=int, default=0, help="of the race; none by default")
    arguments.add_argument("--count", type=int, default=40, help="images of a round")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        further = (named.partition("=") for named in given.model)
        models = checkpoints(given.weights, folder / "checkpoints")
        models |= {name: Path(path).absolute() for name, _, path in further}
        timed = {"in_report": True, "rounds": given.rounds, "images": given.count}
        latency = timed if given.rounds else {}
        run_workflow(models, given.images, folder, given.imgsz, latency)
        titles = (QUANTITIES[name].title for name in MEASURED)
        header = (*HEADER, *titles, "works, too", *SPEED)
        for row in (header, ("---",) * len(header), *rows_of(folder, models)):
            print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
