"""What ONNX files say of themselves, and what their inspection found."""

from dataclasses import dataclass
from typing import ClassVar, Literal

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
    """An input or output of a model.

    Attributes
    ----------
    name : str
        Its name.
    shape : list of int or str
        An open axis has a name, or 0.
    dtype : str
        Element type, as ONNX calls it.
    """

    name: str
    shape: list[int | str]
    dtype: str


@dataclass(frozen=True)
class Quantisation:
    """How a model was quantised.

    Attributes
    ----------
    images : int
        How many calibrated it.
    fp32_nodes : list of str
        Nodes that stayed in floating point.
    """

    images: int
    fp32_nodes: list[str]


@dataclass(frozen=True)
class ExportDescription:
    """What an ONNX file says of itself.

    Attributes
    ----------
    sha256 : str
        Digest of the model without metadata, so that the time of export does not count.
    bytes : int
        Size of the file.
    opset, ir_version : int
        Of the standard.
    producer : str
        What wrote the file.
    inputs, outputs : list of TensorDescription
        Of the graph.
    operators : dict of str to int
        Nodes by type.
    baked : BakedThresholds or None
        Thresholds of a suppression in the graph.
    weights : dict of str to int
        Stored numbers by element type.
    metadata : dict of str to str
        What the exporter added.
    quantisation : Quantisation or None
        If it was quantised here.
    file_sha256 : str
        Digest of the file, which shows whether it is still whole.
    """

    SCHEMA: ClassVar[str] = "export/1"

    sha256: str
    bytes: int
    opset: int
    ir_version: int
    producer: str
    inputs: list[TensorDescription]
    outputs: list[TensorDescription]
    operators: dict[str, int]
    baked: BakedThresholds | None
    weights: dict[str, int]
    metadata: dict[str, str]
    quantisation: Quantisation | None = None
    file_sha256: str = ""


@dataclass(frozen=True)
class WeightDifference:
    """How far a stored tensor is from the checkpoint's.

    Attributes
    ----------
    name : str
        In the checkpoint.
    stored_as : str
        float32, float16 or int8.
    largest : float
        Largest difference of a number.
    allowed : float
        What the precision it is stored in explains.
    factor : float
        Least-squares factor between what is stored and the checkpoint.
    """

    name: str
    stored_as: str
    largest: float
    allowed: float
    factor: float


@dataclass(frozen=True)
class WeightComparison:
    """The weights of a file compared with the checkpoint's.

    Attributes
    ----------
    compared : int
        Tensors.
    by_value : int
        Those of them that have no common name.
    by_layout : int
        Those of them whose numbers are stored in another layout.
    absent : list of str
        Names in the checkpoint that the file does not have in any form.
    largest : float or None
        Largest difference of a number; None if nothing was compared.
    differing : list of WeightDifference
        Tensors that rounding does not explain, the worst first.
    """

    compared: int
    by_value: int
    by_layout: int
    absent: list[str]
    largest: float | None
    differing: list[WeightDifference]


@dataclass(frozen=True)
class WantedOptions:
    """The options that an export should have.

    Attributes
    ----------
    given : bool
        Whether the file is given, not made here.
    opset, quantize : int
        As configured.
    dynamic : bool
        Whether height and width should be open.
    imgsz : tuple of int
        Height and width, px.
    stride : int
        The checkpoint's largest stride, px.
    """

    given: bool
    opset: int
    quantize: int
    dynamic: bool
    imgsz: tuple[int, int]
    stride: int


@dataclass(frozen=True)
class Wanted(WantedOptions):
    """What the configuration and the reference ask of an export.

    Attributes
    ----------
    names : dict of int to str
        The reference's classes.
    trained : tuple of int or None
        Height and width that the checkpoint was trained at, px; None if the reference is a file.
    """

    names: dict[int, str]
    trained: tuple[int, int] | None

    @property
    def source(self) -> str:
        """What the reference is called."""
        return "checkpoint" if self.trained else "reference"


@dataclass(frozen=True)
class Counterpart:
    """The fp32 export with the same options.

    Attributes
    ----------
    nodes, bytes : int
        Of its graph, and of its file.
    """

    nodes: int
    bytes: int


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Attributes
    ----------
    level : Level
        How bad it is.
    sentence : str
        What it is.
    """

    level: Level
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Inspection(ExportDescription):
    """What an ONNX file says of itself, and where it contradicts what is wanted.

    Attributes
    ----------
    head : HeadKind
        What its output is.
    dynamic_axes : list of int or str
        Open axes of its input.
    precision : dict of str to dict of str to int
        Operators by type and precision.
    domains : list of str
        Of operators beyond the standard.
    in_order : bool
        Whether its nodes are in the order that the standard demands.
    shapes : str
        ``complete``, or why the shapes of its tensors cannot all be inferred.
    nodes : int
        Of its graph.
    reference : Counterpart or None
        The fp32 export with the same options, if this is not it.
    weights_compared : WeightComparison
        With the checkpoint's.
    wanted : WantedOptions
        What it should be.
    sentences : list of Finding
        What is not as it should be, the worst first.
    """

    SCHEMA: ClassVar[str] = "inspection/1"

    head: HeadKind
    dynamic_axes: list[int | str]
    precision: dict[str, dict[str, int]]
    domains: list[str]
    in_order: bool
    shapes: str
    nodes: int
    reference: Counterpart | None
    weights_compared: WeightComparison
    wanted: WantedOptions
    sentences: list[Finding]
