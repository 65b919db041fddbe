"""What ONNX files say of themselves, and what their inspection found."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import ClassVar, Literal, Self, get_args

from parity.detection.candidate_files import BakedThresholds

Level = Literal["stop", "warn", "note"]
"""``stop`` where a comparison would mean nothing, ``warn`` where it would mislead, ``note`` where
it is good to know; the worst first."""

HeadKind = Literal["suppressed", "end to end", "raw"]
"""Whether NMS is part of the graph, or the network needs none, or NMS comes after it."""


STORED_AS = {8: "int8", 16: "float16", 32: "float"}
"""What ONNX calls the element type of a configured precision, ``quantize``."""


@dataclass(frozen=True)
class TensorDescription:
    """An input or output of a model."""

    name: str
    shape: list[int | str]
    """An open axis has a name, or 0."""
    dtype: str
    """Element type, as ONNX calls it."""


@dataclass(frozen=True)
class Quantisation:
    """How a model was quantised."""

    images: int
    """How many calibrated it."""
    fp32_nodes: list[str]
    """Nodes that stayed in floating point."""


@dataclass(frozen=True)
class WeightDifference:
    """How far a stored tensor is from the checkpoint's."""

    name: str
    """In the checkpoint."""
    stored_as: str
    """float32, float16 or int8."""
    largest: float
    """Largest difference of a number."""
    allowed: float
    """What the precision it is stored in explains."""
    factor: float
    """Least-squares factor between what is stored and the checkpoint."""


@dataclass(frozen=True)
class WeightComparison:
    """The weights of a file compared with the checkpoint's."""

    compared: int
    """Tensors."""
    by_value: int
    """Those of them that have no common name."""
    by_layout: int
    """Those of them whose numbers are stored in another layout."""
    absent: list[str]
    """Names in the checkpoint that the file does not have in any form."""
    largest: float | None
    """Largest difference of a number; None if nothing was compared."""
    differing: list[WeightDifference]
    """Tensors that rounding does not explain, the worst first."""


NO_WEIGHTS = WeightComparison(
    compared=0, by_value=0, by_layout=0, absent=[], largest=None, differing=[]
)


@dataclass(frozen=True)
class ExportDescription:
    """What an ONNX file says of itself."""

    SCHEMA: ClassVar[str] = "export/2"

    sha256: str
    """Digest of the model without metadata, so that the time of export does not count."""
    bytes: int
    """Size of the file."""
    opset: int
    ir_version: int
    """Of the standard."""
    producer: str
    """What wrote the file."""
    inputs: list[TensorDescription]
    outputs: list[TensorDescription]
    """Of the graph."""
    operators: dict[str, int]
    """Nodes by type."""
    baked: BakedThresholds | None
    """Thresholds of a suppression in the graph."""
    weights: dict[str, int]
    """Stored numbers by element type."""
    metadata: dict[str, str]
    """What the exporter added."""
    weights_compared: WeightComparison = NO_WEIGHTS
    """With the reference's."""
    quantisation: Quantisation | None = None
    """If it was quantised here."""
    file_sha256: str = ""
    """Digest of the file, which shows whether it is still whole."""


@dataclass(frozen=True)
class WantedOptions:
    """The options that an export should have."""

    given: bool
    """Whether the file is given, not made here."""
    opset: int
    quantize: int
    """As configured."""
    dynamic: bool
    """Whether height and width should be open."""
    imgsz: tuple[int, int]
    """Height and width, px."""
    stride: int
    """The checkpoint's largest stride, px."""


@dataclass(frozen=True)
class Wanted(WantedOptions):
    """What the configuration and the reference ask of an export."""

    names: dict[int, str]
    """The reference's classes."""
    trained: tuple[int, int] | None
    """Height and width that the checkpoint was trained at, px; None if the reference is a file."""

    @property
    def options(self) -> WantedOptions:
        """The options alone."""
        names = [each.name for each in fields(WantedOptions)]
        return WantedOptions(**{name: getattr(self, name) for name in names})

    @property
    def source(self) -> str:
        """What the reference is called."""
        return "checkpoint" if self.trained else "reference"


@dataclass(frozen=True)
class ReferenceFacts:
    """What the reference says of itself, with which its exports should agree."""

    SCHEMA: ClassVar[str] = "reference/1"

    names: dict[int, str]
    """Class names by id."""
    stride: int
    """Largest stride, px."""
    trained: tuple[int, int] | None = None
    """Height and width that a checkpoint was trained at, px; nobody knows it of an ONNX file."""


@dataclass(frozen=True)
class Counterpart:
    """The fp32 export with the same options."""

    nodes: int
    bytes: int
    """Of its graph, and of its file."""


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be."""

    level: Level
    """How bad it is."""
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Inspection(ExportDescription):
    """What an ONNX file says of itself, and where it contradicts what is wanted."""

    SCHEMA: ClassVar[str] = "inspection/1"

    head: HeadKind
    """What its output is."""
    dynamic_axes: list[int | str]
    """Open axes of its input."""
    precision: dict[str, dict[str, int]]
    """Operators by type and precision."""
    domains: list[str]
    """Of operators beyond the standard."""
    in_order: bool
    """Whether its nodes are in the order that the standard demands."""
    shapes: str
    """``complete``, or why the shapes of its tensors cannot all be inferred."""
    nodes: int
    """Of its graph."""
    reference: Counterpart | None
    """The fp32 export with the same options, if this is not it."""
    wanted: WantedOptions
    """What it should be."""
    sentences: list[Finding]
    """What is not as it should be, the worst first."""

    def with_findings(self, found: Iterable[Finding]) -> Self:
        """Return it with what was found, the worst first."""
        levels = get_args(Level)
        return replace(self, sentences=sorted(found, key=lambda each: levels.index(each.level)))
