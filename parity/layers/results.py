"""What the layers of an export do to its outputs."""

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class MeanError:
    """Mean differences of final outputs, over the predictions that count.

    Attributes
    ----------
    box_px : float
        Of a coordinate, px of the network's input.
    score : float
        Of the best score.
    extras : float
        Of what a task adds to boxes: logits of masks, px of keypoints, radians.
    """

    box_px: float
    score: float
    extras: float = 0.0


@dataclass(frozen=True)
class LayerError:
    """The error of one layer.

    Attributes
    ----------
    node : str
        Its weighted operator.
    operator : str
        Type of that, or ``tail``.
    snr_db : float or None
        Signal-to-noise ratio of its output in the candidate, dB; None without any noise.
    own_snr_db : float or None
        The same when the layer alone is the candidate's.
    own_error : float
        Error of the layer alone, as a share of its signal.
    box_px, score, extras : float
        Mean differences of final outputs that the layer alone causes, see :class:`MeanError`.
    share : float
        Its share in the error that the layers cause one by one.
    """

    node: str
    operator: str
    snr_db: float | None
    own_snr_db: float | None
    own_error: float
    box_px: float
    score: float
    share: float
    extras: float = 0.0


@dataclass(frozen=True)
class Spread:
    """Median and largest of some differences.

    Attributes
    ----------
    median, max : float
        0 without any.
    """

    median: float
    max: float


@dataclass(frozen=True)
class Evaluation:
    """How a model differs from the fp32 export on some images.

    Attributes
    ----------
    bytes : int
        Size of its file.
    matched, missing, extra : int
        Detections.
    box_px, score : Spread
        Differences of matched pairs.
    """

    bytes: int
    matched: int
    missing: int
    extra: int
    box_px: Spread
    score: Spread


@dataclass(frozen=True, kw_only=True)
class MixedEvaluation(Evaluation):
    """A model that keeps some layers in fp32, or as the checkpoint has them.

    Attributes
    ----------
    layers : list of str
        The layers, by their weighted operators.
    keep_fp32 : list of str
        All their nodes, as the configuration takes them.
    """

    layers: list[str]
    keep_fp32: list[str]


@dataclass(frozen=True)
class LayerResults:
    """Which layers of an export drift, and what keeping some of them in fp32 gives.

    Attributes
    ----------
    drifts : bool
        Whether any image differs by more than fp32 arithmetic explains; if not, there is no more.
    sentences : list of str
        What was found, in words.
    images : list of str
        The images that the layers were looked at with.
    total : MeanError or None
        Of the whole export on them.
    layers : list of LayerError
        In the order of the network.
    first : int or None
        Index of the first layer whose error is more than its precision explains.
    measured_on : int or None
        Images of ``as_it_is`` and ``tried``.
    as_it_is : Evaluation or None
        The export.
    tried : list of MixedEvaluation
        What was tried.
    """

    SCHEMA: ClassVar[str] = "layers/1"

    drifts: bool
    sentences: list[str]
    images: list[str] = field(default_factory=list)
    total: MeanError | None = None
    layers: list[LayerError] = field(default_factory=list)
    first: int | None = None
    measured_on: int | None = None
    as_it_is: Evaluation | None = None
    tried: list[MixedEvaluation] = field(default_factory=list)
