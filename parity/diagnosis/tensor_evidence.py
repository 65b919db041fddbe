"""Comparing stage by stage, where tensors or raw outputs were handed over."""

from collections.abc import Callable

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.diagnosis.cost import Judge

EQUAL_TENSOR = 2e-3
"""Mean difference of inputs in [0, 1] that decoders and kernels alone explain: half a level."""

EQUAL_RAW = 1e-2
"""Mean difference of raw outputs that arithmetic alone explains."""


def explain_tensors(judge: Judge, tensors: dict[str, np.ndarray]) -> tuple[Pipeline, float]:
    """Find the faults that make the inputs that were handed over; nothing runs the network.

    Parameters
    ----------
    judge : Judge
        Knows the faults and the images.
    tensors : dict of str to (1, 3, H, W) or (3, H, W) float32
        By image name.

    Returns
    -------
    pipeline : Pipeline
        The input that comes nearest.
    difference : float
        Mean difference that is left.
    """

    def distance(pipeline: Pipeline) -> float:
        return _mean(pipeline, tensors, judge.replayer.tensor)

    return _greedy(judge, distance, EQUAL_TENSOR)


def explain_raws(judge: Judge, raws: dict[str, np.ndarray]) -> tuple[Pipeline, float]:
    """Find the faults before the network that make the raw outputs that were handed over.

    Parameters
    ----------
    judge : Judge
        Knows the faults and the images.
    raws : dict of str to (1, 84, 8400) or (84, 8400) float32
        By image name; two of them are looked at.
    """
    few = dict(list(raws.items())[:2])

    def distance(pipeline: Pipeline) -> float:
        return _mean(pipeline, few, judge.replayer.raw)

    return _greedy(judge, distance, EQUAL_RAW)


def _mean(
    pipeline: Pipeline,
    given: dict[str, np.ndarray],
    make: Callable[[Pipeline, str], np.ndarray],
) -> float:
    differences = []
    for name, array in given.items():
        if same_shape(own := make(pipeline, name), array):
            differences.append(np.abs(own.reshape(array.shape) - array).mean(dtype=np.float64))
        else:
            differences.append(1e3)
    return float(np.mean(differences))


def same_shape(one: np.ndarray, other: np.ndarray) -> bool:
    """Return whether two arrays hold the same axes, but for a leading one of length 1."""
    return one.shape[-other.ndim :] == other.shape[-one.ndim :]


def _greedy(
    judge: Judge, distance: Callable[[Pipeline], float], enough: float
) -> tuple[Pipeline, float]:
    best, least = judge.correct, distance(judge.correct)
    while least > enough / 20:
        options: list[tuple[float, Pipeline]] = []
        for fault in judge.before:
            if not fault.is_in(best):
                candidate = fault.apply(best)
                options.append((distance(candidate), candidate))
        options.sort(key=lambda entry: entry[0])
        if not options or options[0][0] > 0.7 * least:
            break
        least, best = options[0]
    return best, least
