"""How much error each layer of an export adds, and what that does to its boxes and scores."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import onnx

from parity.layers.activations import GIVEN, Layer, Tapper, match_layers, slices

SLICE_BYTES = 64_000_000
NOTHING = 1e-14
"""Energy of a difference, as a share of the signal's, whose effect is not worth a run."""

SEEN = 0.05
"""Score of the reference from which on an anchor counts."""


@dataclass
class Blame:
    """What one layer does, summed over images.

    Attributes
    ----------
    layer : Layer
        Which one.
    signal, noise, own_noise : float
        Sums of squares: of the reference's output, of the candidate's difference from it, and
        of the difference when the layer alone is the candidate's, on the reference's inputs.
    box_px, score : float
        Mean difference of the coordinates and of the best score of the anchors that count, when
        the layer alone is the candidate's.
    """

    layer: Layer
    signal: float = 0.0
    noise: float = 0.0
    own_noise: float = 0.0
    box_px: float = 0.0
    score: float = 0.0


@dataclass
class Errors:
    """Differences of final outputs, summed over the anchors that count."""

    box_px: float = 0.0
    score: float = 0.0
    anchors: int = 0

    def add(self, reference: np.ndarray, candidate: np.ndarray) -> None:
        """Take in the outputs of an image, (1, 4 + classes, anchors) each."""
        ours, theirs = reference[0].astype(np.float64), candidate[0].astype(np.float64)
        best = ours[4:].max(axis=0)
        seen = np.flatnonzero(best > SEEN)
        classes = ours[4:, seen].argmax(axis=0)
        self.box_px += float(np.abs(ours[:4, seen] - theirs[:4, seen]).mean(axis=0).sum())
        self.score += float(np.abs(best[seen] - theirs[4:, seen][classes, range(len(seen))]).sum())
        self.anchors += len(seen)

    @property
    def mean(self) -> tuple[float, float]:
        """Mean difference of a coordinate, px, and of a score."""
        anchors = max(self.anchors, 1)
        return self.box_px / anchors, self.score / anchors


@dataclass
class Study:
    """What a comparison of two graphs layer by layer gives.

    Attributes
    ----------
    layers : list of Layer
        In the order of the network.
    blames : list of Blame
        By layer.
    total : Errors
        Of the whole candidate.
    """

    layers: list[Layer]
    blames: list[Blame]
    total: Errors = field(default_factory=Errors)


def study(
    reference: onnx.ModelProto,
    candidate: onnx.ModelProto,
    tensors: list[np.ndarray],
    *,
    threads: int,
) -> Study:
    """Compare two graphs layer by layer.

    Layers are run in slices, so that no more than a part of the activations is in memory.

    Parameters
    ----------
    reference, candidate : onnx.ModelProto
        The fp32 export and another one of the same network with a raw head.
    tensors : list of (1, 3, H, W) float32
        Inputs.
    threads : int
        Threads that a run may use.
    """
    ours, theirs = Tapper(reference, threads=threads), Tapper(candidate, threads=threads)
    layers = match_layers(reference, candidate)
    whole, other = ours.tap([ours.output]), theirs.tap([theirs.output])
    outputs = [whole.run({ours.image: tensor})[ours.output] for tensor in tensors]
    result = Study(layers, [])
    for tensor, output in zip(tensors, outputs, strict=True):
        result.total.add(output, other.run({theirs.image: tensor})[theirs.output])
    for some in slices(layers, SLICE_BYTES):
        result.blames += study_slice(
            ours, theirs, layers=layers, some=some, tensors=tensors, outputs=outputs
        )
    return result


def study_slice(
    ours: Tapper,
    theirs: Tapper,
    *,
    layers: list[Layer],
    some: list[Layer],
    tensors: list[np.ndarray],
    outputs: list[np.ndarray],
) -> list[Blame]:
    """Compare some layers.

    Parameters
    ----------
    ours, theirs : Tapper
        Reference and candidate.
    layers, some : list of Layer
        All layers, and those to compare.
    tensors, outputs : list of ndarray
        Inputs, and the reference's outputs, by image.
    """
    names = {layer.candidate: layer.reference for layer in layers}
    mine = [layer.candidate for layer in some]
    plain = theirs.tap(mine)
    alone = theirs.tap(mine, frozenset(names) - {theirs.output})
    given = [name for name in names if name + GIVEN in alone.inputs]
    wanted = [names[name] for name in given] + [layer.reference for layer in some]
    source = ours.tap(list(dict.fromkeys(wanted)))
    blames = [Blame(layer) for layer in some]
    values: dict[str, list[np.ndarray]] = {name: [] for name in mine}
    for tensor in tensors:
        true = source.run({ours.image: tensor})
        own = alone.run({theirs.image: tensor, **{name: true[names[name]] for name in given}})
        seen = plain.run({theirs.image: tensor})
        for blame in blames:
            name = blame.layer.candidate
            signal = true[blame.layer.reference].astype(np.float64)
            blame.signal += float((signal**2).sum())
            blame.own_noise += float(((own[name] - signal) ** 2).sum())
            blame.noise += float(((seen[name] - signal) ** 2).sum())
            values[name].append(own[name])
    for blame in blames:
        if not blame.own_noise <= NOTHING * blame.signal:
            replaced = values[blame.layer.candidate]
            blame.box_px, blame.score = effect(ours, blame.layer, replaced, tensors, outputs)
    return blames


def effect(
    ours: Tapper,
    layer: Layer,
    values: list[np.ndarray],
    tensors: list[np.ndarray],
    outputs: list[np.ndarray],
) -> tuple[float, float]:
    """Return the mean difference of boxes (px) and scores that one layer's values cause.

    Parameters
    ----------
    ours : Tapper
        The reference, in which the layer is replaced.
    layer : Layer
        Which one.
    values : list of ndarray
        What it puts out, by image.
    tensors, outputs : list of ndarray
        Inputs, and the reference's outputs, by image.
    """
    errors = Errors()
    if layer.reference == ours.output:
        for output, value in zip(outputs, values, strict=True):
            errors.add(output, value)
        return errors.mean
    replaced = ours.tap([ours.output], frozenset([layer.reference]))
    for tensor, value, output in zip(tensors, values, outputs, strict=True):
        fed = {ours.image: tensor, layer.reference: value}
        errors.add(output, replaced.run(fed)[ours.output])
    return errors.mean


def decibels(signal: float, noise: float) -> float | None:
    """Return a ratio of energies in dB; None where there is no noise."""
    return None if not noise else 10 * math.log10(max(signal, 1e-30) / noise)


def shares(blames: Iterable[Blame]) -> list[float]:
    """Return the share of each layer in the error that the layers cause one by one.

    Errors of layers are taken for independent, so their squares add; boxes and scores count
    equally.
    """
    rows = (
        np.array([[blame.box_px, blame.score] for blame in blames], np.float64).reshape(-1, 2) ** 2
    )
    total = rows.sum(axis=0)
    part = np.divide(rows, total, out=np.zeros_like(rows), where=total > 0)
    used = max(int((total > 0).sum()), 1)
    return (part.sum(axis=1) / used).tolist()
