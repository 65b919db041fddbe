"""The diagnosis as a document: what ``diagnose`` writes and the report reads."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from parity.detection.detection_files import Thresholds
from parity.diagnosis.stages import FaultStage
from parity.external.observations import Declared

DiagnosisVerdict = Literal["correct", "named", "unknown"]
StepKind = Literal["runtime", "choice", "fault", "rest", "rounding", "unexplained"]
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
    code : str
        Correct lines of Python; may be empty.
    reference : str
        Address of a public report; empty where none is known.
    """

    name: str
    title: str
    stage: FaultStage
    changes: dict[str, Setting]
    wrong: str
    fix: str
    code: str
    reference: str


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
    """Another explanation of the boxes.

    Attributes
    ----------
    faults : tuple of str
        Names of its faults, harmless choices included; empty for the correct deployment.
    margin : float
        How much more it costs than the best explanation; a cost is a negative log-likelihood, so
        that ``exp(margin)`` is how many times less likely it is.
    """

    faults: tuple[str, ...]
    margin: float


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
    """

    boxes: list[list[float]]
    scores: list[float | None]
    class_ids: list[int]


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
    verdict : {"correct", "named", "unknown"}
        ``correct``: nothing is wrong; ``named``: the faults reproduce the boxes; ``unknown``:
        nothing in the catalogue does.
    faults, choices : tuple of NamedFault
        What is wrong, and harmless choices that differ from the default, in order of the stages.
    pipeline, fixed : dict of str to Setting
        Choices in which the deployment, and the same without its faults, differ from the defaults
        of :class:`parity.deployment.pipeline.Pipeline`.
    reproduced, reproduced_by_correct : Reproduction
        What ``pipeline``, and the correct pipeline, reproduce.
    runner_up : Alternative or None
        The next best explanation.
    equivalents : tuple of Alternative
        Explanations that these boxes cannot tell from the one named.
    undecided : tuple of str
        Names of faults that may be present too, because they change nothing in these images.
    first_difference : FaultStage or ""
        FaultStage at which the deployment first differs; empty if it is correct.
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
    alone : dict of str to float
        Panoptic quality that each fault would leave if it were the only one, by name.
    examples : tuple of ExampleImage
        Images that show what is wrong.
    titles : dict of str to str
        Titles of all faults and choices that are named anywhere in the document, by name.
    names, labels : dict of int to str
        Class names of the model by id, and labels that the model does not know by the ids that they
        were given.
    """

    SCHEMA: ClassVar[str] = "diagnosis/2"

    model: str
    external: str
    export: str
    reference: str
    images_stated: int
    declared: Declared
    verdict: DiagnosisVerdict
    faults: tuple[NamedFault, ...]
    choices: tuple[NamedFault, ...]
    pipeline: dict[str, Setting]
    fixed: dict[str, Setting]
    reproduced: Reproduction
    reproduced_by_correct: Reproduction
    runner_up: Alternative | None
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
    alone: dict[str, float]
    examples: tuple[ExampleImage, ...]
    titles: dict[str, str]
    names: dict[int, str]
    labels: dict[int, str]


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
