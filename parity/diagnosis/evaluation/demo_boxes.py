"""Boxes of a deployment with known faults, written as people would provide them."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from parity.data.batch_files import load_batch
from parity.deployment.replay import Replayer
from parity.deployment.run import Network, pipeline_of
from parity.detection.run_length import encode_masks
from parity.diagnosis.evaluation.injection import (
    find_faults,
    observe,
    usual_thresholds,
    with_declared,
    with_faults,
)
from parity.external.observations import Declared, Observed
from parity.files import atomic
from parity.tasks.task import TASKS

MOST_IMAGES = 32
"""Images of which boxes are written, at most; chosen."""


def write_demo_boxes(
    network: Network,
    batches: list[str],
    faults: list[str],
    destination: str | Path,
    *,
    conf: float | None = None,
    iou: float | None = None,
) -> None:
    """Run a deployment with some faults and write its boxes as plain JSON.

    Parameters
    ----------
    network : Network
        What the deployment runs.
    batches : list of str
        Lists of images; the first :data:`MOST_IMAGES` that can be read are used.
    faults : list of str
        Names of faults that can be combined; a correct deployment without any.
    destination : str or Path
        The file: ``images``, and ``detections`` with image, box, score and class id each; boxes
        with 2 decimals and scores with 4, as people print them.
    conf, iou : float, optional
        Thresholds of the deployment; by default :func:`usual_thresholds`.
    """
    listed = [image for path in batches for image in load_batch(path)]
    paths = {image.name: Path(image.path) for image in listed}
    replayer = Replayer(network, paths)
    task = network.head.task
    correct = with_declared(pipeline_of(network), usual_thresholds(task))
    correct = with_declared(correct, Declared(conf=conf, iou=iou))
    pipeline = with_faults(find_faults(faults, task), correct)
    readable = (name for name in sorted(paths) if replayer.input_of(pipeline, name) is not None)
    names = list(islice(readable, MOST_IMAGES))
    seen = observe(replayer, pipeline, names, declared=Declared()).images
    rows = [{"image": name, **row} for name in names for row in written_rows(seen[name], task)]
    with atomic(destination) as temporary:
        lines = ",\n  ".join(map(json.dumps, rows))
        images = json.dumps(names)
        temporary.write_text(f'{{\n "images": {images},\n "detections": [\n  {lines}\n ]\n}}\n')


def written_rows(seen: Observed, task: str) -> Iterator[dict[str, Any]]:
    """Yield what is written of each object of an image, or of each label."""
    pairs = zip(seen.scores.tolist(), seen.class_ids.tolist(), strict=True)
    for i, (score, class_id) in enumerate(pairs):
        row: dict[str, Any] = {"score": score, "class_id": class_id}
        if not TASKS[task].has_boxes:
            yield row
            continue
        if seen.oriented is not None:
            yield {"xywhr": seen.oriented[i].tolist(), **row}
            continue
        row = {"box": seen.boxes[i].tolist(), **row}
        if seen.masks is not None:
            (counts,) = encode_masks(seen.masks[i : i + 1])
            row["segmentation"] = {"size": list(seen.masks.shape[1:]), "counts": counts}
        if seen.keypoints is not None:
            row["keypoints"] = seen.keypoints[i].tolist()
        yield row
