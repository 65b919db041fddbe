"""Given ONNX files that suppress boxes themselves and return them in another layout."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnxruntime import InferenceSession

from parity.backends.finished_readings import finished_distance
from parity.backends.given_export import take_adapted, take_reference
from parity.backends.onnx_metadata import facts_of_file
from parity.backends.onnx_network import OnnxNetwork
from parity.data.sample_images import find_samples
from parity.detection.letterbox import planes
from parity.errors import UserError
from parity.model_files.adapting import ADAPTED, UNLIKE
from parity.model_files.description import describe_file
from parity.model_files.finished_ends import join_finished
from parity.model_files.inspection import of_metadata
from tests.test_given_exports import (
    CLASSES,
    OPTIONS,
    after,
    constant,
    divide,
    loading,
    strip,
    value,
)

CONF, IOU = 0.25, 0.5
PLACES = 100
NUMBERED = ["image", "corners", "label", "score"]

make = helper.make_node


def suppress(model: onnx.ModelProto) -> None:
    """Add nodes that suppress boxes: image, corners, label and score are its columns, float32."""
    matrix = [[1, 0, -0.5, 0], [0, 1, 0, -0.5], [1, 0, 0.5, 0], [0, 1, 0, 0.5]]
    split = constant(model, "split", [4, CLASSES], np.int64)
    limits = [
        constant(model, "most", [PLACES], np.int64),
        constant(model, "iou", [IOU]),
        constant(model, "conf", [CONF]),
    ]
    columns = [constant(model, f"column{i}", [i], np.int64) for i in range(3)]
    model.graph.node.extend(
        [
            make("Split", ["output0", split], ["centred", "scores"], axis=1),
            make("MatMul", [constant(model, "matrix", matrix), "centred"], ["upright"]),
            make("Transpose", ["upright"], ["boxes"], perm=[0, 2, 1]),
            make("NonMaxSuppression", ["boxes", "scores", *limits], ["kept"]),
            make("Gather", ["kept", columns[0]], ["numbers"], axis=1),
            make("Gather", ["kept", columns[1]], ["labels"], axis=1),
            make("Gather", ["kept", columns[2]], ["places"], axis=1),
            make("Concat", ["numbers", "places"], ["where"], axis=1),
            make("GatherND", ["boxes", "where"], ["corners"]),
            make("GatherND", ["scores", "kept"], ["best"]),
            make("Reshape", ["best", constant(model, "column", [-1, 1], np.int64)], ["score"]),
            make("Cast", ["numbers"], ["image"], to=TensorProto.FLOAT),
            make("Cast", ["labels"], ["label"], to=TensorProto.FLOAT),
        ]
    )


def number(model: onnx.ModelProto, columns: list[str] = NUMBERED) -> None:
    """Return a row per box, as YOLOv7's exporter does."""
    suppress(model)
    after(model, [make("Concat", columns, ["output"], axis=1)], ["boxes", 7])


def number_in_fractions(model: onnx.ModelProto) -> None:
    suppress(model)
    node = make("Div", ["corners", constant(model, "side", 640)], ["fractions"])
    model.graph.node.append(node)
    columns = ["image", "fractions", "label", "score"]
    after(model, [make("Concat", columns, ["output"], axis=1)], ["boxes", 7])


def number_score_first(model: onnx.ModelProto) -> None:
    number(model, ["image", "corners", "score", "label"])


def number_elsewhere(model: onnx.ModelProto) -> None:
    suppress(model)
    node = make("Mul", ["corners", constant(model, "half", 0.5)], ["elsewhere"])
    model.graph.node.append(node)
    columns = ["image", "elsewhere", "label", "score"]
    after(model, [make("Concat", columns, ["output"], axis=1)], ["boxes", 7])


def number_percent(model: onnx.ModelProto) -> None:
    suppress(model)
    node = make("Mul", ["score", constant(model, "hundred", 100)], ["percent"])
    model.graph.node.append(node)
    columns = ["image", "corners", "label", "percent"]
    after(model, [make("Concat", columns, ["output"], axis=1)], ["boxes", 7])


def number_y_first(model: onnx.ModelProto) -> None:
    suppress(model)
    order = constant(model, "order", [1, 0, 3, 2], np.int64)
    model.graph.node.append(make("Gather", ["corners", order], ["turned"], axis=1))
    columns = ["image", "turned", "label", "score"]
    after(model, [make("Concat", columns, ["output"], axis=1)], ["boxes", 7])


def number_and_divide(model: onnx.ModelProto) -> None:
    number(model)
    divide(model)


def count(model: onnx.ModelProto, *, label: int = TensorProto.INT32) -> None:
    """Return count, boxes, scores and classes, padded with numbers that mean nothing."""
    suppress(model)
    rows = [constant(model, "padding", np.full((PLACES, 6), 0.5)), "corners", "score", "label"]
    bounds = [
        constant(model, "start", [0], np.int64),
        constant(model, "end", [PLACES], np.int64),
        constant(model, "axis", [0], np.int64),
    ]
    shapes = {"boxes": [1, PLACES, 4], "scores": [1, PLACES], "classes": [1, PLACES]}
    sides = constant(model, "sides", [4, 1, 1], np.int64)
    nodes = [
        make("Concat", rows[1:], ["found"], axis=1),
        make("Concat", ["found", rows[0]], ["padded"], axis=0),
        make("Slice", ["padded", *bounds], ["whole"]),
        make("Split", ["whole", sides], ["part.boxes", "part.scores", "part.classes"], axis=1),
        make("Cast", ["part.classes"], ["cast.classes"], to=label),
        make("Shape", ["best"], ["length"]),
        make("Cast", ["length"], ["flat"], to=TensorProto.INT32),
        make("Reshape", ["flat", constant(model, "one", [1, 1], np.int64)], ["num_dets"]),
    ]
    parts = {"boxes": "part.boxes", "scores": "part.scores", "classes": "cast.classes"}
    for name, part in parts.items():
        shape = constant(model, f"shape.{name}", shapes[name], np.int64)
        nodes.append(make("Reshape", [part, shape], [f"det_{name}"]))
    model.graph.node.extend(nodes)
    del model.graph.output[:]
    model.graph.output.append(value("num_dets", [1, 1], TensorProto.INT32))
    for name, shape in shapes.items():
        kind = label if name == "classes" else TensorProto.FLOAT
        model.graph.output.append(value(f"det_{name}", shape, kind))


def count_floats(model: onnx.ModelProto) -> None:
    count(model, label=TensorProto.FLOAT)


def unnumbered(model: onnx.ModelProto) -> None:
    suppress(model)
    after(model, [make("Concat", ["corners", "score", "label"], ["output"], axis=1)], ["boxes", 6])


def parted(model: onnx.ModelProto) -> None:
    suppress(model)
    model.graph.node.append(
        make("Squeeze", ["labels", constant(model, "second", [1], np.int64)], ["classes"])
    )
    del model.graph.output[:]
    model.graph.output.extend(
        [
            value("best", ["boxes"]),
            value("corners", ["boxes", 4]),
            value("classes", ["boxes"], TensorProto.INT64),
        ]
    )


def edited(source: Path, destination: Path, *edits: Callable[[onnx.ModelProto], None]) -> Path:
    model = onnx.load(source)
    for edit in edits:
        edit(model)
    onnx.save(model, destination)
    return destination


def bus() -> np.ndarray:
    return cv2.resize(cv2.imread(str(find_samples()["bus.jpg"])), (640, 640))


def check_rows(network: OnnxNetwork, raw: OnnxNetwork) -> None:
    """Check that what a network finds is what another returns without having suppressed it."""
    image = network.read(find_samples()["bus.jpg"])
    rows = network.forward(network.preprocess(image))
    truth = raw.forward_batch([raw.preprocess(image)])
    found = network.decode((rows,), CONF)
    assert len(found) == 5, "a bus and four people"
    assert finished_distance([rows[rows[:, 4] > 0]], truth, 640, CLASSES) < 1e-5


@pytest.mark.parametrize(
    "case",
    [
        (number, "numbered", "as YOLOv7's exporter does"),
        (number_and_divide, "numbered pixels", "dividing them by 255 is part of its graph"),
        (number_in_fractions, "numbered fractions", "Its boxes are fractions of the sides"),
        (number_score_first, "numbered labels_first", "The class stands before the score"),
        (number_y_first, "numbered y_first", "Its boxes state y before x"),
        (count, "counted", "as TensorRT's EfficientNMS does"),
        (count_floats, "counted", "as TensorRT's EfficientNMS does"),
        (unnumbered, "unnumbered", "a row per box, lacks the axis of the batch"),
        (parted, "parted", "as outputs of their own, without the axis of the batch"),
    ],
    ids=lambda case: case[0].__name__,
)
def test_boxes_that_a_graph_suppresses_are_read(
    case: tuple[Callable[[onnx.ModelProto], None], str, str],
    yolo11n_pt: Path,
    yolo11n_static: Path,
    tmp_path: Path,
) -> None:
    edit, adapted, said = case
    given = edited(yolo11n_static, tmp_path / "given.onnx", edit)
    take_adapted(given, tmp_path / "own.onnx", loading(yolo11n_pt), OPTIONS)
    described = describe_file(tmp_path / "own.onnx", {})
    facts = facts_of_file(described, given)
    assert (facts.finished, facts.suppressed) == (True, True)
    assert described.baked is not None
    assert (described.baked.conf, described.baked.iou) == (CONF, IOU)
    assert (described.metadata[ADAPTED], UNLIKE in described.metadata) == (adapted, False)
    assert said in " ".join(finding.sentence for finding in of_metadata(described.metadata))
    network = OnnxNetwork.load(tmp_path / "own.onnx", threads=2)
    check_rows(network, OnnxNetwork.load(yolo11n_static, threads=2))


def test_rows_are_sorted_where_none_is_dropped(yolo11n_static: Path, tmp_path: Path) -> None:
    model = onnx.load(edited(yolo11n_static, tmp_path / "given.onnx", number))
    assert join_finished(model) == ("numbered",)
    onnx.save(model, tmp_path / "own.onnx")
    session = InferenceSession(tmp_path / "own.onnx")
    for image, count in ((np.zeros((640, 640, 3), np.uint8), 0), (bus(), 5)):
        (rows,) = session.run(None, {"images": planes(image)[None]})
        assert rows.shape == (1, count, 6)
        assert (np.diff(rows[0, :, 4]) <= 0).all()


@pytest.mark.parametrize("edit", [number, parted, number_in_fractions, number_y_first])
def test_such_a_file_can_be_the_reference(
    edit: Callable[[onnx.ModelProto], None], yolo11n_static: Path, tmp_path: Path
) -> None:
    given = edited(yolo11n_static, tmp_path / "given.onnx", edit, strip)
    names = [str(i) for i in range(CLASSES)]
    options = {"imgsz": [640, 640], "metadata": {"names": names}, "family": None}
    take_reference(given, tmp_path / "own.onnx", options)
    network = OnnxNetwork.load(tmp_path / "own.onnx", threads=2)
    assert (network.task_name, network.family, network.suppressed) == (
        "detect",
        "ultralytics",
        True,
    )
    check_rows(network, OnnxNetwork.load(yolo11n_static, threads=2))
    other = edited(yolo11n_static, tmp_path / "other.onnx", count)

    def load(imgsz: tuple[int, int]) -> OnnxNetwork:  # noqa: ARG001
        return network

    take_adapted(other, tmp_path / "own2.onnx", load, OPTIONS, source="reference")
    assert UNLIKE not in describe_file(tmp_path / "own2.onnx", {}).metadata


def test_boxes_that_are_elsewhere_are_said(
    yolo11n_pt: Path, yolo11n_static: Path, tmp_path: Path
) -> None:
    given = edited(yolo11n_static, tmp_path / "given.onnx", number_elsewhere)
    take_adapted(given, tmp_path / "own.onnx", loading(yolo11n_pt), OPTIONS)
    assert describe_file(tmp_path / "own.onnx", {}).metadata[UNLIKE] == "checkpoint"


def test_columns_that_can_be_no_boxes_are_refused(
    yolo11n_pt: Path, yolo11n_static: Path, tmp_path: Path
) -> None:
    given = edited(yolo11n_static, tmp_path / "given.onnx", number_percent)
    with pytest.raises(UserError, match="can be corners, scores from 0 to 1 and classes; give"):
        take_adapted(given, tmp_path / "own.onnx", loading(yolo11n_pt), OPTIONS)
