"""What a deployment of a task decides, and what acts on it; the registry of tasks.

Each module of :mod:`parity.deployment.tasks` declares one task. A fault exists for the tasks that
have all the choices that it changes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parity.deployment.box_layout import to_corners
from parity.deployment.box_output import to_output
from parity.deployment.pipeline import Pipeline
from parity.deployment.preprocess import BOXED, InputFitting
from parity.detection.decoding import Candidates
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.detection.letterbox import Letterbox
from parity.registry import Registry
from parity.tasks.task import Outputs

Shape = tuple[int, int]
Decode = Callable[[Pipeline, Outputs, float, int], Candidates]
"""Makes candidates of the outputs of a network, given a floor and the number of classes."""


DETECTION = NetworkHead()

READING = ("output_axes", "head", "activation")
"""Choices that say how the first output of a detector is read."""


@dataclass(frozen=True)
class InImage:
    """Where candidates of an image belong."""

    place: Letterbox
    """Where the image lies in the input."""
    image_shape: Shape
    """Height and width of the image, px."""
    head: NetworkHead = DETECTION
    """What the candidates come from."""


def where_boxes_lie(pipeline: Pipeline, found: Candidates, image: InImage) -> np.ndarray:
    """Return the boxes of candidates as a deployment returns them, (N, 4)."""
    corners = to_corners(pipeline, found.boxes)
    return to_output(pipeline, corners, image.place, image.image_shape)


FLOOR, LEAST_SCORE = 0.01, 1e-4
"""Scores of boxes below them are not looked at unless lower ones were observed, and never; chosen:
every anchor is a candidate then."""


@dataclass(frozen=True)
class TaskDeployment:
    """How deployments of a task are run."""

    choices: frozenset[str]
    """The choices of :class:`Pipeline` that such a deployment has."""
    decode: Decode
    """See :data:`Decode`."""
    select: Callable[[Pipeline, Candidates, InImage], Candidates]
    """Applies thresholds and suppression to candidates, or what a deployment does in their place;
    boxes are x1, y1, x2, y2 in input px afterwards."""
    finish: Callable[[Pipeline, Candidates, InImage], Detections]
    """Makes detections of what is left, as a deployment returns them."""
    outline: Callable[[Pipeline, Candidates, InImage], Detections] | None = None
    """What makes detections without what costs much, where ``finish`` adds that."""
    where: Callable[[Pipeline, Candidates, InImage], np.ndarray] = where_boxes_lie
    """Where candidates lie in the image, (N, 4), without suppression: what rescaling is fitted
    by."""
    reading: tuple[str, ...] = READING
    """Those that say how the first output is read; all of their combinations are tried."""
    own: tuple[str, ...] = ()
    """Those that concern what the task adds to boxes; all of their combinations are tried."""
    fitting: InputFitting = BOXED
    """What fits images into the input."""
    floor: float = FLOOR
    least_score: float = LEAST_SCORE
    """Scores below them are not looked at unless lower ones were observed, and never."""


DEPLOYMENTS: Registry[TaskDeployment] = Registry("task")
"""Deployments by the name of the task."""
