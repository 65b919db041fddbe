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
    """A fault, or a harmless choice, of the deployment.

    Attributes
    ----------
    name : str
        Identifier, for files and configurations: ``bgr``.
    title : str
        Heading for people: "Colours swapped (BGR instead of RGB)".
    stage : FaultStage
        A key of :data:`parity.diagnosis.stages.STAGE_TITLES`.
    changes : dict of str to Setting
        Choices of :class:`parity.deployment.pipeline.Pipeline` and their values in the deployment.
    wrong, fix : str
        What the deployment does and what it should do, a sentence each.
    fixes : dict of Language to str
        The right lines in each language, in the order of the languages; may be empty.
    run : tuple of Language
        Languages whose lines the tests of yolo-parity run.
    reference : str
        Address of a public report; empty where none is known.
    """

    name: str
    title: str
    stage: FaultStage
    changes: dict[str, Setting]
    wrong: str
    fix: str
    fixes: dict[Language, str]
    run: tuple[Language, ...]
    reference: str


@dataclass(frozen=True)
class Proof:
    """What the boxes, or the input tensors, say for a fault: what nothing else explains.

    Attributes
    ----------
    explained : int
        Observed boxes that are reproduced to their digits with the fault, and not without it.
    unobserved : int
        Boxes that were not observed, and that would be predicted without the fault.
    levels : float or None
        Mean difference of the input tensors without the fault, less the difference with it, in grey
        levels; None without input tensors.
    factor : float or None
        By what factor the differences shrink with the fault, where boxes are not reproduced to
        their digits because something else is not explained; otherwise None.
    closer, named : int
        In the same case, observed boxes that come close, and that get their class, with the fault
        and not without it.
    boxes : int or None
        Observed boxes of the images that were compared; None for all.
    """

    explained: int = 0
    unobserved: int = 0
    levels: float | None = None
    factor: float | None = None
    closer: int = 0
    named: int = 0
    boxes: int | None = None


@dataclass(frozen=True)
class Severity:
    """What a fault does to these images if it is the only one.

    Attributes
    ----------
    lost, added, renamed : int
        Objects without a partner on either side, and objects that got another class; the latter
        are neither lost nor added.
    box_px, box_px_median : float
        How far coordinates move, px of the image: at most, and in the middle box.
    score : float
        Largest change of a score.
    shapes : dict of str to float
        Largest change of what a task adds to boxes, by the names of :data:`HARMLESS_SHAPES`.
    """

    lost: int = 0
    added: int = 0
    renamed: int = 0
    box_px: float = 0.0
    box_px_median: float = 0.0
    score: float = 0.0
    shapes: dict[str, float] = field(default_factory=dict)

    @property
    def harmless(self) -> bool:
        """Return whether nothing is lost, added or renamed, and nothing moves by a px or so."""
        moved = any(self.shapes.get(name, 0.0) >= most for name, most in HARMLESS_SHAPES.items())
        objects = self.lost or self.added or self.renamed
        return not (objects or moved) and self.box_px < HARMLESS_PX


HARMLESS_PX = 1.0
"""A move of a box that nobody sees, px; chosen."""

HARMLESS_SHAPES = {"keypoint_px": HARMLESS_PX, "visibility": 0.1, "angle": 1.0, "mask": 0.1}
"""Changes that nobody sees of keypoints in px and of their visibilities, of angles in degrees, and
of masks as 1 minus their IoU, see :func:`parity.comparison.measures.measure`; chosen."""


@dataclass(frozen=True)
class DrawnBoxes:
    """The finite boxes of one image.

    Attributes
    ----------
    boxes : list of [x1, y1, x2, y2]
        px of the image.
    scores : list of (float or None)
        None where none was given.
    class_ids : list of int
        Keys of ``names`` or ``labels`` of the document.
    outlines : list of DetectionOutline
        What is drawn of each beside its box, or instead of it; empty where it is boxes alone.
    """

    boxes: list[list[float]]
    scores: list[float | None]
    class_ids: list[int]
    outlines: list[DetectionOutline] = field(default_factory=list)


@dataclass(frozen=True)
class FaultExample:
    """A place in an image where a fault shows best, if it is the only one.

    Attributes
    ----------
    name : str
        Of the image.
    height, width : int
        Size of the image, px.
    change : Change
        What happens to an object there.
    view : (x1, y1, x2, y2)
        What of the image shows it, px.
    correct, changed : DrawnBoxes
        Boxes in the view without the fault and with it; those of the object come first.
    """

    name: str
    height: int
    width: int
    change: Change
    view: tuple[float, float, float, float]
    correct: DrawnBoxes
    changed: DrawnBoxes


@dataclass(frozen=True)
class FoundFault(NamedFault):
    """A fault of the deployment with its proof.

    Attributes
    ----------
    proof : Proof
        What speaks for it.
    severity : Severity
        What it does.
    example : FaultExample or None
        Where it shows; None if it is harmless.
    """

    proof: Proof = Proof()
    severity: Severity = Severity()
    example: FaultExample | None = None


@dataclass(frozen=True)
class ThresholdRange:
    """The values of a threshold that the boxes allow.

    Attributes
    ----------
    low, high : float or None
        Smallest and largest value; None where the boxes set no bound.
    used : float
        The value that is used where one is needed: the declared one if the boxes allow it,
        otherwise the one in the range that people set most often.
    declared : float or None
        What the user declares.
    contradicted : bool
        Whether the boxes do not allow the declared value.
    """

    low: float | None
    high: float | None
    used: float
    declared: float | None
    contradicted: bool = False

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
    """What is left unexplained.

    Attributes
    ----------
    observed : float
        Share of the observed boxes that are not reproduced to their digits.
    predicted : float
        Share of the predicted boxes that were not observed.
    stages : tuple of FaultStage
        Where it lies, as far as the evidence tells; empty where nothing is left.
    severity : Severity
        How the observed boxes differ from what is explained.
    reasons : tuple of str
        What commonly causes it, a sentence each.
    """

    observed: float
    predicted: float
    stages: tuple[FaultStage, ...]
    severity: Severity
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Reproduction:
    """How much of the observed boxes a pipeline reproduces.

    Attributes
    ----------
    exact : float
        Share of the observed boxes that are reproduced to the printed digits.
    close : float
        Share of the observed boxes that are reproduced to a few px and hundredths of score.
    predicted : float
        Share of the predicted boxes that were observed.
    box_px, score : float
        Median differences of the matched pairs: largest coordinate difference, px of the image (or
        the unit of the observed boxes), and score.
    """

    exact: float
    close: float
    predicted: float
    box_px: float
    score: float


@dataclass(frozen=True)
class Alternative:
    """Another explanation that these boxes cannot tell from the one that is named.

    Attributes
    ----------
    faults : tuple of str
        Names of its faults, harmless choices included; empty for the correct deployment.
    """

    faults: tuple[str, ...]


@dataclass(frozen=True)
class BoxComparison:
    """Detections of some images compared with PyTorch's.

    Attributes
    ----------
    reference, matched, missing, extra, flipped : int
        Detections of PyTorch, matched pairs, detections without a partner on either side, and pairs
        of different classes.
    box_px, score : float or None
        Largest differences of matched pairs; None without any.
    box_px_median, score_median : float or None
        The medians of the same.
    panoptic_quality : float
        See :func:`parity.comparison.agreement.panoptic_quality`.
    shapes : dict of str to float
        Largest differences of what a task adds to boxes, by the names of :data:`HARMLESS_SHAPES`.
    """

    reference: int
    matched: int
    missing: int
    extra: int
    flipped: int
    box_px: float | None
    score: float | None
    box_px_median: float | None
    score_median: float | None
    panoptic_quality: float
    shapes: dict[str, float]


@dataclass(frozen=True)
class FixEffect:
    """What the fix does, compared with PyTorch.

    Attributes
    ----------
    images : int
        Images compared.
    thresholds : Thresholds
        The deployment's thresholds.
    before, after : BoxComparison
        The observed boxes, and the boxes of the deployment without its faults.
    """

    images: int
    thresholds: Thresholds
    before: BoxComparison
    after: BoxComparison


@dataclass(frozen=True)
class WaterfallStep(BoxComparison):
    """The deployment after one change more, compared with PyTorch.

    Attributes
    ----------
    kind : StepKind
        ``runtime``: the correct deployment; ``choice``, ``fault``: a harmless choice or a fault is
        added; ``rest``: choices that no fault names; ``rounding``: the numbers are printed;
        ``unexplained``: the observed boxes.
    name : str
        Of the fault or choice; empty for the other kinds.
    lost : float
        Panoptic quality lost by this step; negative where it makes up for an earlier one.
    share : float or None
        Its part of all panoptic quality that is lost; the shares add up to 1. None where nothing is
        lost.
    """

    kind: StepKind
    name: str
    lost: float
    share: float | None


@dataclass(frozen=True)
class ExampleImage:
    """An image that shows what is wrong.

    Attributes
    ----------
    name : str
        Of the image.
    height, width : int
        Size of the image, px.
    correct, observed, reproduced : DrawnBoxes
        Boxes of PyTorch, of the deployment, and of the pipeline that the diagnosis names.
    """

    name: str
    height: int
    width: int
    correct: DrawnBoxes
    observed: DrawnBoxes
    reproduced: DrawnBoxes


@dataclass(frozen=True)
class DiagnosisDocument:
    """What is wrong with a deployment, and the evidence.

    Attributes
    ----------
    model, external, export, reference : str
        Names of the model, of the observed deployment, of the export that it runs, and of the arm
        of PyTorch with which it is compared.
    images_stated : int
        Images of which boxes were given.
    declared : Declared
        What the user says of the deployment.
    verdict : DiagnosisVerdict
        ``nothing_wrong``: correct preprocessing and postprocessing reproduce nearly all boxes;
        ``explained``: the faults reproduce nearly all boxes, and predict few others;
        ``explained_in_part``: each fault is proved, but the rest is not explained;
        ``not_explained``: no fault is proved.
    faults : tuple of FoundFault
        What is wrong and proved, by stage.
    choices : tuple of NamedFault
        Harmless choices that differ from the default, by stage.
    pipeline, fixed : dict of str to Setting
        Choices in which the deployment, and the same without its faults, differ from the defaults
        of :class:`parity.deployment.pipeline.Pipeline`.
    reproduced, reproduced_by_correct : Reproduction
        What ``pipeline``, and the correct pipeline, reproduce.
    unexplained : Unexplained
        What the faults leave unexplained.
    thresholds : dict of {"conf", "iou", "max_det"} to ThresholdRange
        What the boxes say of the thresholds.
    network : str
        Name of the export whose numbers fit best; ``export`` unless another one fits.
    readings : tuple of str
        What was read from input tensors and raw outputs, a sentence each.
    equivalents : tuple of Alternative
        Explanations that these boxes cannot tell from the one named.
    undecided : tuple of str
        Names of faults that may be present too, because they change nothing in these images.
    first_difference : FaultStage or ""
        Stage at which the deployment first differs; empty if it is correct or nobody knows.
    ask : tuple of str
        What to provide to learn more, a sentence each.
    notes : tuple of str
        What was inferred, a sentence each.
    images : tuple of str
        Names of the images that were used.
    network_runs : int
        Runs of the network.
    complete : bool
        Whether the search ended before its budget did.
    fix_effect : FixEffect
        What the fix does.
    waterfall : tuple of WaterfallStep
        From PyTorch to the observed boxes, one change at a time.
    examples : tuple of ExampleImage
        Images that show what is wrong.
    titles : dict of str to str
        Titles of all faults and choices that are named anywhere in the document, by name.
    names, labels : dict of int to str
        Class names of the model by id, and labels that the model does not know by the ids that they
        were given.
    fixes : dict of Language to str
        The right lines for all faults together, in the order of the stages, by language.
    run : tuple of Language
        Languages whose lines the tests of yolo-parity run.
    task : str
        Of the model, a key of :data:`parity.tasks.task.TASKS`.
    """

    SCHEMA: ClassVar[str] = "diagnosis/7"

    model: str
    external: str
    export: str
    reference: str
    images_stated: int
    declared: Declared
    verdict: DiagnosisVerdict
    faults: tuple[FoundFault, ...]
    choices: tuple[NamedFault, ...]
    pipeline: dict[str, Setting]
    fixed: dict[str, Setting]
    reproduced: Reproduction
    reproduced_by_correct: Reproduction
    unexplained: Unexplained
    thresholds: dict[Threshold, ThresholdRange]
    network: str
    readings: tuple[str, ...]
    equivalents: tuple[Alternative, ...]
    undecided: tuple[str, ...]
    first_difference: FaultStage | Literal[""]
    ask: tuple[str, ...]
    notes: tuple[str, ...]
    images: tuple[str, ...]
    network_runs: int
    complete: bool
    fix_effect: FixEffect
    waterfall: tuple[WaterfallStep, ...]
    examples: tuple[ExampleImage, ...]
    titles: dict[str, str]
    names: dict[int, str]
    labels: dict[int, str]
    fixes: dict[Language, str]
    run: tuple[Language, ...]
    task: str = "detect"


@dataclass(frozen=True)
class Undiagnosed:
    """A deployment without a diagnosis, as what it brought cannot be read.

    Attributes
    ----------
    model, external, export, reference : str
        As in :class:`DiagnosisDocument`.
    thresholds : Thresholds
        Those that are declared, and the run's where nothing is declared.
    reason : str
        What cannot be read and why, in a sentence.
    """

    SCHEMA: ClassVar[str] = "undiagnosed/1"

    model: str
    external: str
    export: str
    reference: str
    thresholds: Thresholds
    reason: str


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
    """What of a diagnosis differs from run to run.

    Attributes
    ----------
    model, external, export, reference : str
        As in :class:`DiagnosisDocument`.
    seconds : float
        Time that the search took.
    """

    SCHEMA: ClassVar[str] = "effort/1"

    model: str
    external: str
    export: str
    reference: str
    seconds: float
