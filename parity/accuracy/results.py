"""The accuracy of a model's arms against labels, and what each comparison costs."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, get_args

from parity.documents import load

ErrorType = Literal["class", "location", "class and location", "duplicate", "background"]
"""Why a detection finds no object."""

Fate = Literal["found", "wrong class", "badly placed", "missed"]
"""What became of a labelled object."""

ERROR_TYPES: tuple[ErrorType, ...] = get_args(ErrorType)
FATES: tuple[Fate, ...] = get_args(Fate)


@dataclass(frozen=True)
class LabelFacts:
    """What the labels are."""

    source: str
    """The file or folder that holds them."""
    images: int
    objects: int
    crowds: int
    """Labelled images, their objects, and regions marked as crowds."""
    notes: list[str]
    """What was noticed when reading them."""


@dataclass(frozen=True)
class Protocol:
    """How accuracy was measured."""

    task: str
    """Of the model, a key of :data:`parity.tasks.task.TASKS`."""
    iou: float
    """IoU threshold of the suppression before precision is averaged."""
    max_det: int
    """Detections of an image, at most."""
    draws: int
    """Draws of the bootstrap."""
    says: str
    """What the task's metrics are, in words."""


@dataclass(frozen=True)
class Metric:
    """A value that says how accurate an arm is, from 0 to 1."""

    value: float | None
    """None where nothing is labelled."""
    interval: tuple[float, float]
    """95 % interval of a bootstrap over images."""


@dataclass(frozen=True)
class ClassAccuracy:
    """The accuracy of an arm on one class."""

    metrics: dict[str, float | None]
    """Values by name."""
    objects: int
    """Labelled objects."""


@dataclass(frozen=True)
class OperatingPoint:
    """What an arm gets right and wrong at the thresholds of the deployment."""

    precision: float | None
    recall: float | None
    """None without any detection, or any object."""
    detections: int
    objects: int
    mistakes: dict[ErrorType, int]
    """Detections that find no object, by type."""
    fates: dict[Fate, int]
    """Objects by what became of them."""


@dataclass(frozen=True)
class ArmAccuracy:
    """The accuracy of an arm."""

    metrics: dict[str, Metric]
    """By name, such as ``mask mAP50-95``, the one that exports are compared by first."""
    sizes: dict[str, float | None]
    """The first metric for small (below 32² px), medium and large (from 96² px) objects; empty for
    a task without sizes."""
    classes: dict[str, ClassAccuracy]
    """By class name, of labelled classes."""
    floor: float
    """Candidates score above it."""
    operating_point: OperatingPoint | None
    """At the thresholds of the deployment; None for a task that detects no objects."""


@dataclass(frozen=True)
class AccuracyLoss:
    """What a candidate loses against its reference."""

    difference: float
    """Candidate less reference."""
    interval: tuple[float, float]
    """95 % interval of it."""
    percent: float | None
    """What is lost of the reference's value; None if that is 0."""
    percent_interval: tuple[float, float] | None
    """95 % interval of it; None if ``percent`` is."""


@dataclass(frozen=True)
class AccuracyComparison:
    """Two arms compared by their accuracy."""

    reference: str
    candidate: str
    losses: dict[str, AccuracyLoss]
    """What the candidate loses, by metric."""
    moved: dict[Fate, dict[Fate, int]]
    """Objects by their fate in the reference, then by their fate in the candidate."""


@dataclass(frozen=True)
class Accuracy:
    """The accuracy of all arms of a model."""

    SCHEMA: ClassVar[str] = "accuracy/2"

    labels: LabelFacts
    """What it was measured against."""
    protocol: Protocol
    """How it was measured."""
    arms: dict[str, ArmAccuracy]
    """By arm."""
    comparisons: dict[str, AccuracyComparison]
    """By comparison."""

    @property
    def metric(self) -> str:
        """Name of the metric that exports are compared by."""
        return next(name for arm in self.arms.values() for name in arm.metrics)


def load_accuracies(paths: Iterable[str]) -> dict[str, Accuracy]:
    """Return what ``accuracy`` wrote, ``…/<model>/accuracy.json``, by model."""
    return {Path(path).parent.name: load(path, Accuracy) for path in paths}
