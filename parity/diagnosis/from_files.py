"""One diagnosis from files to a file."""

import logging
from pathlib import Path
from typing import Any

from parity.data.batches import check_unchanged, load_batch
from parity.deployment.replay import Replayer
from parity.detection.candidate_files import CandidateBatch, NetworkRun
from parity.detection.detection_files import DetectionBatch
from parity.diagnosis.attribution import Reference, prove
from parity.diagnosis.diagnosis import diagnose
from parity.external.convert import load_converted
from parity.external.observations import Known
from parity.files import write_json
from parity.records import load

log = logging.getLogger(__name__)

DIAGNOSIS = "diagnosis/1"
EFFORT = "effort/1"


def answer(
    network: Any,
    inputs: dict[str, list[str]],
    known: Known,
    *,
    about: dict[str, str],
    iou: float,
    destination: str | Path,
    seconds: str | Path,
) -> None:
    """Diagnose a deployment and write the answer with its proof.

    Parameters
    ----------
    network : Network
        What the deployment runs, see :class:`parity.deployment.run.Network`.
    inputs : dict of str to list of str
        By batch: ``detections`` of the deployment, ``controls`` and ``candidates`` of PyTorch on
        the same input, and ``batches``, the lists of images.
    known : Known
        What is known of the deployment.
    about : dict of str to str
        ``model``, ``external``, ``export`` and ``reference``, the control's name.
    iou : float
        Smallest overlap of a matched pair.
    destination, seconds : str or Path
        The answer, and the effort, which differs from run to run.
    """
    observations = load_converted(inputs["detections"], known)
    names = load(inputs["detections"][0], DetectionBatch).made_by.names
    listed = [image for path in inputs["batches"] for image in load_batch(path)]
    paths = {image.name: Path(image.path) for image in listed if image.name in observations.images}
    replayer = Replayer(network, paths)
    diagnosis = diagnose(observations, paths, network, names, replayer=replayer)
    used = set(diagnosis.images)
    for image in listed:
        if image.name in used:
            check_unchanged(image)
    log.info("%s: %s", diagnosis.verdict, [fault.name for fault in diagnosis.faults])
    reference = load_reference(inputs["controls"], inputs["candidates"], used)
    proof = prove(diagnosis, observations, replayer, reference, iou=iou)
    content = {
        **about,
        "images_stated": len(observations.images),
        "declared": dict(vars(observations.declared)),
        **diagnosis.as_json(),
        **proof,
        "labels": {str(class_id): label for class_id, label in observations.labels.items()},
        "names": {str(class_id): name for class_id, name in names.items()},
    }
    write_json(destination, DIAGNOSIS, content)
    write_json(seconds, EFFORT, {**about, **diagnosis.effort()})


def load_reference(controls: list[str], candidates: list[str], wanted: set[str]) -> Reference:
    """Return PyTorch's candidates of some images; only the batches that hold one are opened.

    Parameters
    ----------
    controls, candidates : list of str
        Detections and candidates of the control arm, by batch.
    wanted : set of str
        Names of the images.
    """
    found = {}
    run: NetworkRun | None = None
    for control, path in zip(controls, candidates, strict=True):
        named = {image.name for image in load(control, DetectionBatch).images}
        if named & wanted or run is None:
            batch = CandidateBatch.load(path)
            run = batch.made_by
            found.update({i.name: i for i in batch.images if i.name in wanted and not i.reason})
    if run is None:
        raise ValueError("there is no batch")
    return Reference(found, run.end2end, run.floor)
