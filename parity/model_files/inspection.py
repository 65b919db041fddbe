"""The contract before the flight: what a model file says of itself, held against what it should.

A contradiction is a sentence with a level: ``stop`` where a comparison would mean nothing,
``warn`` where it would mislead, ``note`` where it is good to know.
"""

import ast
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import onnx

from parity.errors import UserError
from parity.model_files.description import ExportDescription, load_checked
from parity.model_files.node_order import is_sorted
from parity.model_files.weights import WeightComparison, compare_weights, stored_weights

log = logging.getLogger(__name__)

INSPECTION = "inspection/1"
STOP, WARN, NOTE = "stop", "warn", "note"
Level = Literal["stop", "warn", "note"]
Head = Literal["suppressed", "end to end", "raw"]
OWN_DOMAINS = frozenset(["", "ai.onnx"])
RUNTIME_DOMAINS = frozenset(["com.microsoft"])
STORED_AS = {8: "int8", 16: "float16", 32: "float"}
SPOKEN = {"float": "float32"}
MOST_NAMED = 5


@dataclass(frozen=True)
class Wanted:
    """What the configuration and the checkpoint ask of an export.

    Attributes
    ----------
    given : bool
        Whether somebody else made the file.
    opset, quantize : int
        As configured.
    dynamic : bool
        Whether height and width should be open.
    imgsz : tuple of int
        Height and width, px.
    names : dict of int to str
        The checkpoint's classes.
    stride : int
        The checkpoint's largest stride, px.
    """

    given: bool
    opset: int
    quantize: int
    dynamic: bool
    imgsz: tuple[int, int]
    names: dict[int, str]
    stride: int


@dataclass(frozen=True)
class Asked:
    """The part of :class:`Wanted` that an inspection repeats."""

    given: bool
    opset: int
    quantize: int
    dynamic: bool
    imgsz: tuple[int, int]
    stride: int


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
    level : {"stop", "warn", "note"}
        ``stop`` where a comparison would mean nothing, ``warn`` where it would mislead, ``note``
        where it is good to know.
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
    head : {"suppressed", "end to end", "raw"}
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
    wanted : Asked
        What it should be.
    sentences : list of Finding
        What is not as it should be, the worst first.
    """

    SCHEMA: ClassVar[str] = INSPECTION

    head: Head
    dynamic_axes: list[int | str]
    precision: dict[str, dict[str, int]]
    domains: list[str]
    in_order: bool
    shapes: str
    nodes: int
    reference: Counterpart | None
    weights_compared: WeightComparison
    wanted: Asked
    sentences: list[Finding]


def inspect(
    path: str | Path,
    description: dict[str, Any],
    wanted: Wanted,
    weights: Mapping[str, np.ndarray],
    reference: dict[str, Any] | None,
) -> dict[str, Any]:
    """Return what an ONNX file says of itself and where it contradicts what is wanted.

    Parameters
    ----------
    path : str or Path
        The model.
    description : dict
        What :func:`parity.model_files.description.describe` says of it.
    wanted : Wanted
        What it should be.
    weights : mapping of str to ndarray
        The checkpoint's weights.
    reference : dict, optional
        Description of the fp32 export with the same options, if this is not it.

    Returns
    -------
    dict
        The description, ``head``, ``dynamic_axes``, ``precision`` (operators by precision),
        ``domains``, ``in_order``, ``shapes`` (result of shape inference), ``nodes``,
        ``reference`` (nodes and bytes), ``weights_compared`` and ``sentences``.
    """
    in_order = is_sorted(onnx.load(path, load_external_data=False).graph)
    model = load_checked(path)
    inferred, shapes = infer_shapes(model)
    compared = compare_weights(stored_weights(model), weights)
    facts = {
        **{key: value for key, value in description.items() if key != "schema"},
        "head": head_of(description),
        "dynamic_axes": [axis for axis in description["inputs"][0]["shape"] if _is_open(axis)],
        "precision": precision(inferred),
        "domains": sorted({node.domain for node in model.graph.node} - OWN_DOMAINS),
        "in_order": in_order,
        "shapes": shapes,
        "nodes": len(model.graph.node),
        "reference": reference
        and {"nodes": sum(reference["operators"].values()), "bytes": reference["bytes"]},
        "weights_compared": compared,
    }
    sentences = [
        {"level": level, "sentence": sentence}
        for level, sentence in (*contradictions(facts, wanted), *of_weights(compared))
    ]
    order = [STOP, WARN, NOTE]
    sentences.sort(key=lambda each: order.index(each["level"]))
    return {**facts, "wanted": _plain(wanted), "sentences": sentences}


def _plain(wanted: Wanted) -> dict[str, Any]:
    return {key: value for key, value in asdict(wanted).items() if key != "names"}


def infer_shapes(model: onnx.ModelProto) -> tuple[onnx.ModelProto, str]:
    """Return a model with the types of its tensors, and what the inference of shapes said."""
    try:
        return onnx.shape_inference.infer_shapes(model, strict_mode=True), "complete"
    except Exception as error:  # onnx raises its own kind and others
        loose = onnx.shape_inference.infer_shapes(model)
        return loose, " ".join(str(error).split())[:300]


def precision(model: onnx.ModelProto) -> dict[str, dict[str, int]]:
    """Return how many operators of each type compute in which precision.

    An operator whose input has just been dequantised is one that ONNX Runtime fuses into an
    int8 kernel where it has one.
    """
    kinds = {
        value.name: onnx.TensorProto.DataType.Name(value.type.tensor_type.elem_type).lower()
        for value in (*model.graph.value_info, *model.graph.output, *model.graph.input)
    }
    makers = {name: node for node in model.graph.node for name in node.output}
    counts: dict[str, Counter[str]] = {}
    for node in model.graph.node:
        kind = kinds.get(node.output[0], "unknown")
        first = makers.get(node.input[0]) if node.input else None
        if first is not None and first.op_type == "DequantizeLinear":
            kind = "int8" if node.op_type != "QuantizeLinear" else kind
        counts.setdefault(node.op_type, Counter())[kind] += 1
    return {op: dict(found.most_common()) for op, found in sorted(counts.items())}


def head_of(description: dict[str, Any]) -> str:
    """Return ``suppressed`` (in the graph), ``end to end`` or ``raw``."""
    if description.get("baked"):
        return "suppressed"
    last = description["outputs"][0]["shape"][-1:]
    finished = description["metadata"].get("end2end") == "True" or last == [6]
    return "end to end" if finished else "raw"


def contradictions(facts: dict[str, Any], wanted: Wanted) -> Iterator[tuple[str, str]]:
    """Yield level and sentence of everything that is not as the configuration says."""
    metadata, shape = facts["metadata"], facts["inputs"][0]["shape"]
    names = _literal(metadata.get("names"), {})
    if names and len(names) != len(wanted.names):
        yield STOP, f"The file knows {len(names)} classes, the checkpoint {len(wanted.names)}."
    elif names and names != wanted.names:
        wrong = [i for i in wanted.names if names.get(i) != wanted.names[i]]
        yield (
            WARN,
            (
                f"{len(wrong)} classes have another name than in the checkpoint: class {wrong[0]} "
                f"is {names.get(wrong[0])!r}, in the checkpoint {wanted.names[wrong[0]]!r}."
            ),
        )
    stride = _literal(metadata.get("stride"), wanted.stride)
    if stride != wanted.stride:
        yield WARN, f"The file says its stride is {stride}, the checkpoint's is {wanted.stride}."
    sides = shape[2:4]
    if any(_is_open(side) for side in sides) != wanted.dynamic:
        found = "open" if not wanted.dynamic else "fixed"
        yield STOP, f"Height and width of the input are {found}; dynamic is {wanted.dynamic}."
    elif not wanted.dynamic and tuple(sides) != tuple(wanted.imgsz):
        yield STOP, f"The input is {sides[0]}x{sides[1]} px; imgsz is {list(wanted.imgsz)}."
    if facts["opset"] != wanted.opset:
        level = NOTE if wanted.given else WARN
        yield level, f"The operator set is {facts['opset']}; {wanted.opset} was asked for."
    yield from _of_precision(facts, wanted)
    baked = facts["baked"]
    if baked:
        hidden = f"hides scores up to {baked['conf']} and overlaps above {baked['iou']}"
        yield NOTE, f"Suppression is part of the graph and {hidden}, whatever the thresholds say."
    yield from _of_structure(facts)


def _of_precision(facts: dict[str, Any], wanted: Wanted) -> Iterator[tuple[str, str]]:
    weights = facts["weights"]
    mostly = max(weights, key=lambda kind: weights[kind], default="nothing")
    asked = STORED_AS[wanted.quantize]
    if mostly != asked:
        said = f"{SPOKEN.get(asked, asked)} was asked for and not delivered: most weights are "
        yield WARN, f"{said}stored as {SPOKEN.get(mostly, mostly)}."
    dtype = facts["inputs"][0]["dtype"]
    if dtype != "float":
        yield NOTE, f"The input is {dtype}, so the rounding begins before the network."


def _of_structure(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    foreign = [domain for domain in facts["domains"] if domain not in RUNTIME_DOMAINS]
    if foreign:
        yield WARN, f"It has operators of {', '.join(foreign)}, which no standard defines."
    if set(facts["domains"]) & RUNTIME_DOMAINS:
        yield NOTE, "It has operators of com.microsoft, which only ONNX Runtime knows."
    if not facts["in_order"]:
        yield NOTE, "Its nodes are not in the order that the standard demands; the runtime sorts."
    if facts["shapes"] != "complete":
        yield NOTE, f"The shapes of its tensors cannot all be inferred: {facts['shapes']}"


def of_weights(compared: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield level and sentence of weights that are not the checkpoint's."""
    differing, total = compared["differing"], compared["compared"]
    if not total:
        yield WARN, "None of its weights could be found in the checkpoint."
        return
    if differing:
        named = ", ".join(
            f"{row['name']} (by {row['largest']:.3g}, factor {row['factor']:.4g})"
            for row in differing[:MOST_NAMED]
        )
        more = f" and {len(differing) - MOST_NAMED} more" if len(differing) > MOST_NAMED else ""
        level = STOP if 2 * len(differing) > total else WARN
        what = "It is another model" if level == STOP else "It was changed after the export"
        yield (
            level,
            (
                f"{what}: {len(differing)} of {total} weights are not the checkpoint's: "
                f"{named}{more}."
            ),
        )
    if compared["absent"]:
        yield (
            NOTE,
            (
                f"{len(compared['absent'])} weights of the checkpoint are not in the file, such as "
                f"{compared['absent'][0]}."
            ),
        )


def _literal(text: str | None, otherwise: Any) -> Any:
    try:
        return otherwise if text is None else ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return otherwise


def _is_open(axis: Any) -> bool:
    return not isinstance(axis, int) or axis <= 0


def refuse(inspection: dict[str, Any]) -> None:
    """Refuse to go on with a model whose comparison would mean nothing.

    Raises
    ------
    UserError
        With everything that was found, what stops the run first.
    """
    sentences = inspection["sentences"]
    for each in sentences:
        log.info("%s: %s", each["level"], each["sentence"])
    stops = [each["sentence"] for each in sentences if each["level"] == STOP]
    if stops:
        raise UserError(" ".join(stops))
