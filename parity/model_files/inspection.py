"""Comparing a model file, before it is used, with the configuration and the checkpoint."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import onnx

import parity.model_files.families  # noqa: F401 - its modules register the families
from parity.errors import UserError
from parity.model_files.adapting import ADAPTED, FINISHED, RETURNED, TAKEN, UNLIKE
from parity.model_files.arranging import ARRANGED
from parity.model_files.completing import CHECKPOINT, COMPLETED, CONFIGURATION, GRAPH
from parity.model_files.description import load_checked
from parity.model_files.exporter_metadata import read_metadata
from parity.model_files.families.family import FAMILIES, FAMILY, ULTRALYTICS
from parity.model_files.finished_ends import FINISHED_ENDS
from parity.model_files.graph_limits import graph_limit
from parity.model_files.node_order import is_sorted
from parity.model_files.output_layout import OutputLayout
from parity.model_files.results import (
    STORED_AS,
    Counterpart,
    ExportDescription,
    Finding,
    HeadKind,
    Inspection,
    Wanted,
    WeightComparison,
)
from parity.sentences import listing

log = logging.getLogger(__name__)

OWN_DOMAINS = frozenset(["", "ai.onnx"])
RUNTIME_DOMAINS = frozenset(["com.microsoft"])
SPOKEN = {"float": "float32"}
FLOAT32 = 32
"""Bits of a weight that is not quantised, the default of ``quantize``."""
BITS = {stored: bits for bits, stored in STORED_AS.items()}
MOST_WEIGHTS = 5
"""Weights that a sentence names at most; chosen."""


SENTENCES = {
    **{name: end.sentence for name, end in FINISHED_ENDS.items()},
    **{name: kind.sentence for name, kind in ARRANGED.items()},
    **{name: kind.sentence for name, kind in (TAKEN | RETURNED | FINISHED).items()},
    "wide": "It returns float64.",
    "prototypes": "Its mask prototypes are (batch, height, width, channels).",
}
"""In what files deviate from Ultralytics' exports, by the names in their metadata."""


def inspect_export(
    path: str | Path,
    description: ExportDescription,
    wanted: Wanted,
    reference: ExportDescription | None,
) -> Inspection:
    """Return what an ONNX file says of itself and where it contradicts what is wanted.

    Parameters
    ----------
    path : str or Path
        The model.
    description : ExportDescription
        What it says of itself.
    wanted : Wanted
        What it should be.
    reference : ExportDescription or None
        The fp32 export with the same options, if this is not it.
    """
    model = load_checked(path)
    in_order = is_sorted(onnx.load(path, load_external_data=False).graph)
    with graph_limit(path, "inferring its shapes"):
        inferred, shapes = infer_shapes(model)
    domains = {node.domain for node in model.graph.node}
    inspection = Inspection(
        **vars(description),
        head=head_of(description),
        dynamic_axes=[axis for axis in description.inputs[0].shape if _is_open(axis)],
        precision=operator_precision(inferred),
        domains=sorted(domains - OWN_DOMAINS),
        in_order=in_order,
        shapes=shapes,
        nodes=len(model.graph.node),
        reference=_counterpart(reference),
        wanted=wanted.options,
        sentences=[],
    )
    found = [
        *of_metadata(inspection.metadata),
        *contradictions(inspection, wanted),
        *of_weights(inspection.weights_compared, wanted.source),
    ]
    return inspection.with_findings(found)


def _counterpart(reference: ExportDescription | None) -> Counterpart | None:
    if reference is None:
        return None
    return Counterpart(nodes=sum(reference.operators.values()), bytes=reference.bytes)


def infer_shapes(model: onnx.ModelProto) -> tuple[onnx.ModelProto, str]:
    """Return a model with the types of its tensors, and what the inference of shapes said."""
    try:
        return onnx.shape_inference.infer_shapes(model, strict_mode=True), "complete"
    except Exception as error:  # onnx raises its own kind and others
        loose = onnx.shape_inference.infer_shapes(model)
        return loose, " ".join(str(error).split())[:300]


def operator_precision(model: onnx.ModelProto) -> dict[str, dict[str, int]]:
    """Return how many operators of each type compute in which precision.

    An operator whose input has just been dequantised counts as int8: ONNX Runtime fuses the two
    into an int8 kernel if it has one.
    """
    kinds = {
        value.name: onnx.TensorProto.DataType.Name(value.type.tensor_type.elem_type).lower()
        for value in (*model.graph.value_info, *model.graph.output, *model.graph.input)
    }
    makers = {name: node for node in model.graph.node for name in node.output}
    counts: dict[str, Counter[str]] = {}
    for node in model.graph.node:
        kind = kinds.get(next(iter(node.output), ""), "unknown")
        first = makers.get(node.input[0]) if node.input else None
        if first is not None and first.op_type == "DequantizeLinear":
            kind = "int8" if node.op_type != "QuantizeLinear" else kind
        counts.setdefault(node.op_type, Counter())[kind] += 1
    return {op: dict(found.most_common()) for op, found in sorted(counts.items())}


def head_of(description: ExportDescription) -> HeadKind:
    """Return whether the output of a model is raw or finished, and by what."""
    shapes = [tuple(output.shape) for output in description.outputs]
    baked = description.baked is not None
    layout = OutputLayout.of(read_metadata(description.metadata), shapes, baked=baked)
    return layout.head if layout else "raw"


def of_metadata(metadata: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what a given file lacks, and where it deviates from Ultralytics' exports."""
    for name in metadata.get(ADAPTED, "").split():
        said = f"{SENTENCES[name]} That is undone here before it is compared."
        yield Finding("warn", said)
    if UNLIKE in metadata:
        yield Finding(
            "warn",
            f"What it returns for a photograph is far from what the {metadata[UNLIKE]} returns, "
            "and no other preprocessing or output layout that is known here explains it.",
        )
    family = metadata.get(FAMILY, ULTRALYTICS)
    if family != ULTRALYTICS:
        yield Finding("note", FAMILIES[family].sentence)
    sources: dict[str, list[str]] = {}
    for entry in metadata.get(COMPLETED, "").split():
        key, _, source = entry.partition(":")
        sources.setdefault(source, []).append(key)
    for source, keys in sources.items():
        taken = f"{'was' if len(keys) == 1 else 'were'} taken from the {source}"
        if source == CONFIGURATION:
            said = (
                f"{listing(keys)} {taken} instead of the file's metadata; a deployment that reads "
                "the file gets something else."
            )
        else:
            wrong, it = ("it", "it") if len(keys) == 1 else ("some of them", "they")
            said = f"Its metadata lacks {listing(keys)} or has {wrong} wrong; {it} {taken}."
            if source == GRAPH and "names" in keys:
                said += " Numbers stand for the names of its classes."
        yield Finding("warn", said)


def contradictions(found: Inspection, wanted: Wanted) -> Iterator[Finding]:
    """Yield everything that is not as the configuration and the checkpoint say, but weights."""
    shape, metadata, source = found.inputs[0].shape, read_metadata(found.metadata), wanted.source
    names = metadata.names or {}
    if names and len(names) != len(wanted.names):
        yield Finding(
            "stop",
            f"The file has {len(names)} classes, the {source} {len(wanted.names)}. Give the "
            f"{'weights' if wanted.trained else 'file'} that it was made from.",
        )
    elif names and names != wanted.names:
        wrong = [i for i in wanted.names if names.get(i) != wanted.names[i]]
        yield Finding(
            "warn",
            f"{len(wrong)} of {len(names)} classes are named differently in the {source}: class "
            f"{wrong[0]} is {names.get(wrong[0])!r} here and {wanted.names[wrong[0]]!r} there.",
        )
    stride = metadata.stride or wanted.stride
    if stride != wanted.stride and "stride:" not in found.metadata.get(COMPLETED, ""):
        said = f"The file says its stride is {stride}, the {source}'s is {wanted.stride}."
        yield Finding("warn", said)
    sides = shape[2:4]
    if any(_is_open(side) for side in sides) != wanted.dynamic:
        state, other = ("fixed", "open") if wanted.dynamic else ("open", "fixed")
        said = (
            f"Height and width of the input are {state}; dynamic is {wanted.dynamic}. Set dynamic: "
            f"{str(not wanted.dynamic).lower()} for this export."
            if wanted.trained
            else f"Height and width of the input are {state}, those of the reference are {other}; "
            "only files that take the same input are compared."
        )
        yield Finding("stop", said)
    elif not wanted.dynamic and tuple(sides) != tuple(wanted.imgsz):
        height, width = wanted.imgsz
        said = (
            f"The input is {sides[0]}x{sides[1]} px; imgsz is {list(wanted.imgsz)}. Set imgsz: "
            f"[{sides[0]}, {sides[1]}] for this export, so that PyTorch takes the same input."
            if wanted.trained
            else f"The input is {sides[0]}x{sides[1]} px, and the reference takes "
            f"{height}x{width} px; only files that take the same input are compared."
        )
        yield Finding("stop", said)
    if wanted.trained and not wanted.dynamic and max(wanted.imgsz) != max(wanted.trained):
        trained, run = ("x".join(map(str, size)) for size in (wanted.trained, wanted.imgsz))
        yield Finding(
            "note",
            f"The checkpoint was trained at {trained} px, which predict uses by default; this "
            f"export takes {run} px.",
        )
    if wanted.trained and found.opset and found.opset != wanted.opset:
        said = f"The operator set is {found.opset}; {wanted.opset} was asked for."
        yield Finding("note" if wanted.given else "warn", said)
    yield from _of_precision(found, wanted)
    if found.baked:
        yield Finding(
            "note",
            f"NMS is part of the graph; it drops scores up to {found.baked.conf} and boxes that "
            f"overlap by more than {found.baked.iou}, no matter what the thresholds say.",
        )
    yield from _of_structure(found)


def _of_precision(found: Inspection, wanted: Wanted) -> Iterator[Finding]:
    mostly = max(found.weights, key=lambda kind: found.weights[kind], default="nothing")
    asked = STORED_AS[wanted.quantize]
    if mostly != asked:
        said = (
            f"{SPOKEN.get(asked, asked)} was asked for, but most weights are stored as "
            f"{SPOKEN.get(mostly, mostly)}."
        )
        if wanted.given and wanted.quantize != FLOAT32:
            yield Finding("stop", f"{said} Give another file, or leave out quantize.")
        elif wanted.given and (bits := BITS.get(mostly)):
            yield Finding("warn", f"{said} If that is meant, set quantize: {bits} for this export.")
        else:
            yield Finding("warn", said)
    if mostly == "int8" and UNLIKE in found.metadata:
        yield Finding(
            "note",
            "Its quantisation may be why it returns something else: where boxes in px and scores "
            "share a scale, all scores become 0.",
        )
    dtype = found.inputs[0].dtype
    if dtype != "float":
        yield Finding("note", f"The input is {dtype}, so rounding starts before the network.")


def _of_structure(found: Inspection) -> Iterator[Finding]:
    foreign = [domain for domain in found.domains if domain not in RUNTIME_DOMAINS]
    if foreign:
        said = f"It has operators of {', '.join(foreign)}, which no standard defines."
        yield Finding("warn", said)
    if set(found.domains) & RUNTIME_DOMAINS:
        said = "It has operators of com.microsoft, which only ONNX Runtime knows."
        yield Finding("note", said)
    if not found.in_order:
        said = "Its nodes are not in the order that the ONNX standard requires; they are sorted."
        yield Finding("note", said)
    if found.shapes != "complete":
        said = f"The shapes of its tensors cannot all be inferred: {found.shapes}"
        yield Finding("note", said)


def of_weights(compared: WeightComparison, source: str = CHECKPOINT) -> Iterator[Finding]:
    """Yield what is said of weights that are not those of the checkpoint or the reference."""
    differing, total = compared.differing, compared.compared
    if not total:
        yield Finding("warn", f"None of its weights could be found in the {source}.")
        return
    if differing:
        named = ", ".join(
            f"{row.name} (by {row.largest:.3g}, factor {row.factor:.4g})"
            for row in differing[:MOST_WEIGHTS]
        )
        more = f" and {len(differing) - MOST_WEIGHTS} more" if len(differing) > MOST_WEIGHTS else ""
        another = 2 * len(differing) > total
        what = "It is another model" if another else "It was changed after the export"
        yield Finding(
            "stop" if another and source == CHECKPOINT else "warn",
            f"{what}: {len(differing)} of {total} weights are not the {source}'s: {named}{more}.",
        )
    if compared.by_layout:
        yield Finding(
            "note",
            f"{compared.by_layout} weights are the {source}'s, but in another layout, as ONNX "
            "Runtime stores them after it optimised a graph; such a file is made for one kind of "
            "processor.",
        )
    if compared.absent:
        yield Finding(
            "note",
            f"The file lacks {len(compared.absent)} of the {source}'s weights, such as "
            f"{compared.absent[0]}.",
        )


def _is_open(axis: Any) -> bool:
    return not isinstance(axis, int) or axis <= 0


def stop_if_wrong(inspection: Inspection, key: str) -> None:
    """Stop at a model whose comparison would mean nothing, and log what else was found.

    Parameters
    ----------
    inspection : Inspection
        What was found.
    key : str
        Of the export in the configuration.

    Raises
    ------
    UserError
        With every finding that stops the run.
    """
    for each in inspection.sentences:
        log.info("%s: %s", each.level, each.sentence)
    stops = [each.sentence for each in inspection.sentences if each.level == "stop"]
    if stops:
        raise UserError(f"{key}: {' '.join(stops)}")
