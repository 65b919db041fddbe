"""Task × runtime × precision: how far each is from PyTorch, how fast, and how large.

It makes or converts an export for every cell, runs the workflow on the photographs, and prints a
table in Markdown; ``results/matrix/index.html`` holds the same. A cell that cannot be run says why.

    python -m bench.matrix --weights yolo11n.pt --images photographs --model pose=hands.pt
"""

import argparse
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import parity.backends.runtimes  # noqa: F401 - its modules register the runtimes
from parity.backends.runtimes.runtime import RUNTIMES
from parity.comparison.results import ComparisonResults, Results
from parity.documents import load
from parity.files import read_json
from parity.model_files.results import ExportDescription
from parity.reporting.wording import number

ROOT = Path(__file__).resolve().parent.parent
QUIET = {"annotate": 0, "browse": 0, "layers": {"images": 0}}
HEADER = (
    *("model", "runtime", "precision", "objects", "missing", "extra", "box (px)", "score"),
    *("network (ms)", "size (MB)"),
)
PRECISIONS = {32: "fp32", 16: "fp16", 8: "int8"}
FIRST = "onnxruntime"
"""The runtime whose ONNX files the others run, too."""


@dataclass(frozen=True)
class Cell:
    """A runtime and a precision."""

    name: str
    runtime: str
    """What people call it."""
    precision: str
    """What people call it."""
    export: dict[str, Any] | None
    """What the configuration says of it; None if it is not made here."""
    reason: str = ""
    """Why not."""


def cells(folder: Path, model: str, runtimes: Collection[str]) -> Iterator[Cell]:
    """Yield the cells of a model; those that run the ONNX files of another name them."""
    for key, runtime in RUNTIMES.items():
        if key not in runtimes:
            continue
        for bits, precision in PRECISIONS.items():
            name, title = f"{key}-{precision}", runtime.title
            if not runtime.tested:
                yield Cell(name, title, precision, None, "needs hardware that is not here")
                continue
            if runtime.reads_onnx:
                made = folder / "results" / ("quantise" if bits == 8 else "export") / model
                given = {"onnx": str(made / f"{FIRST}-{precision}.onnx"), "runtime": key}
                own = {} if key == FIRST else given
                yield Cell(name, title, precision, {**own, "quantize": bits})
            if not runtime.suffix:
                continue
            title = f"{title} (own format)" if runtime.reads_onnx else title
            made_here = bits in runtime.precisions
            export = {"format": key, "quantize": bits} if made_here else None
            reason = "" if made_here else "not converted here"
            yield Cell(f"{key}-own-{precision}", title, precision, export, reason)


def run_workflow(folder: Path, config: dict[str, Any], *targets: str) -> None:
    """Run the workflow in a folder; what fails leaves the rest alone."""
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    workflow = ("-s", str(ROOT / "Snakefile"), "--directory", str(folder), "--cores", "all")
    command = [sys.executable, "-m", "snakemake", *workflow, "--keep-going", *targets]
    subprocess.run(command, check=False, stdout=sys.stderr)  # noqa: S603


def run_model(
    model: str, common: dict[str, Any], folder: Path, runtimes: Collection[str]
) -> list[Cell]:
    """Run all cells of a model; return them, those that failed with the reason."""
    folder.mkdir(parents=True, exist_ok=True)
    planned = list(cells(folder.absolute(), model, runtimes))
    first = [cell for cell in planned if cell.export is not None and "onnx" not in cell.export]
    later = [cell for cell in planned if cell.export is not None and "onnx" in cell.export]
    for some in (first, later):
        possible = [cell for cell in some if Path(exported(cell).get("onnx", folder)).exists()]
        if possible:
            exports = {cell.name: exported(cell) for cell in possible}
            targets = (f"results/compare/{model}/runtime-{name}/00000.json" for name in exports)
            run_workflow(folder, {**common, "exports": exports}, *targets)
    done = [judged(cell, model, folder) for cell in planned]
    exports = {cell.name: exported(cell) for cell in done if cell.export is not None}
    summary = f"results/summarise/{model}/comparison_results.json"
    run_workflow(folder, {**common, "exports": exports}, summary)
    return done


def weights_of(given: Path) -> str:
    """Return what the configuration calls a checkpoint: its path, or its published name."""
    return str(given.absolute() if given.exists() else given)


def exported(cell: Cell) -> dict[str, Any]:
    """Return what the configuration says of a cell that is run."""
    return cell.export or {}


def judged(cell: Cell, model: str, folder: Path) -> Cell:
    """Return a cell, or why it could not be run: the last error in the logs of its rules."""
    made = folder / "results" / "compare" / model / f"runtime-{cell.name}" / "00000.json"
    if cell.export is None or made.is_file():
        return cell
    logs = sorted(folder.glob(f"logs/*/{model}/**/*{cell.name}*")) + sorted(
        folder.glob(f"logs/*/{model}/*{cell.name}*/*.log")
    )
    lines = [line for log in logs if log.is_file() for line in log.read_text().splitlines()]
    errors = [line.partition("error: ")[2] for line in lines if line.startswith("error: ")]
    reason = errors[-1] if errors else "it failed without a sentence"
    return Cell(cell.name, cell.runtime, cell.precision, None, reason)


def row_of(cell: Cell, model: str, folder: Path) -> tuple[str, ...]:
    """Return a row of the table."""
    head = (model, cell.runtime, cell.precision)
    results = folder / "results"
    summary = results / "summarise" / model / "comparison_results.json"
    if cell.export is None or not summary.is_file():
        return (*head, f"not run: {cell.reason or 'the summary is lacking'}")
    found: ComparisonResults = load(summary, Results).comparisons[f"runtime-{cell.name}"]
    described = next(
        path
        for rule in ("pack", "quantise", "export")
        if (path := results / rule / model / f"{cell.name}.json").is_file()
    )
    spent = folder / "benchmarks" / "infer_onnx" / model / f"onnx-{cell.name}" / "00000.json"
    timed = read_json(spent, "seconds/1")
    return (
        *head,
        f"{found.matched + found.missing:,}",
        f"{found.missing:,}",
        f"{found.extra:,}",
        number(found.box_px),
        number(found.score),
        f"{1000 * timed['seconds']['forward'] / timed['images']:.0f}",
        f"{load(described, ExportDescription).bytes / 1e6:.1f}",
    )


def markdown(rows: list[tuple[str, ...]]) -> str:
    """Return the table in Markdown."""
    lines = [HEADER, ("---",) * len(HEADER)]
    lines += [row + ("",) * (len(HEADER) - len(row)) for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(rows: list[tuple[str, ...]], images: int) -> str:
    """Return the table as a web page."""
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    template = environment.get_template("matrix.html.j2")
    return template.render(header=HEADER, rows=rows, images=images)


def main() -> None:
    """Run the matrix, print it and write its page."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--weights", type=Path, required=True, help="a checkpoint or a published name"
    )
    arguments.add_argument("--images", type=Path, required=True)
    arguments.add_argument("--imgsz", type=int, default=640)
    arguments.add_argument("--model", action="append", default=[], metavar="NAME=FILE")
    arguments.add_argument(
        "--runtime", action="append", default=[], choices=RUNTIMES, help="instead of all"
    )
    arguments.add_argument("--folder", type=Path, default=Path("results/matrix"))
    given = arguments.parse_args()
    further = (named.partition("=") for named in given.model)
    models = {given.weights.stem: given.weights} | {n: Path(path) for n, _, path in further}
    rows = []
    for model, weights in models.items():
        folder = given.folder / model
        runtimes = {FIRST, *(given.runtime or RUNTIMES)}
        common = {
            "models": {model: {"weights": weights_of(weights)}},
            "images": str(given.images.absolute()),
            "imgsz": given.imgsz,
            "images_per_job": 100_000,
            **QUIET,
        }
        done = run_model(model, common, folder, runtimes)
        rows += [row_of(cell, model, folder) for cell in done]
    print(markdown(rows))
    count = len(list(given.images.iterdir())) if given.images.is_dir() else 1
    (given.folder / "index.html").write_text(page(rows, count))


if __name__ == "__main__":
    main()
