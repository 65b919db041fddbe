"""Choosing what calibrates, and what stays in floating point."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from parity.data.batch_files import BatchImage
from parity.errors import UserError
from parity.layers.quantisation import chosen_nodes, tail_of
from parity.planning.calibration import LEAST, choose_calibration_images


def images(count: int) -> list[BatchImage]:
    return [BatchImage(f"{i}.jpg", f"/there/{i}.jpg", f"{i:064x}") for i in range(count)]


def head() -> onnx.ModelProto:
    """Return a small head: a backbone, boxes through a mean over bins, scores, one output."""
    nodes = [
        helper.make_node("Conv", ["images", "w"], ["features"], "backbone"),
        helper.make_node("Conv", ["features", "w"], ["bins"], "boxes"),
        helper.make_node("Softmax", ["bins"], ["shares"], "softmax", axis=1),
        helper.make_node("Conv", ["shares", "mean"], ["sides"], "mean"),
        helper.make_node("Conv", ["features", "w"], ["logits"], "classes"),
        helper.make_node("Sigmoid", ["logits"], ["scores"], "sigmoid"),
        helper.make_node("Shape", ["features"], ["size"], "size"),
        helper.make_node("Concat", ["sides", "scores"], ["joined"], "join", axis=1),
        helper.make_node("Expand", ["joined", "size"], ["output0"], "expand"),
    ]
    weights = [
        numpy_helper.from_array(np.ones((4, 4, 1, 1), np.float32), "w"),
        numpy_helper.from_array(np.ones((1, 4, 1, 1), np.float32), "mean"),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "head",
        [value("images", TensorProto.FLOAT, [1, 4, 8, 8])],
        [value("output0", TensorProto.FLOAT, None)],
        weights,
    )
    return helper.make_model(graph)


@pytest.mark.parametrize(
    ("there", "wanted", "expected", "reason"),
    [
        (1000, 0.1, 100, "a share"),
        (50, 0.1, LEAST, "a share of few images is raised"),
        (5, 0.1, 5, "no more than there are"),
        (50, 3, 3, "a number is taken as it is"),
        (0, 0.1, 0, "nothing of nothing"),
    ],
)
def test_number_of_calibrating_images(
    there: int, wanted: float, expected: int, reason: str
) -> None:
    assert len(choose_calibration_images(images(there), wanted)) == expected, reason


def test_the_choice_depends_neither_on_order_nor_much_on_what_is_added() -> None:
    few = choose_calibration_images(images(200), 20)
    assert few == choose_calibration_images(images(200)[::-1], 20)
    assert len(set(few) & set(choose_calibration_images(images(210), 20))) >= 15


def test_unreadable_images_do_not_calibrate() -> None:
    unreadable = BatchImage("torn.jpg", "torn.jpg", "")
    assert choose_calibration_images([unreadable], 0.5) == []


def test_the_tail_ends_at_the_last_convolutions_and_leaves_the_backbone() -> None:
    tail = ["boxes", "softmax", "mean", "classes", "sigmoid", "join", "expand"]
    assert tail_of(head()) == tail


def test_patterns_choose_nodes() -> None:
    assert chosen_nodes(head(), ["b*"]) == ["backbone", "boxes"]
    with pytest.raises(UserError, match=r"names '/model.9/\*', but the model has no such node"):
        chosen_nodes(head(), ["b*", "/model.9/*"])
