"""How little the arms of each task differ: the table of docs/method.md.

It makes a checkpoint of every task from one of YOLO11n, exports each in fp32, runs the workflow on
the photographs, and prints what ONNX Runtime and PyTorch differ by on the same input tensor.

    python -m bench.floors --weights yolo11n.pt --images photographs --model pose=hands.pt
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from parity.comparison.results import ComparisonResults, Results
from parity.documents import load
from parity.reporting.task_wording import MEASURED, QUANTITIES
from parity.reporting.verdict import object_count, quantities_of, spread_of
from parity.reporting.wording import number
from tests.task_models import TASK_MODELS, make_checkpoint

ROOT = Path(__file__).resolve().parent.parent
TERSE = {"annotate": 0, "browse": 0}
HEADER = ("model", "task", "images", "objects or labels", "missing", "extra")


def checkpoints(trained: Path, folder: Path) -> dict[str, Path]:
    """Return a checkpoint of every task by the name of its model; what is there is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {f"yolo11n-{task}": folder / f"{task}.pt" for task in TASK_MODELS}
    for task, path in zip(TASK_MODELS, paths.values(), strict=True):
        if not path.exists():
            make_checkpoint(task, trained, path)
    return {"yolo11n": trained.absolute(), **paths}


def run_workflow(models: dict[str, Path], images: Path, folder: Path, imgsz: int) -> None:
    """Run the workflow in a folder."""
    config = {
        "models": {name: {"weights": str(path)} for name, path in models.items()},
        "images": str(images.absolute()),
        "imgsz": imgsz,
        "exports": {"fp32": {}},
        **TERSE,
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
        yield (name, results.task, *(f"{many:,}" for many in counted), *differences(found))


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
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        further = (named.partition("=") for named in given.model)
        models = checkpoints(given.weights, folder / "checkpoints")
        models |= {name: Path(path).absolute() for name, _, path in further}
        run_workflow(models, given.images, folder, given.imgsz)
        header = (*HEADER, *(QUANTITIES[name].title for name in MEASURED))
        for row in (header, ("---",) * len(header), *rows_of(folder, models)):
            print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
