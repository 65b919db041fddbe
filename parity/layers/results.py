"""What the layers of an export do to its outputs."""

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class MeanError:
    """Mean differences of final outputs, over the predictions that count."""

    box_px: float
    """Of a coordinate, px of the network's input."""
    score: float
    """Of the best score."""
    extras: float = 0.0
    """Of what a task adds to boxes: logits of masks, px of keypoints, radians."""


@dataclass(frozen=True)
class LayerError:
    """The error of one layer."""

    node: str
    """Its weighted operator."""
    operator: str
    """Type of that, or ``tail``."""
    snr_db: float | None
    """Signal-to-noise ratio of its output in the candidate, dB; None without any noise."""
    own_snr_db: float | None
    """The same when the layer alone is the candidate's."""
    own_error: float
    """Error of the layer alone, as a share of its signal."""
    box_px: float
    score: float
    """Mean differences of final outputs that the layer alone causes, see :class:`MeanError`."""
    share: float
    """Its share in the error that the layers cause one by one."""
    extras: float = 0.0
    """As ``box_px`` and ``score``."""


@dataclass(frozen=True)
class Spread:
    """Median and largest of some differences."""

    median: float
    max: float
    """0 without any."""


@dataclass(frozen=True)
class Evaluation:
    """How a model differs from the fp32 export on some images."""

    bytes: int
    """Size of its file."""
    matched: int
    missing: int
    extra: int
    box_px: Spread
    score: Spread
    """Differences of matched pairs."""


@dataclass(frozen=True, kw_only=True)
class MixedEvaluation(Evaluation):
    """A model that keeps some layers in fp32, or as the checkpoint has them."""

    layers: list[str]
    """The layers, by their weighted operators."""
    keep_fp32: list[str]
    """All their nodes, as the configuration takes them."""


@dataclass(frozen=True)
class LayerResults:
    """Which layers of an export drift, and what keeping some of them in fp32 gives."""

    SCHEMA: ClassVar[str] = "layers/1"

    drifts: bool
    """Whether any image differs by more than fp32 arithmetic explains; if not, there is no more."""
    sentences: list[str]
    """What was found, in words."""
    images: list[str] = field(default_factory=list)
    """The images that the layers were looked at with."""
    total: MeanError | None = None
    """Of the whole export on them."""
    layers: list[LayerError] = field(default_factory=list)
    """In the order of the network."""
    first: int | None = None
    """Index of the first layer whose error is more than its precision explains."""
    measured_on: int | None = None
    """Images of ``as_it_is`` and ``tried``."""
    as_it_is: Evaluation | None = None
    tried: list[MixedEvaluation] = field(default_factory=list)
