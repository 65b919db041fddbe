"""Measure what Snakemake's planning costs for large sets of images: python -m bench.planning.

The images are hard links of a few real photographs. The network does not run: every output is an
empty file that Snakemake is told to take for made, since only the planning is measured.

    python -m bench.planning --shards 1000000

measures tar shards of 10,000 images instead, which are hard links of one of tiny images, in jobs of
10,000, with their indices; and how fast a shard of photographs is indexed, beside sha256sum.
"""

import argparse
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

from parity.data.shard_index import ShardIndex
from tests.conftest import SHARED, copy_project

CONFIG = "changes.yaml"
TOUCH = (
    "import snakemake.executors.touch as touch; touch.Executor.SLEEPING_TIME = 0; "
    "import snakemake.cli; snakemake.cli.main()"
)
PER_FOLDER = 1000
PER_SHARD = 10_000
INDEXED = 2_000
"""Photographs in the shard that is indexed beside sha256sum."""

ROUNDS = 3


def link_images(photographs: Path, folder: Path, count: int) -> None:
    """Fill a folder with hard links, a thousand in each of its folders."""
    sources = sorted(path for path in photographs.iterdir() if path.suffix == ".jpg")
    for number in range(count):
        inner = folder / f"{number // PER_FOLDER:04d}"
        if number % PER_FOLDER == 0:
            inner.mkdir(parents=True)
        os.link(sources[number % len(sources)], inner / f"{number:07d}.jpg")


def run(root: Path, home: Path, *command: str) -> tuple[str, str]:
    """Run a command; return what it said, and its seconds and memory as cells of a table."""
    output = root / ".output"
    with output.open("w") as stream:
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, *command, "--configfile", "config.yaml", CONFIG],
            cwd=root,
            env=os.environ | {"HOME": str(home)},
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    text = output.read_text()
    if status:
        sys.exit(text[-3000:])
    processor = usage.ru_utime + usage.ru_stime
    return text, f"{seconds:.1f} s ({processor:.1f} s), {usage.ru_maxrss / 1024:.0f} MB"


def make_outputs(root: Path, listing: str) -> None:
    """Make every output that a dry run names as an empty file, or folder if it has no suffix."""
    for line in re.findall(r"Missing output files: ([^;\n]+)", listing):
        for name in line.split(", "):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix:
                path.touch()
            else:
                path.mkdir(exist_ok=True)


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a folder on the file system of the project, where hard links are possible."""
    folder = Path(tempfile.mkdtemp(prefix="planning-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def measure(count: int, photographs: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what was done and what it cost."""
    project = copy_project(folder / "project", folder / "home")
    root, home = project.root, project.home
    (root / CONFIG).write_text("images: photographs\n")
    link_images(photographs, root / "photographs", count)
    dry = ("-m", "snakemake", "--dry-run")
    yield "first dry run (every image is read)", run(root, home, *dry, "--quiet")[1]
    time.sleep(2)
    run(root, home, *dry, "--quiet")  # the links were young: they are read once more
    listing, cost = run(root, home, *dry)
    batches = len(list((root / "results/plan/batches").glob("[!.]*.json")))
    jobs = re.search(r"^total +(\d+)", listing, re.MULTILINE)
    yield "batches; jobs", f"{batches}; {jobs[1] if jobs else '?'}"
    yield "dry run, all to do", cost
    make_outputs(root, listing)
    run(root, home, "-c", TOUCH, "--touch", "--cores", "1", "--quiet")
    text, cost = run(root, home, "-m", "snakemake", "--cores", "1")
    if "Nothing to be done" not in text:
        sys.exit(text[-3000:])
    yield "run, nothing to do", cost
    changed = root / "photographs/0000/0000000.jpg"
    content = changed.read_bytes()
    changed.unlink()
    changed.write_bytes(content + b"\0")
    text, cost = run(root, home, *dry)
    again = re.search(r"^total +(\d+)", text, re.MULTILINE)
    yield "dry run, one image changed", f"{cost}; {again[1] if again else '?'} jobs"
    changed.unlink()
    text, cost = run(root, home, *dry)
    again = re.search(r"^total +(\d+)", text, re.MULTILINE)
    yield "dry run, one image removed", f"{cost}; {again[1] if again else '?'} jobs"


def write_shard(path: Path, contents: list[bytes], count: int) -> None:
    """Write a shard as the webdataset package does: a class beside each image."""
    with tarfile.open(path, "w") as shard:
        for number in range(count):
            for suffix, content in (("jpg", contents[number % len(contents)]), ("cls", b"0")):
                header = tarfile.TarInfo(f"{number:09d}.{suffix}")
                header.size = len(content)
                shard.addfile(header, io.BytesIO(content))


def measure_index(photographs: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield how fast a shard of photographs is indexed, in turn with sha256sum."""
    shard = folder / "photographs.tar"
    write_shard(shard, [path.read_bytes() for path in photographs.glob("*.jpg")], INDEXED)
    ways: dict[str, Callable[[], object]] = {
        "sha256sum": lambda: subprocess.run(["sha256sum", shard], check=True, capture_output=True),  # noqa: S603, S607
        "index": lambda: ShardIndex.build(str(shard)),
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, work in ways.items():
            start = time.perf_counter()
            work()
            spent[name].append(time.perf_counter() - start)
    for name, seconds in spent.items():
        speeds = sorted(shard.stat().st_size / 1e6 / each for each in seconds)
        yield name, f"{speeds[0]:.0f} to {speeds[-1]:.0f} MB/s"


def measure_shards(count: int, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what planning shards costs."""
    project = copy_project(folder / "project", folder / "home")
    root, home = project.root, project.home
    (root / CONFIG).write_text(f"images: shards\nimages_per_job: {PER_SHARD}\n")
    (root / "shards").mkdir()
    with chdir(root):
        first, *others = (f"shards/{number:06d}.tar" for number in range(-(-count // PER_SHARD)))
        write_shard(Path(first), [b"pixels"], PER_SHARD)
        time.sleep(3)  # else it is too young for its index to count
        index = ShardIndex.build(first)
        index.save(first)
        for path in others:
            os.link(first, path)
            index.save(path)
    dry = ("-m", "snakemake", "--dry-run", "--quiet")
    yield "dry run with the index, all lists new", run(root, home, *dry)[1]
    yield "dry run, all to do", run(root, home, *dry)[1]


def main() -> None:
    """Print one table per size of the set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--photographs", type=Path, default=SHARED / "data" / "coco" / "images")
    parser.add_argument("--shards", nargs="*", type=int, help="images, in tar shards of 10,000")
    options = parser.parse_args()
    sys.stdout.write("wall seconds (processor seconds), peak memory; inference is stubbed\n")
    if options.shards is not None:
        with scratch() as folder:
            show(f"a shard of {INDEXED:,} photographs", measure_index(options.photographs, folder))
    for size in options.sizes if options.shards is None else options.shards:
        with scratch() as folder:
            if options.shards is None:
                show(f"{size:,} images", measure(size, options.photographs, folder))
            else:
                show(f"{size:,} images in shards", measure_shards(size, folder))


def show(title: str, rows: Iterator[tuple[str, str]]) -> None:
    """Print a table, row by row as it is measured."""
    sys.stdout.write(f"\n| {title} | |\n|---|---|\n")
    for what, cost in rows:
        sys.stdout.write(f"| {what} | {cost} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
