"""Boxes of a deployment with known faults, written as somebody would bring them."""

import difflib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from parity.data.batches import load_batch
from parity.deployment.replay import Replayer
from parity.deployment.run import pipeline_of
from parity.diagnosis.benchmark.injected_faults import compose, observe
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.catalogue.postprocessing import AFTER
from parity.diagnosis.catalogue.preprocessing import BEFORE
from parity.errors import UserError
from parity.external.observations import Declared
from parity.files import atomic

MOST_IMAGES = 32
CONF, IOU = 0.25, 0.45


def inject(
    network: Any,
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
        Lists of images; the first 32 that can be read are used.
    faults : list of str
        Names of faults that can be combined; a correct deployment without any.
    destination : str or Path
        The file: ``images``, and ``detections`` with image, box, score and class id each; boxes
        with 2 decimals and scores with 4, as people print them.
    conf, iou : float, optional
        Thresholds of the deployment.
    """
    listed = [image for path in batches for image in load_batch(path)]
    paths = {image.name: Path(image.path) for image in listed}
    replayer = Replayer(network, paths)
    correct = replace(
        pipeline_of(network), conf=CONF if conf is None else conf, iou=IOU if iou is None else iou
    )
    pipeline = compose(find(faults), correct)
    names: list[str] = []
    for name in sorted(paths):
        if len(names) < MOST_IMAGES and replayer.input_of(pipeline, name) is not None:
            names.append(name)
    seen = observe(replayer, pipeline, names, declared=Declared()).images
    rows = [
        {"image": name, "box": box, "score": score, "class_id": class_id}
        for name in names
        for box, score, class_id in zip(
            seen[name].boxes.tolist(),
            seen[name].scores.tolist(),
            seen[name].class_ids.tolist(),
            strict=True,
        )
    ]
    with atomic(destination) as temporary:
        lines = ",\n  ".join(map(json.dumps, rows))
        images = json.dumps(names)
        temporary.write_text(f'{{\n "images": {images},\n "detections": [\n  {lines}\n ]\n}}\n')


def find(names: list[str]) -> list[Fault]:
    """Return faults by name.

    Raises
    ------
    UserError
        If there is none of that name, or two change the same step.
    """
    catalogue = {fault.name: fault for fault in [*BEFORE, *AFTER] if fault.fields}
    for name in names:
        if name not in catalogue:
            like = difflib.get_close_matches(name, catalogue, n=5, cutoff=0.3)
            said = f"did you mean {', '.join(like)}?" if like else "see the catalogue."
            raise UserError(f"there is no fault {name!r} that can be injected; {said}")
    faults = [catalogue[name] for name in names]
    for i, fault in enumerate(faults):
        for other in faults[:i]:
            if fault.fields & other.fields:
                raise UserError(
                    f"{other.name} and {fault.name} change the same step and cannot be combined."
                )
    return faults
