"""How fast the contestants are, and on what that was measured."""

from dataclasses import dataclass
from typing import ClassVar

from parity.detection.detection_files import Thresholds


@dataclass(frozen=True)
class Machine:
    """What a measurement was made on."""

    processor: str
    cores: int
    cores_there: int | None
    """Cores that the measurement may use, and cores of the machine; None if that is not known."""
    load_before: float | None
    """Mean number of running processes in the minute before; None where the system does not say."""
    system: str
    python: str
    versions: dict[str, str]
    """Of packages."""


@dataclass(frozen=True)
class Workload:
    """The model and the settings that every contestant gets."""

    task: str
    """A key of :data:`parity.tasks.task.TASKS`."""
    reference: str
    onnx: str
    """The checkpoint, or the ONNX file that is the reference, and the export."""
    runtime: str
    """What executes the export."""
    providers: tuple[str, ...]
    """Execution providers of ONNX Runtime, the preferred first."""
    imgsz: tuple[int, int]
    """Height and width that images are fitted into, px."""
    rect: bool
    """Whether the export takes a minimal rectangle, as the checkpoint always does here."""
    end2end: bool
    """Whether the head without suppression is used."""
    thresholds: Thresholds
    """Of the run."""
    floor: float
    """Candidates of the arms score above it."""


@dataclass(frozen=True, kw_only=True)
class LatencySettings(Workload):
    """What was timed, and on what."""

    machine: Machine
    """What it ran on."""
    provider: str
    """What executed the export."""


@dataclass(frozen=True)
class Speed:
    """How fast a contestant is."""

    kind: str
    processes: int
    threads: int
    """See :class:`parity.benchmarking.contestants.Contestant`."""
    name: str
    """What tables and figures call it."""
    images_per_second: list[float]
    processor_ms_per_image: list[float]
    """By round."""
    stage_ms_per_image: dict[str, float]
    """By stage: mean over images, median over rounds."""
    interval_ms: dict[str, float]
    """Percentiles of the time from image to image."""
    peak_memory_bytes: int
    """Of all its processes."""


@dataclass(frozen=True)
class Ratio:
    """The speed of a contestant over that of another, round by round."""

    of: str
    to: str
    """Names of the contestants."""
    min: float
    median: float
    max: float
    """Over the rounds."""
    rounds: list[float]
    """By round."""


@dataclass(frozen=True)
class Race:
    """Contestants that ran in turn."""

    contestants: list[Speed]
    """In the order of their turns."""
    ratios: list[Ratio]
    """Of their speeds."""
    distinct_images: int
    """Images that they ran, again and again."""


@dataclass(frozen=True)
class Latency:
    """How fast the arms of a model are."""

    SCHEMA: ClassVar[str] = "latency/1"

    made_by: LatencySettings
    """What was timed, and on what."""
    rounds: int
    images: int
    warm_up: int
    """Turns of each contestant, images of a turn, and images before the first."""
    races: list[Race]
    """With one thread each, then with the whole machine."""
