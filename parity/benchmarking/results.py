"""How fast the contestants are, and on what that was measured."""

from dataclasses import dataclass
from typing import ClassVar

from parity.detection.detection_files import Thresholds


@dataclass(frozen=True)
class Machine:
    """What a measurement was made on.

    Attributes
    ----------
    processor : str
        Its name.
    cores, cores_there : int
        Cores that the measurement may use, and cores of the machine; None if that is not known.
    load_before : float or None
        Mean number of running processes in the minute before; None where the system does not say.
    system, python : str
        Versions.
    versions : dict of str to str
        Of packages.
    """

    processor: str
    cores: int
    cores_there: int | None
    load_before: float | None
    system: str
    python: str
    versions: dict[str, str]


@dataclass(frozen=True)
class Workload:
    """The model and the settings that every contestant gets.

    Attributes
    ----------
    task : str
        A key of :data:`parity.tasks.task.TASKS`.
    reference, onnx : str
        The checkpoint, or the ONNX file that is the reference, and the export.
    runtime : str
        What executes the export.
    providers : tuple of str
        Execution providers of ONNX Runtime, the preferred first.
    imgsz : tuple of int
        Height and width that images are fitted into, px.
    rect : bool
        Whether the export takes a minimal rectangle, as the checkpoint always does here.
    end2end : bool
        Whether the head without suppression is used.
    thresholds : Thresholds
        Of the run.
    floor : float
        Candidates of the arms score above it.
    """

    task: str
    reference: str
    onnx: str
    runtime: str
    providers: tuple[str, ...]
    imgsz: tuple[int, int]
    rect: bool
    end2end: bool
    thresholds: Thresholds
    floor: float


@dataclass(frozen=True, kw_only=True)
class LatencySettings(Workload):
    """What was timed, and on what.

    Attributes
    ----------
    machine : Machine
        What it ran on.
    provider : str
        What executed the export.
    """

    machine: Machine
    provider: str


@dataclass(frozen=True)
class Speed:
    """How fast a contestant is.

    Attributes
    ----------
    kind, processes, threads
        See :class:`parity.benchmarking.contestants.Contestant`.
    name : str
        What tables and figures call it.
    images_per_second, processor_ms_per_image : list of float
        By round.
    stage_ms_per_image : dict of str to float
        By stage: mean over images, median over rounds.
    interval_ms : dict of str to float
        Percentiles of the time from image to image.
    peak_memory_bytes : int
        Of all its processes.
    """

    kind: str
    processes: int
    threads: int
    name: str
    images_per_second: list[float]
    processor_ms_per_image: list[float]
    stage_ms_per_image: dict[str, float]
    interval_ms: dict[str, float]
    peak_memory_bytes: int


@dataclass(frozen=True)
class Ratio:
    """The speed of a contestant over that of another, round by round.

    Attributes
    ----------
    of, to : str
        Names of the contestants.
    min, median, max : float
        Over the rounds.
    rounds : list of float
        By round.
    """

    of: str
    to: str
    min: float
    median: float
    max: float
    rounds: list[float]


@dataclass(frozen=True)
class Race:
    """Contestants that ran in turn.

    Attributes
    ----------
    contestants : list of Speed
        In the order of their turns.
    ratios : list of Ratio
        Of their speeds.
    distinct_images : int
        Images that they ran, again and again.
    """

    contestants: list[Speed]
    ratios: list[Ratio]
    distinct_images: int


@dataclass(frozen=True)
class Latency:
    """How fast the arms of a model are.

    Attributes
    ----------
    made_by : LatencySettings
        What was timed, and on what.
    rounds, images, warm_up : int
        Turns of each contestant, images of a turn, and images before the first.
    races : list of Race
        With one thread each, then with the whole machine.
    """

    SCHEMA: ClassVar[str] = "latency/1"

    made_by: LatencySettings
    rounds: int
    images: int
    warm_up: int
    races: list[Race]
