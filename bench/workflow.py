"""The whole workflow against the obvious single-process script for the same three arms.

Both start from the same checkpoint, export it, and run it on hard links of the same photographs;
the workflow also compares, plots and reports. Each run starts from nothing. Pictures of single
images are left out unless --everything is given: the script draws none.

    python -m bench.workflow --images ~/photographs --counts 16 128 1000
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import yaml

from parity.benchmarking.machine import describe_machine
from parity.data.listing import find_images

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = (".*", "results", "logs", "benchmarks", "images", "__pycache__")
TERSE = {"annotate": 0, "browse": 0, "sweep": None}
MEASURES = {"wall_seconds": "wall", "processor_seconds": "processor", "peak_bytes": "memory"}


class Memory(threading.Thread):
    """Watches the memory of a process and all its descendants; pages that they share count once."""

    def __init__(self, pid: int) -> None:
        """Watch a process from now on."""
        super().__init__(daemon=True)
        self.process, self.peak_bytes, self.done = psutil.Process(pid), 0, threading.Event()

    def run(self) -> None:
        """Look five times a second."""
        while not self.done.wait(0.2):
            try:
                family = [self.process, *self.process.children(recursive=True)]
            except psutil.NoSuchProcess:
                return
            self.peak_bytes = max(self.peak_bytes, sum(map(occupied_bytes, family)))


def occupied_bytes(process: psutil.Process) -> int:
    """Return the memory of a process and its part of what it shares; 0 if it has ended."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def measure(command: list[str], folder: Path) -> dict[str, float]:
    """Return wall and processor seconds of a command, and the peak of its memory.

    Raises
    ------
    SystemExit
        If it fails; what it said is shown.
    """
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "MKL_"))}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(  # noqa: S603
            command, cwd=folder, env=variables, stdout=log, stderr=subprocess.STDOUT
        )
        memory = Memory(process.pid)
        memory.start()
        failed = process.wait()
        memory.done.set()
        if failed:
            log.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{log.read()[-3000:]}")
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "wall_seconds": wall,
        "processor_seconds": processor,
        "peak_bytes": memory.peak_bytes,
    }


def link_images(photographs: list[Path], count: int, folder: Path) -> None:
    """Fill a folder with links of photographs, taken again from the start if they are too few."""
    folder.mkdir(parents=True)
    for number, path in enumerate(islice(cycle(photographs), count)):
        destination = folder / f"{number:05d}{path.suffix}"
        try:
            os.link(path, destination)
        except OSError:
            shutil.copyfile(path, destination)


def run_workflow(weights: Path, images: Path, folder: Path, options: Any) -> dict[str, float]:
    """Measure the workflow in a fresh copy of the project."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
    changes: dict[str, Any] = {
        "models": {"yolo11n": {"weights": str(weights)}},
        "images": str(images),
    }
    if not options.everything:
        changes |= TERSE
    (folder / "changes.yaml").write_text(yaml.safe_dump(changes))
    cores = ["--cores", str(options.cores)]
    configuration = ["--configfile", "config.yaml", "changes.yaml"]
    command = [sys.executable, "-m", "snakemake", *cores, *configuration]
    return measure(command, folder)


def run_script(weights: Path, images: Path, folder: Path) -> dict[str, float]:
    """Measure the script on a copy of the checkpoint, since its export lands beside it."""
    folder.mkdir()
    shutil.copyfile(weights, folder / "model.pt")
    script = str(ROOT / "bench" / "single_process.py")
    python = [sys.executable, "-P"]  # torch imports `profile`, which this folder has one of, too
    return measure([*python, script, "model.pt", str(images), "boxes.json"], folder)


def compare(weights: Path, photographs: list[Path], count: int, options: Any) -> dict[str, Any]:
    """Measure both in turn on so many images."""
    rounds = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
            folder = Path(scratch)
            link_images(photographs, count, folder / "photographs")
            script = run_script(weights, folder / "photographs", folder / "script")
            workflow = run_workflow(weights, folder / "photographs", folder / "workflow", options)
            rounds.append({"script": script, "workflow": workflow})
    ratios = {
        name: [each["workflow"][key] / each["script"][key] for each in rounds]
        for key, name in MEASURES.items()
    }
    for name, each in ratios.items():
        spread = f"{min(each):.2f} to {max(each):.2f}"
        print(f"{count} images: {name} {median(each):.2f} x the script's ({spread})", flush=True)
    return {"images": count, "rounds": rounds, "ratios": ratios}


def main() -> None:
    """Measure, print the ratios and write everything down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", help="a folder, a glob or a list; by default the config's")
    parser.add_argument("--counts", type=int, nargs="+", default=[16, 128, 1000])
    parser.add_argument("--cores", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--everything", action="store_true", help="as config.yaml says")
    parser.add_argument("--scratch", help="where to work; on the disk of the images they are links")
    parser.add_argument("--destination", type=Path, default=ROOT / "results/bench/workflow.json")
    options = parser.parse_args()
    from parity.backends.pytorch.checkpoint import packaged_export  # noqa: PLC0415
    from parity.backends.pytorch.rebuilding import rebuild_checkpoint  # noqa: PLC0415

    images = options.images or yaml.safe_load((ROOT / "config.yaml").read_text())["images"]
    photographs = [path.resolve() for path in find_images(images).values()]
    with tempfile.TemporaryDirectory() as scratch:
        weights = Path(scratch) / "yolo11n.pt"
        rebuild_checkpoint(packaged_export(), weights)
        runs = [compare(weights, photographs, count, options) for count in options.counts]
    options.destination.parent.mkdir(parents=True, exist_ok=True)
    record = {"machine": vars(describe_machine(options.cores)), "runs": runs}
    options.destination.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
