"""Postprocessing: everything from the outputs of the network to detections."""

import numpy as np

import parity.deployment.tasks  # noqa: F401 - its modules register the tasks
from parity.deployment.pipeline import Pipeline
from parity.deployment.task import DEPLOYMENTS, InImage
from parity.detection.decoding import Candidates
from parity.detection.detections import Detections
from parity.tasks.task import TASKS, Outputs


def postprocess(
    pipeline: Pipeline, outputs: Outputs, image: InImage, *, classes: int
) -> Detections:
    """Do everything that follows the network.

    Parameters
    ----------
    pipeline : Pipeline
        Its choices after the network.
    outputs : tuple of float32 arrays
        What the network returned; the first is (4 + classes + E, anchors) or (rows, 6 + E) where it
        holds boxes.
    image : InImage
        Where they belong.
    classes : int
        How many the model knows.

    Returns
    -------
    Detections
        What the deployment returns.
    """
    floor = np.nextafter(np.float32(pipeline.conf), np.float32(-1))
    task = DEPLOYMENTS[image.head.task]
    found = candidates_of(pipeline, outputs, float(floor), image, classes=classes)
    return task.finish(pipeline, task.select(pipeline, found, image), image)


def candidates_of(
    pipeline: Pipeline, outputs: Outputs, floor: float, image: InImage, *, classes: int
) -> Candidates:
    """Return the candidates above a floor; the parameters are those of :func:`postprocess`."""
    head = image.head
    if head.finished:
        return TASKS[head.task].decode_finished(outputs, floor, classes)
    return DEPLOYMENTS[head.task].decode(pipeline, outputs, floor, classes)
