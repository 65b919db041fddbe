"""The contract of a model file: every contradiction is found, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from parity.errors import UserError
from parity.model_files.description import describe_file, external_data_files
from parity.model_files.inspection import inspect_export, stop_if_wrong
from parity.model_files.results import Inspection, Wanted
from parity.model_files.weights import compare_weights, stored_weights

NAMES = {0: "cat", 1: "dog"}
WANTED = Wanted(
    given=True,
    opset=18,
    quantize=32,
    dynamic=False,
    imgsz=(64, 64),
    names=NAMES,
    stride=32,
    trained=(64, 64),
)
RANDOM = np.random.default_rng(5)
WEIGHTS = {
    "first.weight": RANDOM.normal(0, 1, (8, 3, 3, 3)).astype(np.float32),
    "first.bias": RANDOM.normal(0, 1, 8).astype(np.float32),
    "last.weight": RANDOM.normal(0, 1, (6, 8, 1, 1)).astype(np.float32),
}


def model(*, stored: dict[str, np.ndarray] = WEIGHTS, opset: int = 18) -> onnx.ModelProto:
    """Return a detector of two convolutions, as an exporter would write it."""
    first, bias, last = stored
    nodes = [
        helper.make_node("Conv", ["images", first, bias], ["a"], "first", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"], "relu"),
        helper.make_node("Conv", ["b", last], ["output0"], "last"),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "detector",
        [value("images", TensorProto.FLOAT, [1, 3, 64, 64])],
        [value("output0", TensorProto.FLOAT, [1, 6, 64, 64])],
        [numpy_helper.from_array(array, name) for name, array in stored.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    helper.set_model_props(made, {"names": str(NAMES), "stride": "32", "task": "detect"})
    return made


def inspected(made: onnx.ModelProto, folder: Path, wanted: Wanted = WANTED) -> Inspection:
    path = folder / "model.onnx"
    onnx.save(made, path)
    return inspect_export(path, describe_file(path, WEIGHTS), wanted, None)


def sentences(inspection: Inspection) -> list[tuple[str, str]]:
    return [(each.level, each.sentence) for each in inspection.sentences]


def test_a_file_that_is_as_it_should_be(tmp_path: Path) -> None:
    inspection = inspected(model(), tmp_path)
    assert sentences(inspection) == []
    assert inspection.precision == {"Conv": {"float": 2}, "Relu": {"float": 1}}
    assert (inspection.nodes, inspection.head, inspection.shapes) == (3, "raw", "complete")
    assert inspection.weights_compared.largest == 0
    stop_if_wrong(inspection, "exports.x")


@pytest.mark.parametrize(
    ("change", "level", "sentence"),
    [
        ({"names": {0: "cat"}}, "stop", "The file has 2 classes, the checkpoint 1."),
        ({"names": {0: "dog", 1: "cat"}}, "warn", "2 of 2 classes are named differently in the"),
        ({"stride": 16}, "warn", "its stride is 32, the checkpoint's is 16"),
        ({"dynamic": True}, "stop", "Height and width of the input are fixed; dynamic is True."),
        (
            {"imgsz": (96, 64), "trained": (96, 96)},
            "stop",
            r"The input is 64x64 px; imgsz is \[96, 64\].",
        ),
        (
            {"trained": (32, 32)},
            "note",
            "trained at 32x32 px, which predict uses by default; this export takes 64x64 px.",
        ),
        ({"opset": 12}, "note", "The operator set is 18; 12 was asked for."),
        ({"opset": 12, "given": False}, "warn", "The operator set is 18; 12 was asked for."),
        (
            {"quantize": 16},
            "stop",
            "float16 was asked for, but most weights are .* float32. Give another file",
        ),
        (
            {"quantize": 16, "given": False},
            "warn",
            "float16 was asked for, but most weights are .* float32.",
        ),
    ],
)
def test_contradictions(change: dict, level: str, sentence: str, tmp_path: Path) -> None:
    inspection = inspected(model(), tmp_path, replace(WANTED, **change))
    (found,) = inspection.sentences
    assert found.level == level
    stopping = replace(inspection, sentences=[replace(found, level="stop")])
    with pytest.raises(UserError, match=sentence):
        stop_if_wrong(stopping, "exports.x")


def damaged(name: str, factor: float) -> dict[str, np.ndarray]:
    return {key: array * np.float32(factor if key == name else 1) for key, array in WEIGHTS.items()}


def hidden(stored: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"onnx::{i}": array for i, array in enumerate(stored.values())}


@pytest.mark.parametrize("disguise", [dict, hidden])
@pytest.mark.parametrize(("name", "factor"), [("last.weight", 1.05), ("first.bias", 0.0)])
def test_damaged_weights_are_named(
    name: str, factor: float, disguise: type, tmp_path: Path
) -> None:
    inspection = inspected(model(stored=disguise(damaged(name, factor))), tmp_path)
    (found,) = sentences(inspection)
    assert found[0] == "warn"
    assert f"1 of 3 weights are not the checkpoint's: {name} (by" in found[1]
    assert f"factor {factor:.4g})" in found[1]


def test_another_model_is_refused(tmp_path: Path) -> None:
    other = {name: RANDOM.normal(0, 1, a.shape).astype(np.float32) for name, a in WEIGHTS.items()}
    with pytest.raises(UserError, match=r"^exports\.x: It is another model: 3 of 3 weights"):
        stop_if_wrong(inspected(model(stored=other), tmp_path), "exports.x")


def test_rounding_is_no_difference() -> None:
    half = {name: (array.astype(np.float16), "float16") for name, array in WEIGHTS.items()}
    assert compare_weights(half, WEIGHTS).differing == []
    none = WEIGHTS["first.bias"] * np.float32(np.nan)
    assert len(compare_weights(half | {"first.bias": (none, "float32")}, WEIGHTS).differing) == 1
    assert compare_weights({}, WEIGHTS).absent == list(WEIGHTS)


def test_int8_weights_are_compared_dequantised() -> None:
    scales = np.abs(WEIGHTS["last.weight"]).max(axis=(1, 2, 3)) / 127
    whole = np.round(WEIGHTS["last.weight"] / scales.reshape(-1, 1, 1, 1)).astype(np.int8)
    made = model()
    tensors = {
        "last.weight_quantized": whole,
        "scale": scales.astype(np.float32),
        "zero": np.zeros(6, np.int8),
    }
    made.graph.initializer.extend(numpy_helper.from_array(a, n) for n, a in tensors.items())
    node = helper.make_node("DequantizeLinear", list(tensors), ["w"], "dequantise", axis=0)
    made.graph.node.insert(0, node)
    made.graph.node[3].input[1] = "w"
    stored = stored_weights(made)
    assert stored["last.weight"][1] == "int8"
    assert compare_weights(stored, WEIGHTS).differing == []


def test_weights_of_dynamic_quantisation_are_compared_dequantised() -> None:
    scale = np.abs(WEIGHTS["last.weight"]).max() / 127
    whole = np.round(WEIGHTS["last.weight"] / np.float32(scale)).astype(np.int8)
    made = model()
    tensors = {
        "last.weight_quantized": whole,
        "last.weight_scale": np.array([scale], np.float32),
        "last.weight_zero_point": np.zeros(1, np.int8),
    }
    made.graph.initializer.extend(numpy_helper.from_array(a, n) for n, a in tensors.items())
    del made.graph.initializer[2]
    inputs = ["b", "last.weight_quantized", "zero", "last.weight_zero_point"]
    made.graph.node[2].CopyFrom(helper.make_node("ConvInteger", inputs, ["output0"], "last"))
    stored = stored_weights(made)
    assert stored["last.weight"][1] == "int8"
    compared = compare_weights(stored, WEIGHTS)
    assert (compared.compared, compared.differing, compared.absent) == (3, [], [])


def as_qlinear(made: onnx.ModelProto) -> None:
    """Store the last kernel as quantised operators take it."""
    scale = np.abs(WEIGHTS["last.weight"]).max() / 127
    whole = np.round(WEIGHTS["last.weight"] / np.float32(scale)).astype(np.int8)
    tensors = {
        "last.weight_quantized": whole,
        "last.weight_scale": np.array(scale, np.float32),
        "last.weight_zero_point": np.array(0, np.int8),
    }
    made.graph.initializer.extend(numpy_helper.from_array(a, n) for n, a in tensors.items())
    del made.graph.initializer[2]
    inputs = ["b", "b_scale", "b_zero_point", *tensors, "output0_scale", "output0_zero_point"]
    made.graph.node[2].CopyFrom(helper.make_node("QLinearConv", inputs, ["output0"], "last"))


def as_bfloat16(made: onnx.ModelProto) -> None:
    kernel = made.graph.initializer[2]
    numbers = WEIGHTS["last.weight"].ravel().tolist()
    kernel.CopyFrom(
        helper.make_tensor(kernel.name, TensorProto.BFLOAT16, list(kernel.dims), numbers)
    )


def as_constants(made: onnx.ModelProto) -> None:
    for tensor in made.graph.initializer:
        made.graph.node.insert(0, helper.make_node("Constant", [], [tensor.name], value=tensor))
    del made.graph.initializer[:]


def with_normalisation(made: onnx.ModelProto) -> None:
    """Take the factor and the bias of the first convolution out into batch normalisation."""
    channels = len(WEIGHTS["first.bias"])
    scale, variance = (RANDOM.uniform(0.5, 2, channels).astype(np.float32) for _ in range(2))
    mean = RANDOM.normal(0, 1, channels).astype(np.float32)
    factor = scale / np.sqrt(variance + np.float32(1e-3))
    tensors = {"scale": scale, "beta": WEIGHTS["first.bias"] + mean * factor}
    tensors |= {"mean": mean, "variance": variance}
    kernel = WEIGHTS["first.weight"] / factor[:, None, None, None]
    del made.graph.initializer[:2]
    tensors["first.weight"] = kernel
    made.graph.initializer.extend(numpy_helper.from_array(a, n) for n, a in tensors.items())
    conv = made.graph.node[0]
    del conv.input[2]
    conv.output[0] = "c"
    inputs = ["c", "scale", "beta", "mean", "variance"]
    node = helper.make_node("BatchNormalization", inputs, ["a"], epsilon=1e-3)
    made.graph.node.insert(1, node)


@pytest.mark.parametrize("store", [as_qlinear, as_bfloat16, as_constants, with_normalisation])
def test_weights_that_are_stored_otherwise_are_found(
    store: Callable[[onnx.ModelProto], None],
) -> None:
    made = model()
    store(made)
    compared = compare_weights(stored_weights(made), WEIGHTS)
    assert (compared.compared, compared.differing, compared.absent) == (3, [], [])


def test_equal_weights_that_are_stored_once_are_found() -> None:
    twice = WEIGHTS | {"other.weight": WEIGHTS["last.weight"]}
    compared = compare_weights(stored_weights(model()), twice)
    assert (compared.compared, compared.by_value, compared.absent) == (4, 1, [])


def in_blocks(weights: np.ndarray, size: int = 8) -> np.ndarray:
    """Return a kernel as ONNX Runtime stores it: in blocks of output channels, filled up."""
    channels = -(-len(weights) // size) * size
    filled = np.zeros((channels, *weights.shape[1:]), np.float32)
    filled[: len(weights)] = weights
    return np.ascontiguousarray(np.moveaxis(filled.reshape(-1, size, *weights.shape[1:]), 1, -1))


def test_another_layout_is_no_difference() -> None:
    stored = {f"reorder{i}": (in_blocks(a), "float32") for i, a in enumerate(WEIGHTS.values())}
    stored["reorder1"] = WEIGHTS["first.bias"], "float32"
    compared = compare_weights(stored, WEIGHTS)
    assert (compared.differing, compared.absent) == ([], [])
    assert (compared.by_layout, compared.by_value) == (2, 1)
    stored["reorder0"] = in_blocks(WEIGHTS["first.weight"] * np.float32(1.01)), "float32"
    assert compare_weights(stored, WEIGHTS).absent == ["first.weight"]


def test_swapped_channels_are_another_layout_only_where_the_runtime_reorders() -> None:
    swapped = WEIGHTS["first.weight"][:, ::-1].copy()
    stored = {f"onnx::{i}": (array, "float32") for i, array in enumerate(WEIGHTS.values())}
    stored["onnx::0"] = swapped, "float32"
    compared = compare_weights(stored, WEIGHTS)
    assert [row.name for row in compared.differing] == ["first.weight"]
    compared = compare_weights(stored, WEIGHTS, reordered=True)
    assert (compared.differing, compared.by_layout) == ([], 1)


def test_weights_outside_the_folder_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    beside = {"save_as_external_data": True, "location": "w.bin", "size_threshold": 0}
    onnx.save(model(), folder / "m.onnx", **beside)
    assert external_data_files(folder / "m.onnx") == ["w.bin"]
    bare = onnx.load(folder / "m.onnx", load_external_data=False)
    for entry in bare.graph.initializer[0].external_data:
        if entry.key == "location":
            entry.value = "../secret.bin"
    onnx.save(bare, folder / "m.onnx")
    with pytest.raises(UserError, match=r"takes weights from \.\./secret.bin, outside"):
        external_data_files(folder / "m.onnx")
