"""The diagnosis as a document: what ``diagnose`` writes and the report reads."""

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from pathlib import Path
from typing import Any, ClassVar, Literal

from parity.detection.detection_files import Thresholds
from parity.detection.outlines import DetectionOutline
from parity.diagnosis.languages import Language
from parity.diagnosis.stages import FaultStage
from parity.documents import load_one_of
from parity.external.observations import Declared

DiagnosisVerdict = Literal["nothing_wrong", "explained", "explained_in_part", "not_explained"]
Threshold = Literal["conf", "iou", "max_det"]
StepKind = Literal["runtime", "choice", "fault", "rest", "rounding", "unexplained"]
Change = Literal["lost", "misplaced", "renamed", "added", "moved"]
"""What a fault does to an object: it is gone, its box does not overlap it enough, it gets another
class, it is there where there is none, or its box moves."""
Setting = bool | int | float | str | list[Any] | None
"""Value of a choice of :class:`parity.deployment.pipeline.Pipeline`; tuples become lists."""


@dataclass(frozen=True)
class NamedFault:
    """A fault, or a harmless choice, of the deployment."""

    name: str
    """Identifier, for files and configurations: ``bgr``."""
    title: str
    """Heading for people: "Colours swapped (BGR instead of RGB)"."""
    stage: FaultStage
    """A key of :data:`parity.diagnosis.stages.STAGE_TITLES`."""
    changes: dict[str, Setting]
    """Choices of :class:`parity.deployment.pipeline.Pipeline` and their values in the
    deployment."""
    wrong: str
    fix: str
    """What the deployment does and what it should do, a sentence each."""
    fixes: dict[Language, str]
    """The right lines in each language, in the order of the languages; may be empty."""
    run: tuple[Language, ...]
    """Languages whose lines the tests of yolo-parity run."""
    reference: str
    """Address of a public report; empty where none is known."""


@dataclass(frozen=True)
class Proof:
    """What the boxes, or the input tensors, say for a fault: what nothing else explains."""

    explained: int = 0
    """Observed boxes that are reproduced to their digits with the fault, and not without it."""
    unobserved: int = 0
    """Boxes that were not observed, and that would be predicted without the fault."""
    levels: float | None = None
    """Mean difference of the input tensors without the fault, less the difference with it, in grey
    levels; None without input tensors."""
    factor: float | None = None
    """By what factor the differences shrink with the fault, where boxes are not reproduced to their
    digits because something else is not explained; otherwise None."""
    closer: int = 0
    named: int = 0
    """In the same case, observed boxes that come close, and that get their class, with the fault
    and not without it."""
    boxes: int | None = None
    """Observed boxes of the images that were compared; None for all."""


@dataclass(frozen=True)
class Severity:
    """What a fault does to these images if it is the only one."""

    lost: int = 0
    added: int = 0
    renamed: int = 0
    """Objects without a partner on either side, and objects that got another class; the latter are
    neither lost nor added."""
    box_px: float = 0.0
    box_px_median: float = 0.0
    """How far coordinates move, px of the image: at most, and in the middle box."""
    score: float = 0.0
    """Largest change of a score."""
    shapes: dict[str, float] = field(default_factory=dict)
    """Largest change of what a task adds to boxes, by the names of :data:`HARMLESS_SHAPES`."""

    @property
    def harmless(self) -> bool:
        """Return whether nothing is lost, added or renamed, and nothing moves by a px or so."""
        moved = any(self.shapes.get(name, 0.0) >= most for name, most in HARMLESS_SHAPES.items())
        objects = self.lost or self.added or self.renamed
        return not (objects or moved) and self.box_px < HARMLESS_PX


HARMLESS_PX = 1.0
"""A move of a box that nobody sees, px; chosen."""

HARMLESS_SHAPES = {
    "keypoint_px": HARMLESS_PX,
    "visibility": 0.1,
    "angle": 1.0,
    "mask": 0.1,
    "probability": 0.1,
}
"""Changes that nobody sees of keypoints in px and of their visibilities, of angles in degrees, of
masks as 1 minus their IoU, see :func:`parity.comparison.measures.measure`, and of the probabilities
of labels, which have nothing else; chosen."""


@dataclass(frozen=True)
class DrawnBoxes:
    """The finite boxes of one image."""

    boxes: list[list[float]]
    """px of the image."""
    scores: list[float | None]
    """None where none was given."""
    class_ids: list[int]
    """Keys of ``names`` or ``labels`` of the document."""
    outlines: list[DetectionOutline] = field(default_factory=list)
    """What is drawn of each beside its box, or instead of it; empty where it is boxes alone."""


@dataclass(frozen=True)
class FaultExample:
    """Where a fault shows best, if it is the only one, or something unexplained, in an image."""

    name: str
    """Of the image."""
    height: int
    width: int
    """Size of the image, px."""
    change: Change
    """What happens to an object there."""
    view: tuple[float, float, float, float]
    """What of the image shows it, px."""
    correct: DrawnBoxes
    changed: DrawnBoxes
    """Boxes in the view without the fault and with it, or of what is explained and of what was
    observed; those of the object come first."""


@dataclass(frozen=True)
class FoundFault(NamedFault):
    """A fault of the deployment with its proof."""

    proof: Proof = Proof()
    """What speaks for it."""
    severity: Severity = Severity()
    example: FaultExample | None = None
    """Where it shows; None if it is harmless."""


@dataclass(frozen=True)
class ThresholdRange:
    """The values of a threshold that the boxes allow."""

    low: float | None
    high: float | None
    """Smallest and largest value; None where the boxes set no bound."""
    used: float
    """The value that is used where one is needed: the declared one if the boxes allow it, otherwise
    the one in the range that people set most often."""
    declared: float | None
    """What the user declares."""
    contradicted: bool = False
    """Whether the boxes do not allow the declared value."""

    @property
    def in_words(self) -> str:
        """Values that the boxes allow: "0.45 to 0.61", "at most 0.3", "any value"."""
        for digits in RANGE_DIGITS:
            low = _rounded(self.low, digits, ROUND_CEILING)
            high = _rounded(self.high, digits, ROUND_FLOOR)
            if not (low and high) or float(low) <= float(high):
                break
        if not low and not high:
            return "any value"
        if not (low and high):
            return f"at least {low}" if low else f"at most {high}"
        return low if low == high else f"{low} to {high}"


RANGE_DIGITS = (3, 4, 5, 6)
"""Significant digits of the ends of a range, as many as tell them apart; chosen."""


def _rounded(end: float | None, digits: int, rounding: str) -> str:
    if end is None:
        return ""
    if end == int(end):
        return f"{end:.0f}"
    return f"{Context(prec=digits, rounding=rounding).create_decimal(repr(end)).normalize():f}"


@dataclass(frozen=True)
class Unexplained:
    """What is left unexplained."""

    observed: float
    """Share of the observed boxes that are not reproduced to their digits."""
    predicted: float
    """Share of the predicted boxes that were not observed."""
    stages: tuple[FaultStage, ...]
    """Where it lies, as far as the evidence tells; empty where nothing is left."""
    severity: Severity
    """How the observed boxes differ from what is explained."""
    reasons: tuple[str, ...]
    """What commonly causes it, a sentence each."""
    of_rectangles: bool = False
    """Whether the boxes are those of ``predict`` on the checkpoint, see
    :mod:`parity.diagnosis.rectangles`."""
    example: FaultExample | None = None
    """Where the observed boxes differ from what is explained; None where they do not."""


@dataclass(frozen=True)
class Reproduction:
    """How much of the observed boxes a pipeline reproduces."""

    exact: float
    """Share of the observed boxes that are reproduced to the printed digits."""
    close: float
    """Share of the observed boxes that are reproduced to a few px and hundredths of score."""
    predicted: float
    """Share of the predicted boxes that were observed."""
    box_px: float
    score: float
    """Median differences of the matched pairs: largest coordinate difference, px of the image (or
    the unit of the observed boxes), and score."""

    @property
    def least(self) -> float:
        """The smaller share of both sides: of the observed boxes, and of the predicted ones."""
        return min(self.exact, self.predicted)


@dataclass(frozen=True)
class Alternative:
    """Another explanation that these boxes cannot tell from the one that is named."""

    faults: tuple[str, ...]
    """Names of its faults, harmless choices included; empty for the correct deployment."""


@dataclass(frozen=True)
class BoxComparison:
    """Detections of some images compared with PyTorch's."""

    reference: int
    matched: int
    missing: int
    extra: int
    flipped: int
    """Detections of PyTorch, matched pairs, detections without a partner on either side, and pairs
    of different classes."""
    box_px: float | None
    score: float | None
    """Largest differences of matched pairs; None without any."""
    box_px_median: float | None
    score_median: float | None
    """The medians of the same."""
    panoptic_quality: float
    """See :func:`parity.comparison.agreement.panoptic_quality`."""
    shapes: dict[str, float]
    """Largest differences of what a task adds to boxes, by the names of :data:`HARMLESS_SHAPES`."""


@dataclass(frozen=True)
class FixEffect:
    """What the fix does, compared with PyTorch."""

    images: int
    """Images compared."""
    thresholds: Thresholds
    """The deployment's thresholds."""
    before: BoxComparison
    after: BoxComparison
    """The observed boxes, and the boxes of the deployment without its faults."""


@dataclass(frozen=True)
class WaterfallStep(BoxComparison):
    """The deployment after one change more, compared with PyTorch."""

    kind: StepKind
    """``runtime``: the correct deployment; ``choice``, ``fault``: a harmless choice or a fault is
    added; ``rest``: choices that no fault names; ``rounding``: the numbers are printed;
    ``unexplained``: the observed boxes."""
    name: str
    """Of the fault or choice; empty for the other kinds."""
    lost: float
    """Panoptic quality lost by this step; negative where it makes up for an earlier one."""
    share: float | None
    """Its part of all panoptic quality that is lost; the shares add up to 1. None where nothing is
    lost."""


@dataclass(frozen=True)
class ExampleImage:
    """An image that shows what is wrong."""

    name: str
    """Of the image."""
    height: int
    width: int
    """Size of the image, px."""
    correct: DrawnBoxes
    observed: DrawnBoxes
    reproduced: DrawnBoxes
    """Boxes of PyTorch, of the deployment, and of the pipeline that the diagnosis names."""


@dataclass(frozen=True)
class DiagnosisDocument:
    """What is wrong with a deployment, and the evidence."""

    SCHEMA: ClassVar[str] = "diagnosis/9"

    model: str
    external: str
    export: str
    reference: str
    """Names of the model, of the observed deployment, of the export that it runs, and of the arm of
    PyTorch with which it is compared."""
    images_stated: int
    """Images of which boxes were given."""
    declared: Declared
    """What the user says of the deployment."""
    verdict: DiagnosisVerdict
    """``nothing_wrong``: correct preprocessing and postprocessing reproduce nearly all boxes;
    ``explained``: the faults reproduce nearly all boxes, and predict few others;
    ``explained_in_part``: each fault is proved, but the rest is not explained; ``not_explained``:
    no fault is proved."""
    faults: tuple[FoundFault, ...]
    """What is wrong and proved, by stage."""
    choices: tuple[NamedFault, ...]
    """Harmless choices that differ from the default, by stage."""
    pipeline: dict[str, Setting]
    fixed: dict[str, Setting]
    """Choices in which the deployment, and the same without its faults, differ from the defaults of
    :class:`parity.deployment.pipeline.Pipeline`."""
    reproduced: Reproduction
    reproduced_by_correct: Reproduction
    """What ``pipeline``, and the correct pipeline, reproduce."""
    unexplained: Unexplained
    """What the faults leave unexplained."""
    thresholds: dict[Threshold, ThresholdRange]
    """What the boxes say of the thresholds."""
    network: str
    """Name of the export whose numbers fit best; ``export`` unless another one fits."""
    readings: tuple[str, ...]
    """What was read from input tensors and raw outputs, a sentence each."""
    equivalents: tuple[Alternative, ...]
    """Explanations that these boxes cannot tell from the one named."""
    undecided: tuple[str, ...]
    """Names of faults that may be present, too: nothing here proves them or rules them out."""
    first_difference: FaultStage | Literal[""]
    """Stage at which the deployment first differs; empty if it is correct or nobody knows."""
    ask: tuple[str, ...]
    """What to provide to learn more, a sentence each."""
    notes: tuple[str, ...]
    """What was inferred, a sentence each."""
    images: tuple[str, ...]
    """Names of the images that were used."""
    network_runs: int
    """Runs of the network."""
    complete: bool
    """Whether the search ended before its budget did."""
    fix_effect: FixEffect
    """What the fix does."""
    waterfall: tuple[WaterfallStep, ...]
    """From PyTorch to the observed boxes, one change at a time."""
    examples: tuple[ExampleImage, ...]
    """Images that show what is wrong."""
    titles: dict[str, str]
    stages: dict[str, FaultStage]
    """Titles and stages of all faults and choices that are named anywhere here, by name."""
    names: dict[int, str]
    labels: dict[int, str]
    """Class names of the model by id, and labels that the model does not know by the ids that they
    were given."""
    fixes: dict[Language, str]
    """The right lines for all faults together, in the order of the stages, by language."""
    run: tuple[Language, ...]
    """Languages whose lines the tests of yolo-parity run."""
    task: str = "detect"
    """Of the model, a key of :data:`parity.tasks.task.TASKS`."""


@dataclass(frozen=True)
class Undiagnosed:
    """A deployment without a diagnosis."""

    SCHEMA: ClassVar[str] = "undiagnosed/2"

    model: str
    external: str
    export: str
    reference: str
    """As in :class:`DiagnosisDocument`."""
    thresholds: Thresholds
    """Those that are declared, and the run's where nothing is declared."""
    reason: str
    """What cannot be read and why, in a sentence."""
    by_design: bool = False
    """Whether no deployment of its network is diagnosed; what it brought is fine then."""


def load_diagnosis(path: str | Path) -> DiagnosisDocument | Undiagnosed:
    """Read what ``diagnose`` wrote."""
    return load_one_of(path, DiagnosisDocument, Undiagnosed)


def thresholds_of_deployment(found: DiagnosisDocument | Undiagnosed) -> Thresholds:
    """Return the thresholds of a deployment, as far as they are known."""
    if isinstance(found, Undiagnosed):
        return found.thresholds
    return found.fix_effect.thresholds


@dataclass(frozen=True)
class DiagnosisEffort:
    """What of a diagnosis differs from run to run."""

    SCHEMA: ClassVar[str] = "effort/1"

    model: str
    external: str
    export: str
    reference: str
    """As in :class:`DiagnosisDocument`."""
    seconds: float
    """Time that the search took."""
