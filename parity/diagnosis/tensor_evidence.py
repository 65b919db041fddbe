"""Comparing stage by stage, where input tensors or raw outputs were provided."""

from collections.abc import Callable

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.diagnosis.cost import CostModel

EQUAL_TENSOR = 2e-3
"""Mean difference of input tensors in [0, 1] that decoders and kernels alone cause; chosen: half a
grey level."""

EQUAL_RAW = 1e-2
"""Mean difference of raw outputs that arithmetic alone causes; chosen."""

RAWS = 2
"""Raw outputs that are compared, at most; chosen: each takes a run of the network per fault."""

OTHER_SHAPE = 1e3
"""Difference that stands for arrays of other shapes; chosen: beyond any real one."""

SMALL_ENOUGH = 20
"""How many times smaller than accepted a difference must be to try no further fault; chosen."""

IMPROVEMENT = 0.7
"""Factor by which a further fault must reduce the difference; chosen."""


def explain_tensors(
    cost_model: CostModel, tensors: dict[str, np.ndarray]
) -> tuple[Pipeline, float]:
    """Find the faults that make the input tensors that were provided, without the network.

    Parameters
    ----------
    cost_model : CostModel
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
        return _mean_difference(pipeline, tensors, cost_model.replayer.tensor)

    return _add_faults(cost_model, distance, EQUAL_TENSOR)


def explain_raws(cost_model: CostModel, raws: dict[str, np.ndarray]) -> tuple[Pipeline, float]:
    """Find the faults before the network that make the raw outputs that were provided.

    Parameters
    ----------
    cost_model : CostModel
        Knows the faults and the images.
    raws : dict of str to (1, 84, 8400) or (84, 8400) float32
        By image name; the first :data:`RAWS` are compared.

    Returns
    -------
    pipeline : Pipeline
        The input that comes nearest.
    difference : float
        Mean difference that is left.
    """
    few = dict(list(raws.items())[:RAWS])

    def distance(pipeline: Pipeline) -> float:
        return _mean_difference(pipeline, few, cost_model.replayer.raw)

    return _add_faults(cost_model, distance, EQUAL_RAW)


def _mean_difference(
    pipeline: Pipeline,
    given: dict[str, np.ndarray],
    make: Callable[[Pipeline, str], np.ndarray],
) -> float:
    differences = []
    for name, array in given.items():
        if _same_shape(own := make(pipeline, name), array):
            differences.append(np.abs(own.reshape(array.shape) - array).mean(dtype=np.float64))
        else:
            differences.append(OTHER_SHAPE)
    return float(np.mean(differences))


def _same_shape(one: np.ndarray, other: np.ndarray) -> bool:
    """Return whether two shapes are the same but for a leading axis of length 1."""
    return one.shape[-other.ndim :] == other.shape[-one.ndim :]


def _add_faults(
    cost_model: CostModel, distance: Callable[[Pipeline], float], enough: float
) -> tuple[Pipeline, float]:
    best, least = cost_model.correct, distance(cost_model.correct)
    while least > enough / SMALL_ENOUGH:
        faults = [f for f in cost_model.preprocessing_faults if not f.is_in(best)]
        candidates = [fault.inject_into(best) for fault in faults]
        options = sorted(((distance(p), p) for p in candidates), key=lambda option: option[0])
        if not options or options[0][0] > IMPROVEMENT * least:
            break
        least, best = options[0]
    return best, least
