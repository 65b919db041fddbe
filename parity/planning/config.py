"""The configuration as frozen dataclasses; ``schemas/`` says what its values may be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from parity.comparison.threshold_grid import ThresholdAxis, points
from parity.comparison.tolerances import Tolerance
from parity.detection.detection_files import Thresholds
from parity.foreign import lines_of, read_text
from parity.limits import Limits

Imgsz = int | tuple[int, int]
"""Side of a square, or height and width, px."""

INT8 = 8
FLOAT32 = 32


@dataclass(frozen=True)
class MetadataConfig:
    """What is said of a given file instead of its metadata; None is a key that is absent."""

    names: tuple[str, ...] | None = None
    stride: int | None = None
    task: str | None = None
    kpt_shape: tuple[int, int] | None = None


@dataclass(frozen=True)
class ReferenceConfig:
    """An ONNX file in the place of a checkpoint, see ``models.<name>.reference``."""

    onnx: str
    metadata: MetadataConfig


@dataclass(frozen=True)
class ModelConfig:
    """A checkpoint or, if there is none, a reference, see ``models``."""

    trust: bool
    imgsz: Imgsz
    """Its own, that of all models, or the one it was trained at."""
    weights: str = ""
    reference: ReferenceConfig | None = None
    family: str | None = None
    labels: str | None = None


@dataclass(frozen=True)
class AccuracyConfig:
    """How accuracy is measured, see ``accuracy``."""

    iou: float
    draws: int


@dataclass(frozen=True)
class FallbackConfig:
    """Whether and when PyTorch steps in for an export, see ``fallback``."""

    enabled: bool
    near: float


@dataclass(frozen=True)
class LayersConfig:
    """How many images layers are studied on, see ``layers``."""

    images: int


@dataclass(frozen=True)
class CalibrationConfig:
    """A share of the images, below 1, or a number of them, see ``exports.<name>.calibration``."""

    images: float


@dataclass(frozen=True)
class ExportConfig:
    """A file of every model, see ``exports``; None is a key that is absent."""

    opset: int
    simplify: bool
    dynamic: bool
    batch: int
    quantize: int
    calibration: CalibrationConfig
    providers: tuple[str, ...]
    keep_fp32: tuple[str, ...]
    fallback_provider: bool = False
    metadata: MetadataConfig = MetadataConfig()
    onnx: str | None = None
    file: str | None = None
    format: str | None = None
    runtime: str | None = None
    imgsz: Imgsz | None = None
    nms: bool | None = None
    conf: float | None = None
    tolerances: Tolerance | None = None

    @property
    def is_quantised_here(self) -> bool:
        """Whether rule ``quantise`` makes it; a given file is used as it is."""
        return self.quantize == INT8 and self.onnx is None and not self.is_own

    @property
    def is_own(self) -> bool:
        """Whether it is a file of a runtime's own, given or converted here."""
        return self.file is not None or self.format is not None


@dataclass(frozen=True)
class SweepConfig:
    """The thresholds that are tried, see ``sweep``."""

    conf: ThresholdAxis
    iou: ThresholdAxis


@dataclass(frozen=True)
class CandidatesConfig:
    """Which predictions are stored, see ``candidates``."""

    floor: float


@dataclass(frozen=True)
class ExternalConfig:
    """Boxes of somebody's deployment, see ``external``; None is a key that is absent."""

    detections: str | None = None
    inject: tuple[str, ...] | None = None
    model: str | None = None
    export: str | None = None
    conf: float | None = None
    iou: float | None = None
    max_det: int | None = None
    imgsz: Imgsz | None = None
    geometry: Literal["square", "rect"] | None = None
    names: str | tuple[str, ...] = ()
    box_format: str = ""
    input_tensors: str | None = None
    raw_outputs: str | None = None
    recorded: str | None = None
    tensor_shape: tuple[int, ...] | None = None
    raw_shape: tuple[int, ...] | None = None
    tolerances: Tolerance | None = None

    @property
    def has_boxes(self) -> bool:
        """Whether there are boxes to compare and diagnose, or only arrays to diagnose."""
        return self.detections is not None or self.inject is not None

    @property
    def class_names(self) -> list[str]:
        """The deployment's own class names, read from the file if they are in one."""
        if not isinstance(self.names, str):
            return list(self.names)
        lines = lines_of(read_text(Path(self.names)))
        return [line.strip() for line in lines if line.strip()]


@dataclass(frozen=True)
class MatchingConfig:
    """When two detections are the same object, see ``matching``."""

    iou: float


@dataclass(frozen=True)
class LatencyConfig:
    """How the arms are timed, see ``latency``."""

    in_report: bool
    rounds: int
    images: int
    warm_up: int


@dataclass(frozen=True)
class Config:
    """What a user asks for: the keys of ``config.yaml``, described in ``docs/configuration.md``."""

    models: dict[str, ModelConfig]
    images: str
    accuracy: AccuracyConfig
    fallback: FallbackConfig
    layers: LayersConfig
    exports: dict[str, ExportConfig]
    thresholds: Thresholds
    candidates: CandidatesConfig
    keep_candidates: bool
    images_per_job: int | Literal["auto"]
    external: dict[str, ExternalConfig]
    matching: MatchingConfig
    tolerances: Tolerance
    gate: tuple[str, ...]
    annotate: int
    latency: LatencyConfig
    browse: int
    retina_masks: bool
    limits: Limits
    device: str
    labels: str | None = None
    sweep: SweepConfig | None = None

    @property
    def reference(self) -> ReferenceConfig | None:
        """The ONNX file that everything is compared with; None if it is a checkpoint."""
        return next(iter(self.models.values())).reference

    @property
    def grid(self) -> dict[str, list[float]]:
        """The thresholds that are swept, ``conf`` and ``iou``; empty without a sweep."""
        if self.sweep is None:
            return {}
        return {"conf": points(self.sweep.conf), "iou": points(self.sweep.iou)}

    def labels_of(self, model: str) -> str | None:
        """Return the labels that a model is measured against: its own, or those of the run."""
        return self.models[model].labels or self.labels

    def size_of(self, model: str, export: str | None = None) -> tuple[int, int]:
        """Return height and width that images are fitted into, of a model or its export, px."""
        own = self.exports[export].imgsz if export else None
        return as_pair(own or self.models[model].imgsz)

    def own_size(self, asked: Imgsz | None) -> tuple[int, int] | None:
        """Return a size, px, or None if there is none or it is that of every model."""
        if asked is None or {self.size_of(model) for model in self.models} == {as_pair(asked)}:
            return None
        return as_pair(asked)

    def model_of(self, external: str) -> str:
        """Return the model that a deployment runs: the one that is named, or the first."""
        return self.external[external].model or next(iter(self.models))

    def export_of(self, external: str) -> str:
        """Return the export that a deployment runs: the one that is named, or the first."""
        return self.external[external].export or next(iter(self.exports))


def as_pair(imgsz: Imgsz) -> tuple[int, int]:
    """Return height and width of a size that may be one number."""
    return (imgsz, imgsz) if isinstance(imgsz, int) else imgsz
