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
    """The detections of an arm, counted.

    Attributes
    ----------
    made_by : MadeBy
        What made them.
    images, unreadable, detections : int
        Counts.
    mean_score : float or None
        None if no detection states a score.
    classes : dict of str to int
        Detections by class name, the most frequent first.
    failed_checks : dict of Check to int
        Detections by check; images of "non-finite output".
    """

    made_by: MadeBy
    images: int
    unreadable: int
    detections: int
    mean_score: float | None
    classes: dict[str, int]
    failed_checks: dict[Check, int]


@dataclass(frozen=True)
class Distribution:
    """How some values are distributed.

    Attributes
    ----------
    mean, median, p95, min, max : float
        All are NaN if one of the values is.
    """

    mean: float
    median: float
    p95: float
    min: float
    max: float


@dataclass(frozen=True)
class Distributions:
    """Differences of matched pairs; None without any pair.

    Attributes
    ----------
    box_px : Distribution or None
        Largest difference of a coordinate, image px.
    score : Distribution or None
        Absolute difference of scores, of pairs where both are stated.
    iou : Distribution or None
        Overlaps.
    measures : dict of str to Distribution
        Of each further measure.
    """

    box_px: Distribution | None
    score: Distribution | None
    iou: Distribution | None
    measures: dict[str, Distribution] = field(default_factory=dict)


@dataclass(frozen=True)
class RunDifferences(Differences):
    """Two arms on all images.

    Attributes
    ----------
    images, images_read, images_differing : int
        Images compared, read by both arms, and beyond the tolerance.
    distributions : Distributions
        Of the matched pairs.
    passed : bool
        Whether the run stays within the tolerance.
    required : Tolerance
        The smallest tolerance that would have passed, rounding not included.
    exceeded : list of Quantity
        The quantities that are beyond the tolerance.
    rounding : Rounding
        What printing may have changed at most, in any image.
    """

    images: int
    images_read: int
    images_differing: int
    distributions: Distributions
    passed: bool
    required: Tolerance
    exceeded: list[Quantity]
    rounding: Rounding


@dataclass(frozen=True)
class AlsoDiffering:
    """Images on which a deployment differs, by which of its two effects differs there, too.

    Attributes
    ----------
    runtime, geometry, both, neither : int
        Images.
    """

    runtime: int = 0
    geometry: int = 0
    both: int = 0
    neither: int = 0


@dataclass(frozen=True)
class ComparisonResults(RunDifferences, ComparisonSettings):
    """A comparison and what it gave.

    Attributes
    ----------
    also_differing : AlsoDiffering or None
        Of a deployment.
    task : str
        Of the models, a key of :data:`parity.tasks.task.TASKS`.
    """

    also_differing: AlsoDiffering | None = None
    task: str = "detect"

    @property
    def allowed(self) -> Tolerance:
        """The tolerance and what printing may have changed."""
        return widened(self.tolerance, self.rounding)


@dataclass(frozen=True)
class ImageArm:
    """An arm on one image.

    Attributes
    ----------
    detections : int
        How many there are.
    failed_checks : dict of Check to list of int
        Indices of detections by the check that they fail.
    """

    detections: int
    failed_checks: dict[Check, list[int]]


@dataclass(frozen=True)
class ImageDifferences(Differences):
    """Two arms on one image.

    Attributes
    ----------
    passed : bool
        Whether they stay within the tolerance.
    rounding : Rounding
        What printing may have changed.
    """

    passed: bool
    rounding: Rounding = UNROUNDED


@dataclass(frozen=True)
class ImageResults:
    """All arms and comparisons on one image.

    Attributes
    ----------
    name, sha256 : str
        Path below the images' root, and digest of the file.
    height, width : int
        Px; 0 if it could not be read.
    reasons : dict of str to str
        By arm, why it could not read the image.
    not_stated : list of str
        Arms that state nothing of it.
    arms : dict of str to ImageArm
        By arm.
    comparisons : dict of str to ImageDifferences
        By comparison.
    """

    name: str
    sha256: str
    height: int
    width: int
    reasons: dict[str, str]
    not_stated: list[str]
    arms: dict[str, ImageArm]
    comparisons: dict[str, ImageDifferences]


@dataclass(frozen=True)
class UnreadableImage:
    """An image that some arm could not read.

    Attributes
    ----------
    name : str
        Path below the images' root.
    reasons : dict of str to str
        By arm that could not read it, why.
    arms : list of str
        Arms that had to read it.
    """

    name: str
    reasons: dict[str, str]
    arms: list[str]


@dataclass(frozen=True)
class Results:
    """Everything that a run measured of a model.

    Attributes
    ----------
    model : str
        Its name.
    images_note : str
        Where the images come from, if that is worth a word.
    names : dict of int to str
        Class names by id.
    thresholds : Thresholds
        Of the reference.
    arms : dict of str to ArmResults
        By arm; the first is the reference.
    exports : dict of str to ExportDescription
        By export.
    comparisons : dict of str to ComparisonResults
        By comparison.
    images_total, images_listed, images_unreadable : int
        Images of the run, images in ``images``, and images that some arm could not read.
    images : list of ImageResults
        The worst images, the worst first.
    unreadable : list of UnreadableImage
        The first of those that some arm could not read, by name.
    """

    SCHEMA: ClassVar[str] = "results/1"

    model: str
    images_note: str
    names: dict[int, str]
    thresholds: Thresholds
    arms: dict[str, ArmResults]
    exports: dict[str, ExportDescription]
    comparisons: dict[str, ComparisonResults]
    images_total: int
    images_listed: int
    images_unreadable: int
    images: list[ImageResults]
    unreadable: list[UnreadableImage]

    @property
    def task(self) -> str:
        """What the model does, a key of :data:`parity.tasks.task.TASKS`."""
        heads = (arm.made_by.head for arm in self.arms.values())
        return next((head.task for head in heads if head), "detect")
