"""The results of a model: the numbers of its arms and comparisons, and its worst images."""

from dataclasses import dataclass, field
from typing import ClassVar

from parity.comparison.differences import Differences
from parity.comparison.output_checks import Check
from parity.comparison.rounding import UNROUNDED, Rounding
from parity.comparison.settings import ComparisonSettings
from parity.comparison.tolerances import Quantity, Tolerance, widened
from parity.detection.detection_files import MadeBy, Thresholds
from parity.model_files.results import ExportDescription


@dataclass(frozen=True)
class ArmResults:
    """The detections of an arm, counted."""

    made_by: MadeBy
    images: int
    unreadable: int
    detections: int
    mean_score: float | None
    """None if no detection states a score."""
    classes: dict[str, int]
    """Detections by class name, the most frequent first."""
    failed_checks: dict[Check, int]
    """Detections by check; images of "non-finite output"."""


@dataclass(frozen=True)
class Distribution:
    """How some values are distributed."""

    mean: float
    median: float
    p95: float
    min: float
    max: float
    """All are NaN if one of the values is."""


@dataclass(frozen=True)
class Distributions:
    """Differences of matched pairs; None without any pair."""

    box_px: Distribution | None
    """Largest difference of a coordinate, image px."""
    score: Distribution | None
    """Absolute difference of scores, of pairs where both are stated."""
    iou: Distribution | None
    """Overlaps."""
    measures: dict[str, Distribution] = field(default_factory=dict)
    """Of each further measure."""


@dataclass(frozen=True)
class RunDifferences(Differences):
    """Two arms on all images."""

    images: int
    images_read: int
    images_differing: int
    """Images compared, read by both arms, and beyond the tolerance."""
    distributions: Distributions
    """Of the matched pairs."""
    passed: bool
    """Whether the run stays within the tolerance."""
    required: Tolerance
    """The smallest tolerance that would have passed, rounding not included."""
    exceeded: list[Quantity]
    """The quantities that are beyond the tolerance."""
    rounding: Rounding
    """What printing may have changed at most, in any image."""


@dataclass(frozen=True)
class AlsoDiffering:
    """Images on which a deployment differs, by which of its two effects differs there, too."""

    runtime: int = 0
    geometry: int = 0
    both: int = 0
    neither: int = 0


@dataclass(frozen=True)
class ComparisonResults(RunDifferences, ComparisonSettings):
    """A comparison and what it gave."""

    also_differing: AlsoDiffering | None = None
    """Of a deployment."""
    task: str = "detect"
    """Of the models, a key of :data:`parity.tasks.task.TASKS`."""

    @property
    def allowed(self) -> Tolerance:
        """The tolerance and what printing may have changed."""
        return widened(self.tolerance, self.rounding)


@dataclass(frozen=True)
class ImageArm:
    """An arm on one image."""

    detections: int
    """How many there are."""
    failed_checks: dict[Check, list[int]]
    """Indices of detections by the check that they fail."""


@dataclass(frozen=True)
class ImageDifferences(Differences):
    """Two arms on one image."""

    passed: bool
    """Whether they stay within the tolerance."""
    rounding: Rounding = UNROUNDED
    """What printing may have changed."""


@dataclass(frozen=True)
class ImageResults:
    """All arms and comparisons on one image."""

    name: str
    sha256: str
    """Path below the images' root, and digest of the file."""
    height: int
    width: int
    """Px; 0 if it could not be read."""
    reasons: dict[str, str]
    """By arm, why it could not read the image."""
    not_stated: list[str]
    """Arms that state nothing of it."""
    arms: dict[str, ImageArm]
    """By arm."""
    comparisons: dict[str, ImageDifferences]
    """By comparison."""


@dataclass(frozen=True)
class UnreadableImage:
    """An image that some arm could not read."""

    name: str
    """Path below the images' root."""
    reasons: dict[str, str]
    """By arm that could not read it, why."""
    arms: list[str]
    """Arms that had to read it."""


@dataclass(frozen=True)
class Results:
    """Everything that a run measured of a model."""

    SCHEMA: ClassVar[str] = "results/1"

    model: str
    images_note: str
    """Where the images come from, if that is worth a word."""
    names: dict[int, str]
    """Class names by id."""
    thresholds: Thresholds
    """Of the reference."""
    arms: dict[str, ArmResults]
    """By arm; the first is the reference."""
    exports: dict[str, ExportDescription]
    """By export."""
    comparisons: dict[str, ComparisonResults]
    """By comparison."""
    images_total: int
    images_listed: int
    images_unreadable: int
    """Images of the run, images in ``images``, and images that some arm could not read."""
    images: list[ImageResults]
    """The worst images, the worst first."""
    unreadable: list[UnreadableImage]
    """The first of those that some arm could not read, by name."""

    @property
    def task(self) -> str:
        """What the model does, a key of :data:`parity.tasks.task.TASKS`."""
        heads = (arm.made_by.head for arm in self.arms.values())
        return next((head.task for head in heads if head), "detect")
