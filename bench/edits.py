"""Where the time of a person goes who edits and looks: a timeline of the jobs of each edit.

A run on the samples is followed by edits of its configuration. Each time, the jobs write down when
they start, begin to work and end (``parity.timeline``). The figures show start-up and work apart.
Times are also given as multiples of what importing torch takes on the same machine, in the same
round: these are what :mod:`bench.regression` compares.

    python -m bench.edits --rounds 3
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import yaml
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from bench.workflow import LEFT_OUT, ROOT
from parity.benchmarking.machine import describe_machine
from parity.timeline import VARIABLE, Span, load_timeline

EDITS: dict[str, dict[str, Any]] = {
    "first run": {},
    "nothing": {},
    "conf": {"thresholds": {"conf": 0.3}},
    "iou": {"thresholds": {"iou": 0.5}},
    "diagnosis": {"external": {"faulty": {"inject": ["bgr"]}}},
}
"""What is edited, one after the other; the edits add up."""

TURNS = 5
"""In which a run with nothing to do and one of another Snakefile are compared; chosen."""

START_COLOUR, WORK_COLOUR = "#e69f00", "#0072b2"


def processor_seconds() -> float:
    """Return the processor seconds of all finished children."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def measure(command: list[str], folder: Path, timeline: Path) -> dict[str, Any]:
    """Return wall and processor seconds of a command, and the spans of its jobs.

    Raises
    ------
    SystemExit
        If it fails; what it said is shown.
    """
    timeline.unlink(missing_ok=True)
    timeline.touch()
    start, before, zero = time.perf_counter(), processor_seconds(), time.time()
    done = subprocess.run(  # noqa: S603
        command,
        cwd=folder,
        env=os.environ | {VARIABLE: str(timeline)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}")
    spans = load_timeline(timeline)
    return {
        "wall_seconds": time.perf_counter() - start,
        "processor_seconds": processor_seconds() - before,
        "jobs": len(spans),
        "spans": [
            asdict(span)
            | {key: getattr(span, key) - zero for key in ("started", "working", "ended")}
            for span in spans
        ],
    }


def times_one_rule(command: list[str], folder: Path, temporary: Path) -> float:
    """Return how many times longer a command takes than a Snakefile of one rule does for nothing.

    The two take turns; the median counts.
    """
    alone, timeline = temporary / "one_rule", temporary / "timeline"
    alone.mkdir()
    (alone / "Snakefile").write_text("rule all:\n    output: 'made'\n    shell: 'touch made'\n")
    one_rule = [sys.executable, "-m", "snakemake", "--cores", "1"]
    measure(one_rule, alone, timeline)
    ratios: list[float] = []
    for _ in range(TURNS):
        own, other = measure(command, folder, timeline), measure(one_rule, alone, timeline)
        ratios.append(own["wall_seconds"] / other["wall_seconds"])
    return median(ratios)


def run_edits(cores: int, scratch: str | None) -> dict[str, Any]:
    """Measure each edit in a fresh copy of the project, and the import that is their unit."""
    with tempfile.TemporaryDirectory(dir=scratch) as temporary:
        folder, timeline = Path(temporary) / "project", Path(temporary) / "timeline"
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
        (folder / "images").mkdir()
        config = yaml.safe_load((folder / "config.yaml").read_text())
        unit = measure([sys.executable, "-c", "import torch"], folder, timeline)
        found = {}
        for name, edit in EDITS.items():
            config |= {key: config.get(key, {}) | value for key, value in edit.items()}
            (folder / "config.yaml").write_text(yaml.safe_dump(config))
            command = [sys.executable, "-m", "snakemake", "--cores", str(cores)]
            found[name] = measure(command, folder, timeline)
            found[name]["imports_of_torch"] = (
                found[name]["processor_seconds"] / unit["processor_seconds"]
            )
            if name == "nothing":
                found[name]["one_rules"] = times_one_rule(command, folder, Path(temporary))
        return found


def draw(spans: list[Span], title: str) -> Figure:
    """Return a bar for each job, in the order of their starts."""
    figure = Figure(figsize=(10, 0.9 + 0.28 * max(len(spans), 1)), layout="constrained")
    axes = figure.subplots()
    for row, span in enumerate(spans):
        axes.barh(row, span.working - span.started, left=span.started, color=START_COLOUR)
        axes.barh(row, span.ended - span.working, left=span.working, color=WORK_COLOUR)
    names = [span.log.removeprefix("logs/").removesuffix(".log") for span in spans]
    axes.set_yticks(range(len(spans)), names, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds since the command was given")
    axes.set_title(title, loc="left")
    handles = [Patch(color=START_COLOUR, label="start-up"), Patch(color=WORK_COLOUR, label="work")]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return figure


def show(edit: str, rounds: list[dict[str, Any]]) -> None:
    """Print where the time of an edit went, each number the median of its rounds."""
    started, worked = (
        median(sum(span[key] for span in each["spans"]) for each in rounds)
        for key in ("start_processor", "work_processor")
    )
    wall, spent = (
        median(each[key] for each in rounds) for key in ("wall_seconds", "processor_seconds")
    )
    print(
        f"{edit}: {wall:.1f} s; {spent:.1f} s of processor time in "
        f"{rounds[-1]['jobs']} jobs: {started:.1f} to start them, {worked:.1f} of work, "
        f"{spent - started - worked:.1f} to plan and dispatch",
        flush=True,
    )


def main() -> None:
    """Measure, print, draw the last round and write everything down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--scratch", help="where to work")
    parser.add_argument("--destination", type=Path, default=ROOT / "results/bench/edits.json")
    options = parser.parse_args()
    rounds = [run_edits(options.cores, options.scratch) for _ in range(options.rounds)]
    options.destination.parent.mkdir(parents=True, exist_ok=True)
    for edit, measured in rounds[-1].items():
        show(edit, [each[edit] for each in rounds])
        spans = [Span(**span) for span in measured["spans"]]
        place = options.destination.with_name(f"edits_{edit.replace(' ', '_')}.png")
        draw(spans, edit).savefig(place, dpi=110)
    ratios = [each["nothing"]["one_rules"] for each in rounds]
    print(f"nothing: {median(ratios):.2f} x what a Snakefile of one rule takes, with nothing to do")
    record = {"machine": vars(describe_machine(options.cores)), "rounds": rounds}
    options.destination.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
