"""What a task must define of postprocessing, and the registry."""

from collections.abc import Callable
from dataclasses import dataclass

from parity.detection.candidate_files import ImageCandidates
from parity.detection.decoding import Candidates
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.registry import Registry

Finish = Callable[[Candidates, ImageCandidates, NetworkHead], Detections]


@dataclass(frozen=True)
class Postprocessing:
    """How the candidates of a task become detections, without torch."""

    suppress: Callable[..., Candidates]
    """Apply ``conf``, ``iou`` and ``max_det`` to candidates of a raw head."""
    finish: Finish
    """Map what is left of the candidates of an image, at least one, into the image."""
    boxes: Finish
    """Do so with their boxes alone."""


POSTPROCESSING: Registry[Postprocessing] = Registry("task")
"""Postprocessing by the name of the task."""
