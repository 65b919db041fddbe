"""Measure the memory and disk of the steps after the network, by the number of images.

The detections are synthetic: 1 to 9 boxes an image, moved by up to 0.4 px for the candidate, so
that every file has the size that it would have. Each step runs in a process of its own.

    python -m bench.memory 1000 10000 100000
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from parity.comparison.differences import compare_batch
from parity.comparison.summary import summarise
from parity.data.batch_assignment import assign, count_batches
from parity.detection.candidate_files import CandidateBatch, ImageCandidates, NetworkRun
from parity.detection.decoding import Candidates
from parity.detection.detection_files import DetectionBatch, ImageDetections, MadeBy
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.documents import save
from parity.planning.arms import plan_arms, plan_comparisons
from parity.planning.checks import checked
from parity.planning.config import Config
from parity.planning.schema import complete
from parity.reporting.figures.matched_pairs import load_pairs

MODEL = "synthetic"
NAMES = {number: f"class{number}" for number in range(80)}
CANDIDATES = 170  # an image has so many at the default floor, measured on photographs of COCO


def synthetic(arm: str, seed: int) -> tuple[ImageCandidates, Detections]:
    """Return an image with its candidates and detections; arms differ by less than a pixel."""
    generator = np.random.default_rng(seed)
    count = int(generator.integers(1, 10))
    corners = generator.random((CANDIDATES, 2)) * 400
    boxes = np.hstack([corners, corners + 20 + generator.random((CANDIDATES, 2)) * 180])
    scores = 0.3 + 0.7 * generator.random(CANDIDATES)
    moved = np.random.default_rng([seed, len(arm)]).random(boxes.shape) * 0.4
    boxes = (boxes + moved).astype(np.float32)
    class_ids = generator.integers(0, 80, CANDIDATES).astype(np.int32)
    candidates = Candidates(boxes, scores.astype(np.float32), class_ids)
    image = ImageCandidates(
        f"{seed // 1000:04d}/{seed:07d}.jpg",
        f"{seed:064x}",
        (640, 640),
        (640, 640),
        candidates=candidates,
    )
    falling = np.argsort(-candidates.scores[:count])
    return image, Detections(
        boxes[:count][falling], candidates.scores[:count][falling], class_ids[:count][falling]
    )


def write_detections(config: Config, images: int, *, candidates: bool) -> None:
    """Write the files of every arm."""
    batches = count_batches(images, "auto")
    members: dict[int, list[int]] = {}
    for seed in range(images):
        members.setdefault(assign(str(seed), batches), []).append(seed)
    for arm, details in plan_arms(config).items():
        run = NetworkRun(
            model_sha256="0" * 64,
            imgsz=details.imgsz or config.size_of(MODEL),
            rect=details.rect,
            head=NetworkHead(),
            names=NAMES,
            floor=0.01,
            threads=1,
            versions={},
        )
        made_by = MadeBy.network(arm, config.thresholds, run)
        for number, seeds in sorted(members.items()):
            drawn = [synthetic(arm, seed) for seed in seeds]
            records = [ImageDetections.of(image, found) for image, found in drawn]
            place = f"{details.backend}/{MODEL}/{arm}/{number:05d}"
            save(f"results/detect_{place}.json", DetectionBatch(made_by, records))
            if candidates:
                batch = CandidateBatch(run, [image for image, _ in drawn])
                batch.save(f"results/infer_{place}.npz")


def compare(config: Config) -> None:
    """Compare every batch, as one job each would."""
    arms = plan_arms(config)
    for name, comparison in plan_comparisons(config, arms).items():
        reference, candidate = (
            f"results/detect_{arms[arm].backend}/{MODEL}/{arm}"
            for arm in (comparison.reference, comparison.candidate)
        )
        for path in sorted(Path(reference).iterdir()):
            destination = Path("results/compare", MODEL, name, path.name)
            compare_batch(path, Path(candidate, path.name), destination, iou=0.5)


def gather(config: Config) -> None:
    """Summarise all of it."""
    settings = plan_comparisons(config, plan_arms(config))
    detections = sorted(map(str, Path("results").glob(f"detect_*/{MODEL}/*/*.json")))
    comparisons = sorted(map(str, Path("results").glob(f"compare/{MODEL}/*/*.json")))
    results = summarise(
        MODEL, exports=[], detections=detections, comparisons=comparisons, settings=settings
    )
    save("results/comparison_results.json", results)


def pairs(_config: Config) -> None:
    """Load what the figures are drawn from."""
    load_pairs(sorted(Path("results").glob(f"compare/{MODEL}/*/*.json")))


def measured(work: Any, *arguments: Any, **options: Any) -> tuple[float, float]:
    """Return the seconds and the peak memory in MB of a call in a process of its own."""
    start = time.perf_counter()
    child = os.fork()
    if not child:
        work(*arguments, **options)
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    if status:
        sys.exit(f"{work.__name__} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def size_mb(*patterns: str) -> float:
    """Return the size of files in MB."""
    return sum(p.stat().st_size for pattern in patterns for p in Path().glob(pattern)) / 1e6


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[1_000, 10_000, 100_000])
    sizes = parser.parse_args().sizes
    config = checked(complete({"models": {MODEL: {"weights": "none"}}}))
    sys.stdout.write("synthetic detections; peak memory of a step in one process\n\n")
    sys.stdout.write("| images | step | seconds | peak memory | files |\n|---|---|---|---|---|\n")
    for images in sizes:
        with tempfile.TemporaryDirectory(prefix="memory-") as folder:
            os.chdir(folder)
            measured(write_detections, config, images, candidates=images <= 1_000)
            if images <= 1_000:
                stored = size_mb("results/infer_*/*/*/*.npz")
                sys.stdout.write(f"| {images:,} | infer, 3 arms | | | {stored:.1f} MB |\n")
            stored = size_mb("results/detect_*/*/*/*.json")
            sys.stdout.write(f"| {images:,} | detect, 3 arms | | | {stored:.1f} MB |\n")
            steps = [
                ("compare, all batches", compare, "results/compare/*/*/*.json"),
                ("summarise", gather, "results/comparison_results.json"),
                ("plot: load the pairs", pairs, ""),
            ]
            for name, work, files in steps:
                seconds, memory = measured(work, config)
                stored_text = f"{size_mb(files):.1f} MB" if files else ""
                sys.stdout.write(
                    f"| {images:,} | {name} | {seconds:.1f} | {memory:.0f} MB | {stored_text} |\n"
                )
                sys.stdout.flush()
            os.chdir("/")


if __name__ == "__main__":
    main()
