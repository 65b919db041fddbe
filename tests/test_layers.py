"""The layer that causes an error: found by name or by order, and by what it alone adds."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from parity.layers.analysis import (
    first_unexpected,
    first_without_numbers,
    layer_errors,
    layer_sets,
)
from parity.layers.conclusions import conclusions
from parity.layers.mixed_precision import drop_repeated_nodes, restore_weights
from parity.layers.results import LayerError, MeanError, MixedEvaluation, Spread
from parity.layers.sensitivity import decibels, error_shares, measure_sensitivities
from parity.layers.subgraphs import Layer, match_layers, nodes_of, slices
from parity.tasks.task import TASKS

SIZE = 8
CLASSES = 3
DETECT = TASKS["detect"]


def model(*, damage: dict[str, float] | None = None, rename: str = "") -> onnx.ModelProto:
    """Return a network of four convolutions with a branch and a raw head.

    Parameters
    ----------
    damage : dict of str to float, optional
        What the weights of a convolution are multiplied with.
    rename : str
        What is put before every name: as if another exporter had made it.
    """
    rng = np.random.default_rng(1)
    shapes = {"c0": (6, 3, 3, 3), "c1": (6, 6, 3, 3), "c2": (4, 6, 1, 1), "c3": (CLASSES, 6, 1, 1)}
    stored = {
        f"w_{name}": (rng.normal(0, 0.5, shape) * (damage or {}).get(name, 1)).astype(np.float32)
        for name, shape in shapes.items()
    }
    same = {"pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Conv", ["images", "w_c0"], ["c0"], "c0", **same),
        helper.make_node("Relu", ["c0"], ["r0"], "r0"),
        helper.make_node("Conv", ["r0", "w_c1"], ["c1"], "c1", **same),
        helper.make_node("Add", ["c1", "r0"], ["a1"], "a1"),
        helper.make_node("Relu", ["a1"], ["r1"], "r1"),
        helper.make_node("Conv", ["r1", "w_c2"], ["c2"], "c2"),
        helper.make_node("Conv", ["r1", "w_c3"], ["c3"], "c3"),
        helper.make_node("Sigmoid", ["c3"], ["s3"], "s3"),
        helper.make_node("Concat", ["c2", "s3"], ["joined"], "joined", axis=1),
        helper.make_node("Flatten", ["joined"], ["flat"], "flat", axis=2),
        helper.make_node("Reshape", ["flat", "shape"], ["output0"], "reshape"),
    ]
    shape = np.array([1, 4 + CLASSES, SIZE * SIZE], np.int64)
    tensors = [numpy_helper.from_array(a, n) for n, a in {**stored, "shape": shape}.items()]
    if rename:
        for node in nodes:
            node.input[:] = [n if n == "images" else rename + n for n in node.input]
            node.output[:] = [n if n == "output0" else rename + n for n in node.output]
        for tensor in tensors:
            tensor.name = rename + tensor.name
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "network",
        [value("images", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [value("output0", TensorProto.FLOAT, [1, 4 + CLASSES, SIZE * SIZE])],
        tensors,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def images() -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    return [rng.random((1, 3, SIZE, SIZE), np.float32) for _ in range(2)]


@pytest.mark.parametrize("rename", ["", "other_"])
@pytest.mark.parametrize("damaged", ["c0", "c1", "c2", "c3"])
def test_the_damaged_layer_is_found(damaged: str, rename: str) -> None:
    candidate = model(damage={damaged: 1.05}, rename=rename)
    found, total = measure_sensitivities(
        model(), candidate, images(), task=DETECT, classes=CLASSES, threads=1
    )
    errors = layer_errors(found)
    names = [each.node for each in errors]
    assert names == ["c0", "c1", "c2", "c3", "output0"]
    place = names.index(damaged)
    assert first_unexpected(errors, "float") == place
    assert errors[place].own_error == pytest.approx(0.05)
    assert errors[place].share == pytest.approx(1)
    assert layer_sets(errors, place, given=True) == [[place]]
    assert total.box_px == pytest.approx(errors[place].box_px)
    assert total.score == pytest.approx(errors[place].score)


@pytest.mark.parametrize("factor", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("damaged", ["c0", "c1", "c2", "c3"])
def test_the_first_layer_without_numbers_is_found(damaged: str, factor: float) -> None:
    found, _ = measure_sensitivities(
        model(), model(damage={damaged: factor}), images(), task=DETECT, classes=CLASSES, threads=1
    )
    assert first_without_numbers(found) == damaged


def segmentation_model(*, damage: float = 1) -> onnx.ModelProto:
    """Return a network with two outputs, of which the prototypes' convolution may be damaged."""
    rng = np.random.default_rng(3)
    rows = 4 + CLASSES + 2
    shapes = {"w_c0": (6, 3, 1, 1), "w_c1": (rows, 6, 1, 1), "w_proto": (2, 6, 1, 1)}
    stored = {name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}
    stored["w_proto"] *= np.float32(damage)
    stored["shape"] = np.array([1, rows, SIZE * SIZE], np.int64)
    nodes = [
        helper.make_node("Conv", ["images", "w_c0"], ["c0"], "c0"),
        helper.make_node("Conv", ["c0", "w_c1"], ["c1"], "c1"),
        helper.make_node("Reshape", ["c1", "shape"], ["output0"], "reshape"),
        helper.make_node("Conv", ["c0", "w_proto"], ["proto"], "proto"),
        helper.make_node("Identity", ["proto"], ["output1"], "identity"),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "network",
        [value("images", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [
            value("output0", TensorProto.FLOAT, [1, rows, SIZE * SIZE]),
            value("output1", TensorProto.FLOAT, [1, 2, SIZE, SIZE]),
        ],
        [numpy_helper.from_array(array, name) for name, array in stored.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def test_a_damaged_layer_is_found_that_leads_to_the_second_output() -> None:
    found, total = measure_sensitivities(
        segmentation_model(),
        segmentation_model(damage=1.05),
        images(),
        task=TASKS["segment"],
        classes=CLASSES,
        threads=1,
    )
    errors = layer_errors(found)
    assert [each.node for each in errors] == ["c0", "c1", "proto", "output0", "output1"]
    assert first_unexpected(errors, "float") == 2
    assert errors[2].share == pytest.approx(1)
    assert (errors[2].box_px, errors[2].score) == (0, 0)
    assert errors[2].extras == pytest.approx(total.extras)
    assert total.extras > 0


def test_equal_models_have_no_error() -> None:
    found, _ = measure_sensitivities(
        model(), model(), images(), task=DETECT, classes=CLASSES, threads=1
    )
    errors = layer_errors(found)
    assert first_unexpected(errors, "float") is None
    assert [each.own_snr_db for each in errors] == [None] * 5
    assert layer_sets(errors, None, given=True) == layer_sets(errors, None, given=False) == []


def test_a_cast_that_stands_twice_stands_once() -> None:
    twice = model()
    once = [node.name for node in twice.graph.node]
    twice.graph.node.insert(4, twice.graph.node[1])
    drop_repeated_nodes(twice.graph)
    assert sorted(node.name for node in twice.graph.node) == sorted(once)


def test_restored_weights_give_the_reference_back(tmp_path: Path) -> None:
    reference, candidate = model(), model(damage={"c1": 0}, rename="other_")
    done = restore_weights(
        candidate, reference, {"c1": "other_c1", "none": "none"}, tmp_path / "m.onnx"
    )
    assert done == ["c1"]
    restored = onnx.load(tmp_path / "m.onnx")
    _, total = measure_sensitivities(
        reference, restored, images(), task=DETECT, classes=CLASSES, threads=1
    )
    assert total == MeanError(0, 0)


def test_a_layer_is_its_operator_and_what_lies_before_it() -> None:
    layers = match_layers(model(), model())
    assert nodes_of(model(), layers, layers[1]) == ["r0", "c1"]
    assert nodes_of(model(), layers, layers[3]) == ["r0", "a1", "r1", "c3"]
    assert nodes_of(model(), layers, layers[4]) == ["s3", "joined", "flat", "reshape"]


def test_slices_keep_the_order_and_the_limit() -> None:
    layers = [Layer(str(i), str(i), str(i), "Conv", size) for i, size in enumerate([5, 5, 20, 1])]
    parts = [[layer.node for layer in part] for part in slices(layers, 10)]
    assert parts == [["0", "1"], ["2"], ["3"]]


def test_decibels_and_shares() -> None:
    assert decibels(100, 1) == pytest.approx(20)
    assert decibels(1, 0) is None
    assert error_shares([]) == []


def evaluation(lost: int, box_px: float) -> MixedEvaluation:
    spread = Spread(median=0.1, max=box_px)
    return MixedEvaluation(
        bytes=1000,
        matched=5,
        missing=lost,
        extra=0,
        box_px=spread,
        score=spread,
        layers=["a"],
        keep_fp32=["a"],
    )


def layer_error(share: float) -> LayerError:
    return LayerError(
        node="a",
        operator="Conv",
        snr_db=20.0,
        own_snr_db=20.0,
        own_error=0.1,
        box_px=1.0,
        score=0.1,
        share=share,
    )


@pytest.mark.parametrize(
    ("shares", "last"),
    [
        ([0.004] * 250, "Many layers each contribute a little to the error in the outputs."),
        ([0.0] * 3, "Run in ONNX Runtime, no layer differs from the fp32 export."),
    ],
)
def test_no_layer_is_named_where_none_stands_out(shares: list[float], last: str) -> None:
    errors = [layer_error(share) for share in shares]
    said = conclusions(errors, None, evaluation(2, 5.0), [], given=True, stored_as="float")
    assert said[-1] == last


@pytest.mark.parametrize(
    ("tried", "given", "last"),
    [
        ([], False, "The layers that contribute most to the error in the outputs: a (100 %)."),
        ([evaluation(3, 1.0)], False, "None of these is better; keep the export as it is."),
        (
            [evaluation(3, 1.0), evaluation(1, 9.0)],
            False,
            "Recommended: keep 1 layer in fp32: set keep_fp32",
        ),
        ([evaluation(0, 0.0)], True, "Export it again from the checkpoint."),
    ],
)
def test_advice_follows_from_what_was_measured(tried: list, given: bool, last: str) -> None:
    before = evaluation(2, 5.0)
    said = conclusions([layer_error(1.0)], None, before, tried, given=given, stored_as="int8")
    assert said[-1].startswith(last)


def test_nothing_is_advised_that_the_configuration_refuses() -> None:
    """keep_fp32 has no meaning for an fp16 export."""
    (*_, tried, last) = conclusions(
        [], None, evaluation(2, 0.0), [evaluation(1, 0.0)], given=False, stored_as="float16"
    )
    assert "It cannot be made here" in last
    assert "boxes" not in tried
