"""Reports of synthetic runs, with as many sections as a test wants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from parity.documents import Document, save
from parity.model_files.results import Finding
from parity.reporting.export_choice import compare_exports
from scripts.annotate import main as annotate
from scripts.browse import main as browse
from scripts.write_report import main as write_report
from tests import report_documents as documents
from tests.synthetic import Run

CONFIG = {"models": {"yolo11n": {"weights": "```\n# not a heading"}}, "annotate": 200}


@dataclass(frozen=True)
class Written:
    """Both reports."""

    markdown: str
    page: str
    folder: Path


def write(
    runs: Sequence[Run],
    *,
    worst: int = 200,
    config: Mapping[str, Any] = CONFIG,
    more: Mapping[str, list[str]] | None = None,
) -> Written:
    """Return the reports on some runs.

    Parameters
    ----------
    runs : sequence of Run
        One per model.
    worst : int
        How many images are drawn and shown.
    config : mapping
        The configuration.
    more : mapping of str to list of str, optional
        Further inputs of the rule.
    """
    root = runs[0].folder
    inputs: dict[str, list[str]] = {"results": [run.results for run in runs]}
    for run in runs:
        model = run.load().model
        for name, script in (("pictures", annotate), ("browsers", browse)):
            folder = run.folder / script.__module__.split(".")[1] / model
            inputs.setdefault(name, []).append(str(folder))
            script(
                results=run.results,
                detections=run.detections,
                comparisons=run.comparisons,
                batches=run.batches,
                worst=worst,
                destination=str(folder),
            )
        plot = root / "plot" / model / "comparison_plots.png"
        inputs.setdefault("plots", []).append(touched(plot))
    report, page = root / "report" / "analysis_report.md", root / "report" / "index.html"
    write_report(
        inputs={**inputs, **(more or {})},
        config=dict(config),
        report=str(report),
        page=str(page),
        files=str(root / "report" / "files"),
    )
    return Written(report.read_text(), page.read_text(), report.parent)


def touched(path: Path) -> str:
    """Make a file where there is none; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return str(path)


def every_input(run: Run) -> dict[str, list[str]]:
    """Write what feeds every optional section of a run; return the inputs of the rule."""
    results, root = run.load(), run.folder
    model = results.model

    def written(rule: str, file: str, document: Document) -> list[str]:
        path = root / rule / model / file
        save(path, document)
        return [str(path)]

    def drawn(rule: str, file: str) -> list[str]:
        return [touched(root / rule / model / file)]

    accuracy = documents.accuracy()
    warning = documents.inspection(Finding("warn", "It is not what was *asked* for."))
    return {
        "sweeps": written("tune", "sweep_results.json", documents.sweep("runtime-fp32")),
        "sweep_plots": drawn("plot_sweep", "sweep_plots.png"),
        "inspections": written("inspect_export", "fp32.json", warning),
        "accuracies": written("accuracy", "accuracy.json", accuracy),
        "layers": written("layers", "fp32.json", documents.layers()),
        "layer_plots": drawn("plot_layers", "fp32.png"),
        "fallbacks": written("tally", "fp32.json", documents.fallbacks()),
        "choices": written("choose", "choices.json", compare_exports(results, accuracy, {})),
        "choice_plots": drawn("choose", "choices.png"),
        "diagnoses": written("diagnose", "mine.json", replace(documents.DIAGNOSIS, model=model)),
        "diagnosis_plots": drawn("plot_diagnosis", "mine.jpg"),
        "latencies": written("latency", "fp32.json", documents.latency()),
        "latency_plots": drawn("plot_latency", "fp32.png"),
    }
