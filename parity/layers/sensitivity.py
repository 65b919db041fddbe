"""How much error each layer of an export adds, and what that does to its boxes and scores."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import onnx

from parity.layers.results import MeanError
from parity.layers.subgraphs import GIVEN, Layer, SubgraphExtractor, match_layers, slices

SLICE_BYTES = 64_000_000
"""Activations of an image that are held at a time; chosen."""

NO_NOISE = 1e-14
"""Energy of a difference, as a share of the signal's, whose effect is not measured: float32 rounds
at about this energy."""

COUNTED_SCORE = 0.05
"""Smallest score, in the reference, of an anchor that counts; chosen, a fifth of the default
confidence threshold."""

NO_EFFECT = MeanError(0.0, 0.0)


@dataclass
class Sensitivity:
    """What one layer does, summed over images.

    Attributes
    ----------
    layer : Layer
        Which one.
    signal, noise, own_noise : float
        Sums of squares: of the reference's output, of the candidate's difference from it, and
        of the difference when the layer alone is the candidate's, on the reference's inputs.
    effect : MeanError
        On the final boxes and scores, when the layer alone is the candidate's.
    """

    layer: Layer
    signal: float = 0.0
    noise: float = 0.0
    own_noise: float = 0.0
    effect: MeanError = NO_EFFECT


@dataclass
class OutputErrors:
    """Differences of final outputs, summed over the anchors that count."""

    box_px: float = 0.0
    score: float = 0.0
    anchors: int = 0

    def add(self, reference: np.ndarray, candidate: np.ndarray) -> None:
        """Add the outputs of an image, (1, 4 + classes, anchors) each."""
        ours, theirs = reference[0].astype(np.float64), candidate[0].astype(np.float64)
        best = ours[4:].max(axis=0)
        seen = np.flatnonzero(best > COUNTED_SCORE)
        classes = ours[4:, seen].argmax(axis=0)
        self.box_px += float(np.abs(ours[:4, seen] - theirs[:4, seen]).mean(axis=0).sum())
        self.score += float(np.abs(best[seen] - theirs[4:, seen][classes, range(len(seen))]).sum())
        self.anchors += len(seen)

    @property
    def mean(self) -> MeanError:
        """Mean differences; 0 without any anchor."""
        anchors = max(self.anchors, 1)
        return MeanError(self.box_px / anchors, self.score / anchors)


def measure_sensitivities(
    reference: onnx.ModelProto,
    candidate: onnx.ModelProto,
    tensors: list[np.ndarray],
    *,
    threads: int,
) -> tuple[list[Sensitivity], MeanError]:
    """Compare two graphs layer by layer.

    Layers are run in slices, so that only a part of the activations is in memory.

    Parameters
    ----------
    reference, candidate : onnx.ModelProto
        The fp32 export and another one of the same network with a raw head.
    tensors : list of (1, 3, H, W) float32
        Input tensors.
    threads : int
        Threads that a run may use.

    Returns
    -------
    sensitivities : list of Sensitivity
        In the order of the network.
    total : MeanError
        Of the whole candidate.
    """
    ours = SubgraphExtractor(reference, threads=threads)
    theirs = SubgraphExtractor(candidate, threads=threads)
    layers = match_layers(reference, candidate)
    whole, other = ours.extract([ours.output]), theirs.extract([theirs.output])
    outputs = [whole.run({ours.image: tensor})[ours.output] for tensor in tensors]
    total = OutputErrors()
    for tensor, output in zip(tensors, outputs, strict=True):
        total.add(output, other.run({theirs.image: tensor})[theirs.output])
    found: list[Sensitivity] = []
    for some in slices(layers, SLICE_BYTES):
        found += measure_slice(
            ours, theirs, layers=layers, some=some, tensors=tensors, outputs=outputs
        )
    return found, total.mean


def measure_slice(
    ours: SubgraphExtractor,
    theirs: SubgraphExtractor,
    *,
    layers: list[Layer],
    some: list[Layer],
    tensors: list[np.ndarray],
    outputs: list[np.ndarray],
) -> list[Sensitivity]:
    """Compare some layers.

    Parameters
    ----------
    ours, theirs : SubgraphExtractor
        Reference and candidate.
    layers, some : list of Layer
        All layers, and those to compare.
    tensors, outputs : list of ndarray
        Inputs, and the reference's outputs, by image.
    """
    names = {layer.candidate: layer.reference for layer in layers}
    mine = [layer.candidate for layer in some]
    plain = theirs.extract(mine)
    alone = theirs.extract(mine, frozenset(names) - {theirs.output})
    given = [name for name in names if name + GIVEN in alone.inputs]
    wanted = [names[name] for name in given] + [layer.reference for layer in some]
    source = ours.extract(list(dict.fromkeys(wanted)))
    found = [Sensitivity(layer) for layer in some]
    values: dict[str, list[np.ndarray]] = {name: [] for name in mine}
    for tensor in tensors:
        true = source.run({ours.image: tensor})
        own = alone.run({theirs.image: tensor, **{name: true[names[name]] for name in given}})
        seen = plain.run({theirs.image: tensor})
        for each in found:
            name = each.layer.candidate
            signal = true[each.layer.reference].astype(np.float64)
            each.signal += float((signal**2).sum())
            each.own_noise += float(((own[name] - signal) ** 2).sum())
            each.noise += float(((seen[name] - signal) ** 2).sum())
            values[name].append(own[name])
    for each in found:
        if not each.own_noise <= NO_NOISE * each.signal:
            replaced = values[each.layer.candidate]
            each.effect = effect_of(ours, each.layer, replaced, tensors, outputs)
    return found


def effect_of(
    ours: SubgraphExtractor,
    layer: Layer,
    values: list[np.ndarray],
    tensors: list[np.ndarray],
    outputs: list[np.ndarray],
) -> MeanError:
    """Return the mean differences of boxes and scores that one layer's values cause.

    Parameters
    ----------
    ours : SubgraphExtractor
        The reference, in which the layer is replaced.
    layer : Layer
        Which one.
    values : list of ndarray
        Its output, by image.
    tensors, outputs : list of ndarray
        Inputs, and the reference's outputs, by image.
    """
    errors = OutputErrors()
    if layer.reference == ours.output:
        for output, value in zip(outputs, values, strict=True):
            errors.add(output, value)
        return errors.mean
    replaced = ours.extract([ours.output], frozenset([layer.reference]))
    for tensor, value, output in zip(tensors, values, outputs, strict=True):
        fed = {ours.image: tensor, layer.reference: value}
        errors.add(output, replaced.run(fed)[ours.output])
    return errors.mean


def decibels(signal: float, noise: float) -> float | None:
    """Return a ratio of energies in dB; None where there is no noise."""
    return None if not noise else 10 * math.log10(max(signal, 1e-30) / noise)


def error_shares(effects: Iterable[MeanError]) -> list[float]:
    """Return the share of each layer in the error that the layers cause one by one.

    The errors of layers are assumed to be independent, so their squares add; boxes and scores count
    equally.
    """
    rows = np.array([[each.box_px, each.score] for each in effects], np.float64).reshape(-1, 2) ** 2
    total = rows.sum(axis=0)
    part = np.divide(rows, total, out=np.zeros_like(rows), where=total > 0)
    used = max(int((total > 0).sum()), 1)
    returned: list[float] = (part.sum(axis=1) / used).tolist()
    return returned
