"""Comparing the weights that an ONNX file stores with those of the checkpoint."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from parity.model_files.adapting import PREFIX
from parity.model_files.results import WeightComparison, WeightDifference
from parity.model_files.stored_tensors import stored_tensors

QUANTISED = "_quantized"
"""Suffix that ONNX Runtime gives to weights in int8."""

SCALE = "_scale"
"""Suffix that it gives to their scale."""
INTEGER = ("ConvInteger", "MatMulInteger")
"""Operators of dynamic quantisation, which take weights as integers."""
BLOCKED = "com.microsoft.nchwc"
"""Domain of the operators that take kernels in blocks of channels."""

EPSILON = 1e-5
"""That of ``BatchNormalization`` where it states none, by the ONNX standard."""

SMALLEST = 2
"""Tensors of fewer numbers are constants of the graph, not weights."""

PRECISION_ERROR = {
    "float64": 1e-6,
    "float32": 1e-6,
    "float16": 2.0**-10,
    "bfloat16": 2.0**-7,
    "int8": 0.51 / 127,
}
"""Largest difference that a precision explains, as a share of the largest weight: fusing batch
normalisation in another order (chosen), twice the rounding of 11 and of 8 bits, half a step of
127."""

FLOATS = frozenset(
    [TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE]
)
"""Element types of weights that are not quantised."""

QLINEAR = {"QLinearConv": 3, "QLinearMatMul": 3}
"""Operators that take quantised weights, and which input these are; scale and zero point follow."""

SMALLEST_ERROR = 1e-7
"""What is added to that, for tensors of tiny weights; chosen."""

SLOPE = 0.005
"""Deviation from 1 of the factor between stored and true weights that rounding does not explain;
chosen."""


def is_fp32(path: str | Path) -> bool:
    """Return whether no weight of an ONNX file is quantised or half as precise."""
    model = onnx.load(path, load_external_data=False)
    others = {TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.INT8, TensorProto.UINT8}
    return not any(each.data_type in others for each in stored_tensors(model.graph).values())


def stored_weights(model: onnx.ModelProto) -> dict[str, tuple[np.ndarray, str]]:
    """Return the weights of a model as floats and the precision they are stored in, by name.

    Quantised weights are given back under the name they had before, and batch normalisation behind
    a convolution is fused into its weights, as it is in Ultralytics' exports.
    """
    every = stored_tensors(model.graph)
    tensors = {name: tensor for name, tensor in every.items() if not name.startswith(PREFIX)}
    found = {}
    for name, tensor in tensors.items():
        if tensor.data_type in FLOATS:
            array = numpy_helper.to_array(tensor)
            found[name] = array.astype(np.float32), str(array.dtype)
    for node in model.graph.node:
        if node.op_type == "DequantizeLinear" and set(node.input[:3]) <= set(tensors):
            name = node.input[0].removesuffix(QUANTISED)
            with suppress(ValueError):  # shapes that do not fit: the runtime will refuse them
                found[name] = _dequantised(node, tensors), "int8"
        elif node.op_type in QLINEAR:
            first = QLINEAR[node.op_type]
            if set(stored := list(node.input[first : first + 3])) <= set(tensors):
                with suppress(ValueError):
                    name = stored[0].removesuffix(QUANTISED)
                    found[name] = _real(stored, tensors, axis=0), "int8"
                    found |= _bias(node, tensors)
        elif node.op_type in INTEGER and node.input[1] in tensors:
            name = node.input[1].removesuffix(QUANTISED)
            if f"{name}{SCALE}" in tensors:
                with suppress(ValueError):
                    found[name] = _of_integers(node, tensors, name), "int8"
    found |= _fused(model, found)
    return {name: (array, kind) for name, (array, kind) in found.items() if array.size >= SMALLEST}


def _bias(
    node: onnx.NodeProto, tensors: Mapping[str, onnx.TensorProto]
) -> dict[str, tuple[np.ndarray, str]]:
    """Return the bias of a ``QLinearConv``: int32, in units of the product of both scales."""
    names = [node.input[i] for i in (8, 1, 4) if i < len(node.input)]
    if len(names) < 3 or not set(names) <= set(tensors):
        return {}
    bias, taken, kernel = (numpy_helper.to_array(tensors[name]) for name in names)
    return {names[0].removesuffix(QUANTISED): (bias * taken * kernel, "int8")}


def _fused(
    model: onnx.ModelProto, found: Mapping[str, tuple[np.ndarray, str]]
) -> dict[str, tuple[np.ndarray, str]]:
    """Return the kernels and biases of convolutions, each fused with the normalisation behind it.

    ``(x - mean) / sqrt(variance + epsilon) * scale + bias``, as the ONNX standard defines it.
    """
    makers = {name: node for node in model.graph.node for name in node.output}
    fused = {}
    for node in model.graph.node:
        before = makers.get(node.input[0]) if node.op_type == "BatchNormalization" else None
        if before is None or before.op_type != "Conv":
            continue
        kernel, *own_bias = before.input[1:]
        if not {kernel, *own_bias, *node.input[1:]} <= set(found):
            continue
        (weights, kind), (scale, bias, mean, variance) = (
            found[kernel],
            [found[name][0] for name in node.input[1:]],
        )
        epsilon = next((a.f for a in node.attribute if a.name == "epsilon"), EPSILON)
        factor = scale / np.sqrt(variance + epsilon)
        offset = found[own_bias[0]][0] if own_bias else np.zeros_like(mean)
        with suppress(ValueError):  # shapes that do not fit: the runtime will refuse them
            shape = [-1] + [1] * (weights.ndim - 1)
            fused[kernel] = weights * factor.reshape(shape), kind
            fused[f"{kernel.removesuffix('weight')}bias"] = bias + (offset - mean) * factor, kind
    return fused


def _of_integers(
    node: onnx.NodeProto, tensors: Mapping[str, onnx.TensorProto], name: str
) -> np.ndarray:
    """Return the weights of a ``ConvInteger`` or ``MatMulInteger``, as dynamic quantisation has it.

    Its scale is no input of the node: the product of both scales multiplies what it returns.
    """
    stored = numpy_helper.to_array(tensors[node.input[1]]).astype(np.float32)
    scale = numpy_helper.to_array(tensors[f"{name}{SCALE}"])
    zero = [numpy_helper.to_array(tensors[key]) for key in node.input[3:4] if key in tensors]
    shape = [-1, *[1] * (stored.ndim - 1)] if node.op_type == "ConvInteger" else [-1]
    offset = zero[0].reshape(shape if zero[0].size > 1 else [1]) if zero else 0
    returned: np.ndarray = (stored - offset) * scale.reshape(shape if scale.size > 1 else [1])
    return returned


def _dequantised(node: onnx.NodeProto, tensors: Mapping[str, onnx.TensorProto]) -> np.ndarray:
    axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
    return _real(list(node.input), tensors, axis)


def _real(names: Sequence[str], tensors: Mapping[str, onnx.TensorProto], axis: int) -> np.ndarray:
    """Return the numbers of a quantised tensor, of its name and those of scale and zero point."""
    stored, scale, *zero = (numpy_helper.to_array(tensors[name]) for name in names)
    shape = [-1 if i == axis else 1 for i in range(stored.ndim)] if scale.size > 1 else [1]
    offset = zero[0].astype(np.float32).reshape(shape) if zero else 0
    returned: np.ndarray = (stored.astype(np.float32) - offset) * scale.reshape(shape)
    return returned


@dataclass(frozen=True, eq=False)
class Numbers:
    """The numbers of a tensor in any layout; ONNX Runtime fills up blocks of channels with 0."""

    array: np.ndarray

    @cached_property
    def count(self) -> int:
        """How many are not 0."""
        return int(np.count_nonzero(self.array))

    @cached_property
    def rising(self) -> np.ndarray:
        """Those that are not 0, in rising order."""
        return np.sort(self.array[self.array != 0], axis=None)

    def are_reordered(self, true: "Numbers") -> bool:
        """Return whether they are those of another tensor in another layout.

        ONNX Runtime stores kernels so after it optimised a graph: in blocks of 8 or 16 channels.
        """
        if self.array.size < true.array.size or self.count != true.count or not self.count:
            return False
        if np.array_equal(self.array, true.array):
            return False
        most = PRECISION_ERROR["float32"] * np.abs(true.rising).max()
        return bool(np.abs(self.rising - true.rising).max() <= most)


def weights_against(model: onnx.ModelProto, true: Mapping[str, np.ndarray]) -> WeightComparison:
    """Compare the weights of a model with the reference's, see :func:`compare_weights`."""
    reordered = any(node.domain == BLOCKED for node in model.graph.node)
    return compare_weights(stored_weights(model), true, reordered=reordered)


def compare_weights(
    stored: Mapping[str, tuple[np.ndarray, str]],
    true: Mapping[str, np.ndarray],
    *,
    reordered: bool = False,
) -> WeightComparison:
    """Compare what a model stores with the checkpoint, by name and, failing that, by value.

    Parameters
    ----------
    stored : mapping of str to (ndarray, str)
        What :func:`stored_weights` returned.
    true : mapping of str to ndarray
        The checkpoint's weights, batch normalisation fused.
    reordered : bool
        Whether the graph takes kernels in blocks of channels, which may leave their shapes.
    """
    left = {name: pair for name, pair in stored.items() if name not in true}
    numbers = {name: Numbers(array) for name, (array, _) in left.items()}
    rows, by_value, by_layout, absent = [], 0, 0, []
    for name, weights in true.items():
        if weights.size < SMALLEST:
            continue
        if name in stored and stored[name][0].shape == weights.shape:
            rows.append(_difference(name, *stored[name], weights))
            continue
        ours = Numbers(weights)
        others = (key for key in left if reordered or left[key][0].shape != weights.shape)
        moved = next((key for key in others if numbers[key].are_reordered(ours)), None)
        if moved is not None:
            _, kind = left.pop(moved)
            rows.append(WeightDifference(name, kind, 0.0, SMALLEST_ERROR, 1.0))
            by_layout += 1
            continue
        like = [(key, p) for key, p in left.items() if p[0].shape == weights.shape]
        shared = next((pair for pair in stored.values() if _equal(pair, weights)), None)
        if shared is not None and not any(_equal(pair, weights) for _, pair in like):
            rows.append(_difference(name, *shared, weights))  # a tool stored equal tensors once
            by_value += 1
            continue
        if not like:
            absent.append(name)
            continue
        key, best = min(like, key=lambda item: float(np.abs(item[1][0] - weights).max()))
        del left[key]
        by_value += 1
        rows.append(_difference(name, *best, weights))
    differing = sorted((row for row in rows if _differs(row)), key=_badness, reverse=True)
    return WeightComparison(
        compared=len(rows),
        by_value=by_value,
        by_layout=by_layout,
        absent=absent,
        largest=max((row.largest for row in rows), default=None),
        differing=differing,
    )


def _difference(name: str, stored: np.ndarray, kind: str, true: np.ndarray) -> WeightDifference:
    mine, theirs = stored.astype(np.float64), true.astype(np.float64)
    largest = float(np.abs(theirs).max())
    norm = float((theirs * theirs).sum())
    factor = float((mine * theirs).sum() / norm) if norm else 1.0
    return WeightDifference(
        name=name,
        stored_as=kind,
        largest=float(np.abs(mine - theirs).max()),
        allowed=PRECISION_ERROR[kind] * largest + SMALLEST_ERROR,
        factor=factor,
    )


def _equal(pair: tuple[np.ndarray, str], true: np.ndarray) -> bool:
    return np.array_equal(pair[0], true)


def _differs(row: WeightDifference) -> bool:
    """Return whether rounding does not explain a difference; NaN is never explained."""
    return not (row.largest <= row.allowed and abs(row.factor - 1) <= SLOPE)


def _badness(row: WeightDifference) -> float:
    return float("inf") if np.isnan(row.largest) else row.largest / row.allowed
