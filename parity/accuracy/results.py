"""The accuracy of a model's arms against labels, and what each comparison costs."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

ErrorType = Literal["class", "location", "class and location", "duplicate", "background"]
"""Why a detection finds no object."""

Fate = Literal["found", "wrong class", "badly placed", "missed"]
"""What became of a labelled object."""

ERROR_TYPES: tuple[ErrorType, ...] = get_args(ErrorType)
FATES: tuple[Fate, ...] = get_args(Fate)


@dataclass(frozen=True)
class LabelFacts:
    """What the labels are.

    Attributes
    ----------
    source : str
        The file or folder that holds them.
    images, objects, crowds : int
        Labelled images, their objects, and regions marked as crowds.
    notes : list of str
        What was noticed when reading them.
    """

    source: str
    images: int
    objects: int
    crowds: int
    notes: list[str]


@dataclass(frozen=True)
class Protocol:
    """How accuracy was measured.

    Attributes
    ----------
    task : str
        Of the model, a key of :data:`parity.tasks.task.TASKS`.
    iou : float
        IoU threshold of the suppression before precision is averaged.
    max_det : int
        Detections of an image, at most.
    draws : int
        Draws of the bootstrap.
    says : str
        What the task's metrics are, in words.
    """

    task: str
    iou: float
    max_det: int
    draws: int
    says: str


@dataclass(frozen=True)
class Metric:
    """A value that says how accurate an arm is, from 0 to 1.

    Attributes
    ----------
    value : float or None
        None where nothing is labelled.
    interval : tuple of float
        95 % interval of a bootstrap over images.
    """

    value: float | None
    interval: tuple[float, float]


@dataclass(frozen=True)
class ClassAccuracy:
    """The accuracy of an arm on one class.

    Attributes
    ----------
    metrics : dict of str to float or None
        Values by name.
    objects : int
        Labelled objects.
    """

    metrics: dict[str, float | None]
    objects: int


@dataclass(frozen=True)
class OperatingPoint:
    """What an arm gets right and wrong at the thresholds of the deployment.

    Attributes
    ----------
    precision, recall : float or None
        None without any detection, or any object.
    detections, objects : int
        Counts.
    mistakes : dict of ErrorType to int
        Detections that find no object, by type.
    fates : dict of Fate to int
        Objects by what became of them.
    """

    precision: float | None
    recall: float | None
    detections: int
    objects: int
    mistakes: dict[ErrorType, int]
    fates: dict[Fate, int]


@dataclass(frozen=True)
class ArmAccuracy:
    """The accuracy of an arm.

    Attributes
    ----------
    metrics : dict of str to Metric
        By name, such as ``mask mAP50-95``, the one that exports are compared by first.
    sizes : dict of str to float or None
        The first metric for small (below 32² px), medium and large (from 96² px) objects; empty
        for a task without sizes.
    classes : dict of str to ClassAccuracy
        By class name, of labelled classes.
    floor : float
        Candidates score above it.
    operating_point : OperatingPoint or None
        At the thresholds of the deployment; None for a task that detects no objects.
    """

    metrics: dict[str, Metric]
    sizes: dict[str, float | None]
    classes: dict[str, ClassAccuracy]
    floor: float
    operating_point: OperatingPoint | None


@dataclass(frozen=True)
class AccuracyLoss:
    """What a candidate loses against its reference.

    Attributes
    ----------
    difference : float
        Candidate less reference.
    interval : tuple of float
        95 % interval of it.
    percent : float or None
        What is lost of the reference's value; None if that is 0.
    percent_interval : tuple of float or None
        95 % interval of it; None if ``percent`` is.
    """

    difference: float
    interval: tuple[float, float]
    percent: float | None
    percent_interval: tuple[float, float] | None


@dataclass(frozen=True)
class AccuracyComparison:
    """Two arms compared by their accuracy.

    Attributes
    ----------
    reference, candidate : str
        Names of the arms.
    losses : dict of str to AccuracyLoss
        What the candidate loses, by metric.
    moved : dict of Fate to dict of Fate to int
        Objects by their fate in the reference, then by their fate in the candidate.
    """

    reference: str
    candidate: str
    losses: dict[str, AccuracyLoss]
    moved: dict[Fate, dict[Fate, int]]


@dataclass(frozen=True)
class Accuracy:
    """The accuracy of all arms of a model.

    Attributes
    ----------
    labels : LabelFacts
        What it was measured against.
    protocol : Protocol
        How it was measured.
    arms : dict of str to ArmAccuracy
        By arm.
    comparisons : dict of str to AccuracyComparison
        By comparison.
    """

    SCHEMA: ClassVar[str] = "accuracy/2"

    labels: LabelFacts
    protocol: Protocol
    arms: dict[str, ArmAccuracy]
    comparisons: dict[str, AccuracyComparison]

    @property
    def metric(self) -> str:
        """Name of the metric that exports are compared by."""
        return next(name for arm in self.arms.values() for name in arm.metrics)
