"""Prove that a refactoring changed no number: run two revisions and compare all their results.

Both run the sample run, the demo of faults, the demo of exports, and a run with labels, which are
the sample run's own detections. Then every number in every result is compared bit by bit: JSON,
arrays and pictures. Identifiers (arms, faults, digests of models and images) are compared too.
What is left out is listed with its reason: sentences, places of files, timings, and the files of
``LEFT_OUT``. What a revision renames is put into ``RENAMED_FILES`` and ``RENAMED_WORDS``; a key
that one side lacks is no difference if the other holds null or nothing there.

    python -m bench.compare_revisions af30fe2
    python -m bench.compare_revisions --before finished/before --after finished/after
"""

import argparse
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

ROOT = Path(__file__).resolve().parent.parent
RUNS = ("sample", "demo", "exports", "labels")
SHOWN = 20

RENAMED_FILES: dict[str, str] = {}
"""Beginnings of paths: before, and after."""

RENAMED_WORDS: dict[str, dict[str, str]] = {}
"""Keys and identifiers, before and after, by the folder of results (as it is called after) that
they stand in; those of an empty name in all folders."""

ADDED: dict[str, str] = {}
"""Files and fields that exist after only, and why: patterns such as ``results/new/*`` and
``results/diagnose/*: faults*title``."""

REMOVED: dict[str, str] = {}
"""Files and fields that existed before only, and why."""

LEFT_OUT = {
    "results/report/*": "text for people, and copies of other results",
    "results/verdict/badge.svg": "the verdict in another format than verdict.json",
    "results/verdict/junit.xml": "the verdict in another format than verdict.json",
    "results/verdict/summary.md": "the verdict in another format than verdict.json",
    "results/gate/*": "a mark that the gates pass",
    "results/plot*/*": "pictures whose titles are text; what they show is compared as numbers",
    "results/*/choices.png": "a picture whose titles are text; its numbers are in choices.json",
    "results/checkpoint/*.pt": "a copy of the weights, whose digest every result holds",
    "results/*.onnx": "the digest in the description, which ignores metadata, is compared",
    "results/*/.*": "what planning and Snakemake remember",
}
"""Files (patterns) that are not compared, and why."""

UNCOMPARED_KEYS = {
    "schema": "the version of a format",
    "digest": "of the text of the file, which also holds what is not compared",
    "path": "where a file lies",
    "source": "where a file lies",
}
"""Keys whose values are not compared, and why; sentences are told by their blanks."""


@dataclass
class Comparison:
    """What a comparison of two runs found."""

    files: int = 0
    numbers: int = 0
    pixels: int = 0
    identifiers: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)


def run_all(tree: Path, out: Path, cores: int, names: Sequence[str]) -> None:
    """Run a revision as often as is named, each time in a folder of its own."""
    if {"sample", "labels"} & {*names}:
        run(tree, out / "sample", cores)
    if "demo" in names:
        run(tree, out / "demo", cores, tree / "config" / "demo_faults.yaml")
    if "exports" in names:
        run(tree, out / "exports", cores, tree / "config" / "exports.yaml")
    if "labels" in names:
        write_labels(out / "sample", out / "labels_of_sample")
        tolerances = {"missing": 5, "extra": 5, "box_px": 5, "score": 0.02}
        content = {
            "labels": str(out / "labels_of_sample"),
            "exports": {"fp32": {}, "fp16": {"quantize": 16, "tolerances": tolerances}},
            "fallback": {"enabled": True},
        }
        (out / "labels.yaml").write_text(yaml.safe_dump(content))
        run(tree, out / "labels", cores, tree / "config.yaml", out / "labels.yaml")


def run(tree: Path, out: Path, cores: int, *configs: Path) -> None:
    """Run the workflow of a tree in a folder, on samples since its folder of images is empty.

    The configuration of the tree lies in the folder, as for a user; ``configs`` are given besides.
    """
    (out / "images").mkdir(parents=True, exist_ok=True)
    shutil.copy(tree / "config.yaml", out)
    command: list[str | Path] = [
        sys.executable, "-m", "snakemake", "-s", tree / "Snakefile", "--workflow-profile",
        tree / "profiles" / "default", "--directory", out, "--cores", str(cores),
    ]  # fmt: skip
    if configs:
        command += ["--configfile", *configs]
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (out / "run.log").open("w") as log:
        subprocess.run(  # noqa: S603
            command,
            cwd=out,
            env=os.environ | {"PATH": programs},
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,  # a verdict may fail, as long as there is one
        )
    if not (out / "results" / "verdict" / "verdict.json").is_file():
        sys.exit(f"{out}: the run has no verdict\n{(out / 'run.log').read_text()[-3000:]}")


def write_labels(finished: Path, folder: Path) -> None:
    """Write what PyTorch detects in a finished run as YOLO's text files."""
    for path in finished.glob("results/detect_pytorch/*/pytorch-rect/*.json"):
        for image in json.loads(path.read_text())["images"]:
            corners = np.array(image["boxes"]).reshape(-1, 4)
            centres, sides = (corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]
            boxes = np.hstack([centres, sides]) / np.tile([image["width"], image["height"]], 2)
            lines = [
                f"{class_id} {' '.join(map(repr, box))}\n"
                for class_id, box in zip(image["class_ids"], boxes.tolist(), strict=True)
            ]
            file = (folder / image["name"]).with_suffix(".txt")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(lines))


@contextlib.contextmanager
def working_tree() -> Iterator[Path]:
    """Yield a temporary folder with the project as it is now, so that it may be edited."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    with tempfile.TemporaryDirectory(prefix="working-tree-") as folder:
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                destination = Path(folder, name)
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, destination)
        yield Path(folder)


@contextlib.contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """Yield a temporary folder with the project as it is in a revision."""
    archive = subprocess.run(  # noqa: S603
        ["git", "archive", revision],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        sys.exit(archive.stderr.decode().strip())
    with tempfile.TemporaryDirectory(prefix="revision-") as folder:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
            files.extractall(folder, filter="data")
        yield Path(folder)


def compare_runs(before: Path, after: Path) -> Comparison:
    """Compare the results of two finished runs."""
    found = Comparison()
    old, new = result_files(before), result_files(after)
    for name in sorted(old.keys() | new.keys()):
        if reason := reason_of(LEFT_OUT, name):
            found.left_out[reason] += 1
        elif name not in new:
            if not reason_of(REMOVED, name):
                found.differences.append(f"{name} exists before only")
        elif name not in old:
            if not reason_of(ADDED, name):
                found.differences.append(f"{name} exists after only")
        else:
            found.files += 1
            compare_files(name, old[name], new[name], found)
    return found


def result_files(folder: Path) -> dict[str, Path]:
    """Return the files of the results of a run by their path below it, as they are called after."""
    files = (path for path in (folder / "results").rglob("*") if path.is_file())
    return {renamed(path.relative_to(folder).as_posix()): path for path in files}


def renamed(name: str) -> str:
    """Return the path of a file as it is called after."""
    for old, new in RENAMED_FILES.items():
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name


def reason_of(table: dict[str, str], name: str) -> str:
    """Return the reason that a table gives for a file or field; empty if it gives none."""
    return next((reason for pattern, reason in table.items() if fnmatch(name, pattern)), "")


def compare_files(name: str, before: Path, after: Path, found: Comparison) -> None:
    """Compare two files; what differs is noted."""
    suffix = after.suffix
    if suffix in {".jpg", ".png"}:
        one, other = (cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in (before, after))
        found.pixels += other.size
        compare_arrays(name, "pixels", one, other, found)
    elif suffix == ".npz":
        with np.load(before) as one, np.load(after) as other:
            compare_archives(name, one, other, found)
    elif suffix in {".json", ".js"}:
        compare_documents(name, parse(before), parse(after), found)
    else:
        found.differences.append(f"{name}: this script cannot compare {suffix or 'such'} files")


def compare_archives(
    name: str,
    before: Mapping[str, np.ndarray],
    after: Mapping[str, np.ndarray],
    found: Comparison,
) -> None:
    """Compare arrays by their names; ``about`` is a document."""
    for key in sorted({*before, *after}):
        if key not in before or key not in after:
            side = "before" if key in before else "after"
            found.differences.append(f"{name}: {key} exists {side} only")
        elif key == "about":
            one, other = (json.loads(arrays[key].tobytes()) for arrays in (before, after))
            compare_documents(name, one, other, found)
        else:
            found.numbers += after[key].size
            compare_arrays(name, key, before[key], after[key], found)


def parse(path: Path) -> Any:
    """Return the content of a JSON file, or the arguments of the call that a script consists of."""
    text = path.read_text()
    if path.suffix == ".js":
        text = f"[{text[text.index('(') + 1 : text.rindex(')')]}]"
    return json.loads(text)


def compare_arrays(
    name: str, key: str, before: np.ndarray, after: np.ndarray, found: Comparison
) -> None:
    """Compare two arrays bit by bit."""
    if (before.dtype, before.shape) != (after.dtype, after.shape):
        found.differences.append(
            f"{name}: {key} is {before.dtype} {before.shape} before, {after.dtype} {after.shape} "
            "after"
        )
    elif before.tobytes() != after.tobytes():
        rows = np.argwhere((before != after) & ~((before != before) & (after != after)))  # noqa: PLR0124
        first = tuple(rows[0].tolist()) if len(rows) else ()
        found.differences.append(
            f"{name}: {key} differs in {len(rows)} of {before.size} numbers"
            + (
                f", first at {first}: {before[first]!r} before, {after[first]!r} after"
                if first
                else ""
            )
        )


def compare_documents(name: str, before: Any, after: Any, found: Comparison) -> None:
    """Compare two JSON documents value by value."""
    folder = name.split("/")[1]
    words = RENAMED_WORDS.get("", {}) | RENAMED_WORDS.get(folder, {})
    one, other = dict(values_of(before, words)), dict(values_of(after, words))
    for path in one.keys() | other.keys():
        if path not in one or path not in other:
            there, side = (one, "before") if path in one else (other, "after")
            table = REMOVED if path in one else ADDED
            if not reason_of(table, f"{name}: {path}"):
                found.differences.append(f"{name}: {path} is {there[path]!r} {side} only")
            continue
        if isinstance(other[path], str):
            found.identifiers += 1
        else:
            found.numbers += 1
        if not same(one[path], other[path]):
            found.differences.append(
                f"{name}: {path} is {one[path]!r} before, {other[path]!r} after"
            )


def values_of(value: Any, words: dict[str, str], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield path and value of every number and identifier of a document, with renamed words."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in UNCOMPARED_KEYS:
                yield from values_of(inner, words, f"{path}.{words.get(key, key)}".lstrip("."))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from values_of(inner, words, f"{path}[{index}]")
    elif isinstance(value, str):
        if value and not re.search(r"\s", value):
            yield path, words.get(value, value)
    elif value is not None:
        yield path, value


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal to the last bit; a whole float equals its integer."""
    if isinstance(one, float) and isinstance(other, float):
        return one.hex() == other.hex()
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def show(run_name: str, found: Comparison) -> None:
    """Print the row of a run, and what differs."""
    print(
        f"| {run_name} | {found.files:,} | {found.numbers:,} | {found.identifiers:,} | "
        f"{found.pixels:,} | {len(found.differences):,} |"
    )
    for difference in sorted(found.differences)[:SHOWN]:
        print(f"    {difference}")
    if len(found.differences) > SHOWN:
        print(f"    and {len(found.differences) - SHOWN:,} more")


def main() -> None:
    """Run what is not finished, compare, and exit with 1 if anything differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("revision", nargs="?", help="the revision to compare this tree with")
    parser.add_argument("--before", type=Path, help="finished runs of the other revision")
    parser.add_argument("--after", type=Path, help="finished runs of this tree")
    parser.add_argument("--output", type=Path, help="where runs are made and kept")
    parser.add_argument(
        "--runs", nargs="+", choices=RUNS, default=RUNS, help="which to make and compare"
    )
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="cores of a run")
    options = parser.parse_args()
    if not options.before and not options.revision:
        parser.error("name a revision, or finished runs of one (--before)")
    with tempfile.TemporaryDirectory(prefix="runs-") as temporary:
        output = (options.output or Path(temporary)).resolve()
        before, after = options.before, options.after
        if not before:
            before = output / "before"
            with checked_out(options.revision) as tree:
                run_all(tree, before, options.cores, options.runs)
        if not after:
            after = output / "after"
            with working_tree() as tree:
                run_all(tree, after, options.cores, options.runs)
        print("| run | files | numbers | identifiers | pixels | differences |")
        print("|---|---|---|---|---|---|")
        comparisons = {name: compare_runs(before / name, after / name) for name in options.runs}
        for name, found in comparisons.items():
            show(name, found)
        left_out: Counter[str] = sum((each.left_out for each in comparisons.values()), Counter())
        print("\nNot compared:")
        for reason, files in left_out.most_common():
            print(f"- {files:,} files: {reason}")
        for key, reason in UNCOMPARED_KEYS.items():
            print(f"- values of {key}: {reason}")
        print("- sentences: strings with blanks\n- logs and benchmarks: text and timings")
    sys.exit(any(found.differences for found in comparisons.values()))


if __name__ == "__main__":
    main()
