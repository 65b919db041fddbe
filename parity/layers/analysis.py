"""Which layers of an export cause its drift, and what keeping them in fp32 gives.

A layer's own error is what it adds when it alone is the candidate's and everything before it is
the fp32 export's. Its share is what that does to the final outputs, relative to what the other
layers do one by one.
"""

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from parity.backends.onnx_network import OnnxNetwork
from parity.comparison.differences import ComparisonBatch, Differences, differences_of
from parity.comparison.judgement import judge
from parity.comparison.tolerances import FLOAT32_ROUNDING
from parity.data.batch_files import BatchImage
from parity.detection.detection_files import Thresholds
from parity.documents import load
from parity.layers.conclusions import conclusions
from parity.layers.evaluate import Evaluator
from parity.layers.mixed_precision import make_mixed_fp16, restore_weights
from parity.layers.quantisation import quantise
from parity.layers.results import LayerError, LayerResults, MixedEvaluation
from parity.layers.sensitivity import Sensitivity, decibels, error_shares, measure_sensitivities
from parity.layers.subgraphs import Layer, nodes_of
from parity.model_files.description import load_checked

EXPECTED_ERROR = {"float": 1e-4, "float16": 4e-3, "int8": 0.03}
"""Own error of a layer, as a share of its signal, that the precision of its weights explains.

Chosen above what the layers of YOLO11n show: at most 1.4e-3 in fp16, 0.023 in the median in int8.
"""

OUTLIER = 4
"""Multiple of the median own error of all layers from which on an own error is unexpected; chosen.
"""

SHARES = (0.5, 0.8)
"""Shares of the error whose layers are tried in fp32; chosen."""

MOST_KEPT = 16
"""Layers that are kept in fp32 at most; chosen."""

EVALUATED = 8
"""Images on which models are evaluated, as a multiple of those that layers are run on; chosen."""


@dataclass(frozen=True)
class AnalysedExport:
    """An export whose layers are analysed."""

    candidate: str
    reference: str
    """Its file, and the file of the fp32 export with the same options."""
    stored_as: str
    """What most of its weights are: float, float16 or int8."""
    given: bool
    """Whether the file is given, not made here."""
    keep_fp32: list[str]
    """What it already keeps in fp32."""
    calibration: list[BatchImage]
    """What calibrated it; empty unless it is made in int8."""


def rank_by_difference(comparisons: Iterable[str | Path]) -> tuple[list[str], bool]:
    """Return the names of compared images, worst first, and whether any exceeds rounding."""
    found = {
        image.name: differences_of(image)
        for path in comparisons
        for image in load(path, ComparisonBatch).images
        if not any(image.reasons)
    }
    drifts = any(not judge(each, FLOAT32_ROUNDING).passed for each in found.values())
    return sorted(found, key=lambda name: (*_rank_of(found[name]), name)), drifts


def _rank_of(found: Differences) -> tuple[float, float, float]:
    return -(found.missing + found.extra), -found.box_px, -found.score


def analyse_layers(
    export: AnalysedExport,
    images: list[BatchImage],
    comparisons: Iterable[str | Path],
    *,
    wanted: int,
    thresholds: Thresholds,
    threads: int,
) -> LayerResults:
    """Analyse the layers of an export that drifts, and evaluate what may fix it.

    Parameters
    ----------
    export : AnalysedExport
        The export.
    images : list of BatchImage
        All images of the run.
    comparisons : iterable of str or Path
        Of its runtime effect.
    wanted : int
        Images to run the layers on, the worst first.
    thresholds : Thresholds
        Of the run.
    threads : int
        Threads that a run may use.
    """
    names, drifts = rank_by_difference(comparisons)
    if not drifts:
        return LayerResults(False, ["It differs by no more than float32 rounding causes."])
    network = OnnxNetwork.load(export.reference, threads=threads)
    if network.finished or OnnxNetwork.load(export.candidate, threads=threads).finished:
        said = "Its head returns finished boxes, which cannot be followed through the layers."
        return LayerResults(True, [said])
    reference, candidate = load_checked(export.reference), load_checked(export.candidate)
    by_name = {image.name: image for image in images}
    ordered = [by_name[name] for name in names]
    worst = Evaluator.prepare(network, ordered[:wanted], thresholds)
    sensitivities, total = measure_sensitivities(
        reference,
        candidate,
        worst.inputs,
        task=network.task,
        classes=len(network.names),
        threads=threads,
    )
    if (broken := first_without_numbers(sensitivities)) is not None:
        said = f"{broken} is the first layer that returns NaN or infinity instead of numbers."
        return LayerResults(True, [said], images=worst.names)
    errors = layer_errors(sensitivities)
    first = first_unexpected(errors, export.stored_as)
    step = max(1, len(ordered) // (wanted * EVALUATED))
    evaluator = Evaluator.prepare(network, ordered[::step][: wanted * EVALUATED], thresholds)
    as_it_is = evaluator.evaluate(export.candidate, threads=threads)
    layers = [each.layer for each in sensitivities]
    sets = layer_sets(errors, first, given=export.given)
    tried = [
        *try_layers(
            export, reference, candidate, layers, sets, evaluator=evaluator, threads=threads
        )
    ]
    return LayerResults(
        drifts=True,
        sentences=conclusions(
            errors, first, as_it_is, tried, given=export.given, stored_as=export.stored_as
        ),
        images=worst.names,
        total=total,
        layers=errors,
        first=first,
        measured_on=len(evaluator.names),
        as_it_is=as_it_is,
        tried=tried,
    )


def first_without_numbers(sensitivities: Iterable[Sensitivity]) -> str | None:
    """Return the first layer, by its node, that returned NaN or infinity; None if none did."""
    return next((each.layer.node for each in sensitivities if not each.is_finite), None)


def try_layers(
    export: AnalysedExport,
    reference: onnx.ModelProto,
    candidate: onnx.ModelProto,
    layers: list[Layer],
    sets: Iterable[list[int]],
    *,
    evaluator: Evaluator,
    threads: int,
) -> Iterator[MixedEvaluation]:
    """Yield what an export is like with some layers in fp32, or with the checkpoint's weights.

    Parameters
    ----------
    export : AnalysedExport
        The export.
    reference, candidate : ModelProto
        The graph of the fp32 export and its own.
    layers : list of Layer
        All of them.
    sets : iterable of list of int
        The layers that are tried together, as indices; a set of which nothing can be restored is
        left out.
    evaluator : Evaluator
        Measures a model.
    threads : int
        Threads that a run may use.
    """
    for kept in sets:
        chosen = [layers[i] for i in kept]
        nodes = [name for layer in chosen for name in nodes_of(reference, layers, layer)]
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder, "mixed.onnx")
            if export.given:
                chosen = restore_layers(candidate, reference, chosen, made)
            else:
                keep_in_fp32(export, reference, nodes, made, threads=threads)
            if chosen:
                named = [layer.node for layer in chosen]
                measured = evaluator.evaluate(made, threads=threads)
                yield MixedEvaluation(**vars(measured), layers=named, keep_fp32=nodes)


def restore_layers(
    candidate: onnx.ModelProto, reference: onnx.ModelProto, layers: list[Layer], destination: Path
) -> list[Layer]:
    """Write a given export with the checkpoint's weights in some layers; return those restored."""
    outputs = {layer.reference: layer.candidate for layer in layers}
    done = restore_weights(candidate, reference, outputs, destination)
    return [layer for layer in layers if layer.reference in done]


def keep_in_fp32(
    export: AnalysedExport,
    reference: onnx.ModelProto,
    nodes: list[str],
    destination: Path,
    *,
    threads: int,
) -> None:
    """Write an export that was made here anew, with more nodes in fp32."""
    if export.stored_as == "int8":
        kept = list(dict.fromkeys([*export.keep_fp32, *nodes]))
        quantise(export.reference, destination, export.calibration, keep_fp32=kept, threads=threads)
    else:
        make_mixed_fp16(reference, nodes, destination)


def layer_errors(sensitivities: list[Sensitivity]) -> list[LayerError]:
    """Return the error of every layer; ratios of signal to noise in dB."""
    parts = error_shares(each.effect for each in sensitivities)
    return [
        LayerError(
            node=each.layer.node,
            operator=each.layer.operator,
            snr_db=decibels(each.signal, each.noise),
            own_snr_db=decibels(each.signal, each.own_noise),
            own_error=float(np.sqrt(each.own_noise / max(each.signal, 1e-30))),
            box_px=each.effect.box_px,
            score=each.effect.score,
            share=share,
            extras=each.effect.extras,
        )
        for each, share in zip(sensitivities, parts, strict=True)
    ]


def first_unexpected(errors: list[LayerError], stored_as: str) -> int | None:
    """Return the first layer whose own error neither precision nor the other layers explain."""
    own = [each.own_error for each in errors]
    expected = EXPECTED_ERROR.get(stored_as, EXPECTED_ERROR["int8"])
    limit = max(expected, OUTLIER * float(np.median(own)))
    return next((i for i, error in enumerate(own) if not error <= limit), None)


def layer_sets(errors: list[LayerError], first: int | None, *, given: bool) -> list[list[int]]:
    """Return the sets of layers that are tried, as indices.

    Of a given file, all layers whose error rounding does not explain; otherwise those that together
    cause half, and four fifths, of the error.

    Parameters
    ----------
    errors : list of LayerError
        By layer.
    first : int or None
        What :func:`first_unexpected` returned.
    given : bool
        Whether the file is given.
    """
    order = sorted(range(len(errors)), key=lambda i: -errors[i].share)
    if given:
        beyond = [i for i in order if errors[i].own_error > EXPECTED_ERROR["float"]]
        return [sorted(beyond[:MOST_KEPT])] if first is not None else []
    caused = np.cumsum([errors[i].share for i in order])
    sizes = [min(int(np.searchsorted(caused, share)) + 1, MOST_KEPT) for share in SHARES]
    return [sorted(order[:size]) for size in dict.fromkeys(sizes)] if caused[-1] > 0 else []
