"""How much error each layer of an export adds, and what that does to its final outputs."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import onnx

from parity.detection.decoding import Candidates
from parity.detection.masks import logits_of
from parity.layers.results import MeanError
from parity.layers.subgraphs import GIVEN, Layer, SubgraphExtractor, match_layers, slices
from parity.tasks.task import Outputs, Task

SLICE_BYTES = 64_000_000
"""Activations of an image that are held at a time; chosen."""

NO_NOISE = 1e-14
"""Energy of a difference, as a share of the signal's, whose effect is not measured: float32 rounds
at about this energy."""

COUNTED_SCORE = 0.05
"""Smallest score, in the reference, of a prediction that counts; chosen, a fifth of the default
confidence threshold."""

EVERYTHING = -1.0
"""A floor below every score."""

NO_EFFECT = MeanError(0.0, 0.0)


@dataclass
class Sensitivity:
    """What one layer does, summed over images."""

    layer: Layer
    """Which one."""
    signal: float = 0.0
    noise: float = 0.0
    own_noise: float = 0.0
    """Sums of squares: of the reference's output, of the candidate's difference from it, and of the
    difference when the layer alone is the candidate's, on the reference's inputs."""
    effect: MeanError = NO_EFFECT
    """On the final outputs, when the layer alone is the candidate's."""

    @property
    def is_finite(self) -> bool:
        """Whether the layer returned nothing but numbers."""
        return math.isfinite(self.signal + self.noise + self.own_noise)


@dataclass
class OutputErrors:
    """Differences of final outputs, summed over the predictions that count."""

    task: Task
    """How the outputs are read."""
    classes: int
    """How many the model knows."""
    box_px: float = 0.0
    score: float = 0.0
    extras: float = 0.0
    count: int = 0

    def add(self, reference: Outputs, candidate: Outputs) -> None:
        """Add the raw outputs for an image, each with the axis of the batch."""
        ours, theirs = self._predictions(reference), self._predictions(candidate)
        seen = np.flatnonzero(ours.scores > COUNTED_SCORE)
        ours, theirs = ours.at(seen), theirs.at(seen)
        self.box_px += _difference(ours.boxes, theirs.boxes)
        self.score += _difference(ours.scores, theirs.scores)
        self.extras += _difference(_extras(ours), _extras(theirs))
        self.count += len(seen)

    def _predictions(self, outputs: Outputs) -> Candidates:
        one = tuple(np.nan_to_num(output[0].astype(np.float32, copy=False)) for output in outputs)
        return self.task.decode(one, EVERYTHING, self.classes)

    @property
    def mean(self) -> MeanError:
        """Mean differences; 0 without any prediction."""
        count = max(self.count, 1)
        return MeanError(self.box_px / count, self.score / count, self.extras / count)


def _difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the mean difference of each prediction's numbers, summed over predictions."""
    if not ours.size:
        return 0.0
    apart = np.abs(ours.astype(np.float64) - theirs)
    return float(apart.reshape(len(apart), -1).mean(axis=1).sum())


def _extras(candidates: Candidates) -> np.ndarray:
    """Return what a task adds to boxes: logits of masks, keypoints or angles."""
    if candidates.prototypes.size:
        return logits_of(candidates.prototypes, candidates.extras)
    return candidates.extras


def measure_sensitivities(
    reference: onnx.ModelProto,
    candidate: onnx.ModelProto,
    tensors: list[np.ndarray],
    *,
    task: Task,
    classes: int,
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
    task : Task
        What the network was trained to find.
    classes : int
        How many it knows.
    threads : int
        Threads that a run may use.

    Returns
    -------
    sensitivities : list of Sensitivity
        In the order of the network.
    total : MeanError
        Of the whole candidate.
    """
    ours = SubgraphExtractor(reference, outputs=task.outputs, threads=threads)
    theirs = SubgraphExtractor(candidate, outputs=task.outputs, threads=threads)
    layers = match_layers(reference, candidate, outputs=task.outputs)
    whole, other = ours.extract(ours.outputs), theirs.extract(theirs.outputs)
    outputs = [tuple(whole.run({ours.image: tensor}).values()) for tensor in tensors]
    total = OutputErrors(task, classes)
    for tensor, output in zip(tensors, outputs, strict=True):
        total.add(output, tuple(other.run({theirs.image: tensor}).values()))
    found: list[Sensitivity] = []
    for some in slices(layers, SLICE_BYTES):
        found += measure_slice(
            ours,
            theirs,
            layers=layers,
            some=some,
            tensors=tensors,
            outputs=outputs,
            unmeasured=OutputErrors(task, classes),
        )
    return found, total.mean


def measure_slice(
    ours: SubgraphExtractor,
    theirs: SubgraphExtractor,
    *,
    layers: list[Layer],
    some: list[Layer],
    tensors: list[np.ndarray],
    outputs: list[Outputs],
    unmeasured: OutputErrors,
) -> list[Sensitivity]:
    """Compare some layers.

    Parameters
    ----------
    ours, theirs : SubgraphExtractor
        Reference and candidate.
    layers, some : list of Layer
        All layers, and those to compare.
    tensors, outputs : list of ndarray and of tuples of them
        Inputs, and the reference's outputs, by image.
    unmeasured : OutputErrors
        What differences are added to.
    """
    names = {layer.candidate: layer.reference for layer in layers}
    mine = [layer.candidate for layer in some]
    plain = theirs.extract(mine)
    alone = theirs.extract(mine, frozenset(names) - {*theirs.outputs})
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
            each.effect = effect_of(
                ours, each.layer, replaced, tensors, outputs, errors=replace(unmeasured)
            )
    return found


def effect_of(
    ours: SubgraphExtractor,
    layer: Layer,
    values: list[np.ndarray],
    tensors: list[np.ndarray],
    outputs: list[Outputs],
    *,
    errors: OutputErrors,
) -> MeanError:
    """Return the mean differences of the final outputs that one layer's values cause.

    Parameters
    ----------
    ours : SubgraphExtractor
        The reference, in which the layer is replaced.
    layer : Layer
        Which one.
    values : list of ndarray
        Its output, by image.
    tensors, outputs : list of ndarray and of tuples of them
        Inputs, and the reference's outputs, by image.
    errors : OutputErrors
        What the differences are added to.
    """
    changed = [name for name in ours.outputs if name != layer.reference]
    part = ours.extract(changed, frozenset([layer.reference])) if changed else None
    for tensor, value, output in zip(tensors, values, outputs, strict=True):
        fed = {ours.image: tensor, layer.reference: value}
        found = {layer.reference: value, **(part.run(fed) if part else {})}
        errors.add(output, tuple(found[name] for name in ours.outputs))
    return errors.mean


def decibels(signal: float, noise: float) -> float | None:
    """Return a ratio of energies in dB; None where there is no noise."""
    return None if not noise else 10 * math.log10(max(signal, 1e-30) / noise)


def error_shares(effects: Iterable[MeanError]) -> list[float]:
    """Return the share of each layer in the error that the layers cause one by one.

    The errors of layers are assumed to be independent, so their squares add; boxes, scores and what
    a task adds to them count equally.
    """
    rows = np.array([[each.box_px, each.score, each.extras] for each in effects], np.float64)
    rows = rows.reshape(-1, 3) ** 2
    total = rows.sum(axis=0)
    part = np.divide(rows, total, out=np.zeros_like(rows), where=total > 0)
    used = max(int((total > 0).sum()), 1)
    returned: list[float] = (part.sum(axis=1) / used).tolist()
    return returned
