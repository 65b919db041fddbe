"""Comparing the weights that an ONNX file stores with those of the checkpoint."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

QUANTISED = "_quantized"
SMALLEST = 2
"""Tensors of fewer numbers are constants of the graph, not weights."""

EXACT = 1e-6
HALF = 2.0**-10
INT8 = 0.51 / 127
SLOPE = 0.005
"""A factor between stored and true weights that no rounding explains."""


@dataclass(frozen=True)
class Difference:
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

    @property
    def differs(self) -> bool:
        """Return whether rounding does not explain the difference; NaN is never explained."""
        return not (self.largest <= self.allowed and abs(self.factor - 1) <= SLOPE)


@dataclass(frozen=True)
class WeightComparison:
    """The weights of a file compared with the checkpoint's.

    Attributes
    ----------
    compared : int
        Tensors.
    by_value : int
        Those of them that have no common name.
    absent : list of str
        Names in the checkpoint that the file does not have in any form.
    largest : float or None
        Largest difference of a number; None if nothing was compared.
    differing : list of Difference
        Tensors that rounding does not explain, the worst first.
    """

    compared: int
    by_value: int
    absent: list[str]
    largest: float | None
    differing: list[Difference]


def stored_weights(model: onnx.ModelProto) -> dict[str, tuple[np.ndarray, str]]:
    """Return the weights of a model as floats and the precision they are stored in, by name.

    Quantised weights are given back under the name they had before.
    """
    tensors = {t.name: t for t in model.graph.initializer}
    found = {}
    for name, tensor in tensors.items():
        if tensor.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16):
            array = numpy_helper.to_array(tensor)
            found[name] = array.astype(np.float32), str(array.dtype)
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in tensors:
            name = node.input[0].removesuffix(QUANTISED)
            found[name] = _dequantised(node, tensors), "int8"
    return {name: (array, kind) for name, (array, kind) in found.items() if array.size >= SMALLEST}


def _dequantised(node: onnx.NodeProto, tensors: Mapping[str, onnx.TensorProto]) -> np.ndarray:
    stored, scale, *zero = (numpy_helper.to_array(tensors[name]) for name in node.input)
    axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
    shape = [-1 if i == axis else 1 for i in range(stored.ndim)] if scale.size > 1 else [1]
    offset = zero[0].reshape(shape) if zero else 0
    return (stored.astype(np.float32) - offset) * scale.reshape(shape)


def compare_weights(
    stored: Mapping[str, tuple[np.ndarray, str]], true: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    """Compare what a model stores with the checkpoint, by name and, failing that, by value.

    Parameters
    ----------
    stored : mapping of str to (ndarray, str)
        What :func:`stored_weights` returned.
    true : mapping of str to ndarray
        The checkpoint's weights, batch normalisation fused.

    Returns
    -------
    dict
        ``compared``, ``by_value`` (of those, without a common name), ``absent`` (names that the
        file does not have in any form), ``largest`` and ``differing`` (the worst first).
    """
    left = {name: pair for name, pair in stored.items() if name not in true}
    rows, by_value, absent = [], 0, []
    for name, weights in true.items():
        if weights.size < SMALLEST:
            continue
        if name in stored and stored[name][0].shape == weights.shape:
            rows.append(_difference(name, *stored[name], weights))
            continue
        like = [(key, p) for key, p in left.items() if p[0].shape == weights.shape]
        if not like:
            absent.append(name)
            continue
        key, best = min(like, key=lambda item: float(np.abs(item[1][0] - weights).max()))
        del left[key]
        by_value += 1
        rows.append(_difference(name, *best, weights))
    differing = sorted((row for row in rows if row.differs), key=_badness, reverse=True)
    return {
        "compared": len(rows),
        "by_value": by_value,
        "absent": absent,
        "largest": max((row.largest for row in rows), default=None),
        "differing": [asdict(row) for row in differing],
    }


def _difference(name: str, stored: np.ndarray, kind: str, true: np.ndarray) -> Difference:
    mine, theirs = stored.astype(np.float64), true.astype(np.float64)
    largest = float(np.abs(theirs).max())
    share = {"float32": EXACT, "float16": HALF}.get(kind, INT8)
    norm = float((theirs * theirs).sum())
    factor = float((mine * theirs).sum() / norm) if norm else 1.0
    return Difference(
        name, kind, float(np.abs(mine - theirs).max()), share * largest + 1e-7, factor
    )


def _badness(row: Difference) -> float:
    return float("inf") if np.isnan(row.largest) else row.largest / row.allowed
