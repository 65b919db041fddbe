"""Given ONNX files that deviate from Ultralytics' exports: recognised by running, and served."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession

from parity.backends.given_export import LoadReference, take_adapted
from parity.backends.given_file import Given
from parity.backends.onnx_metadata import facts_of_file
from parity.backends.onnx_network import OnnxNetwork
from parity.data.sample_images import find_samples
from parity.errors import UserError
from parity.model_files.adapting import ADAPTED, adapt
from parity.model_files.completing import COMPLETED
from parity.model_files.description import describe_file, load_given, take_given
from parity.model_files.inspection import of_metadata
from tests.conftest import ROOT
from tests.test_hostile_graphs import detector, looping

OPTIONS: dict[str, Any] = {"imgsz": [640, 640], "metadata": {}}
CLASSES = 80
ANCHORS = 8400


def loading(checkpoint: Path) -> LoadReference:
    from parity.backends.pytorch.network import PytorchNetwork

    return partial(PytorchNetwork.load, checkpoint, rect=False, threads=2, device="cpu")


def value(
    name: str, shape: list[Any] | None, dtype: int = TensorProto.FLOAT
) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, dtype, shape)


def before(model: onnx.ModelProto, nodes: list[onnx.NodeProto], image: onnx.ValueInfoProto) -> None:
    """Put nodes before a graph; the last one returns what it took."""
    graph = model.graph
    own = list(graph.node)
    nodes[-1].output[0] = graph.input[0].name
    del graph.node[:]
    graph.node.extend([*nodes, *own])
    graph.input[0].CopyFrom(image)


def after(model: onnx.ModelProto, nodes: list[onnx.NodeProto], shape: list[int]) -> None:
    """Put nodes after a graph, which take ``output0``."""
    model.graph.node.extend(nodes)
    model.graph.output[0].CopyFrom(value(nodes[-1].output[0], shape))


def constant(model: onnx.ModelProto, name: str, values: Any, dtype: Any = np.float32) -> str:
    model.graph.initializer.append(numpy_helper.from_array(np.array(values, dtype), name))
    return name


def divide(model: onnx.ModelProto) -> None:
    node = helper.make_node("Div", ["pixels", constant(model, "k", 255)], [""])
    before(model, [node], value("pixels", [1, 3, 640, 640]))


def exchange_colours(model: onnx.ModelProto) -> None:
    node = helper.make_node(
        "Gather", ["bgr", constant(model, "i", [2, 1, 0], np.int64)], [""], axis=1
    )
    before(model, [node], value("bgr", [1, 3, 640, 640]))


def divide_and_exchange(model: onnx.ModelProto) -> None:
    nodes = [
        helper.make_node("Div", ["bytes", constant(model, "k", 255)], ["divided"]),
        helper.make_node(
            "Gather", ["divided", constant(model, "i", [2, 1, 0], np.int64)], [""], axis=1
        ),
    ]
    before(model, nodes, value("bytes", [1, 3, 640, 640]))


def take_uint8(model: onnx.ModelProto) -> None:
    nodes = [
        helper.make_node("Cast", ["bytes"], ["cast"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["cast", constant(model, "k", 255)], ["divided"]),
        helper.make_node("Transpose", ["divided"], [""], perm=[0, 3, 1, 2]),
    ]
    before(model, nodes, value("bytes", [1, 640, 640, 3], TensorProto.UINT8))


def take_int8(model: onnx.ModelProto) -> None:
    nodes = [
        helper.make_node("Cast", ["bytes"], ["cast"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["cast", constant(model, "middle", 128)], ["pixels"]),
        helper.make_node("Div", ["pixels", constant(model, "k", 255)], [""]),
    ]
    before(model, nodes, value("bytes", [1, 3, 640, 640], TensorProto.INT8))


def take_int64(model: onnx.ModelProto) -> None:
    nodes = [
        helper.make_node("Cast", ["pixels"], ["cast"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["cast", constant(model, "k", 255)], [""]),
    ]
    before(model, nodes, value("pixels", [1, 3, 640, 640], TensorProto.INT64))


def take_double(model: onnx.ModelProto) -> None:
    node = helper.make_node("Cast", ["image"], [""], to=TensorProto.FLOAT)
    before(model, [node], value("image", [1, 3, 640, 640], TensorProto.DOUBLE))


def return_double(model: onnx.ModelProto) -> None:
    node = helper.make_node("Cast", ["output0"], ["wide"], to=TensorProto.DOUBLE)
    model.graph.node.append(node)
    shape = [1, 4 + CLASSES, ANCHORS]
    model.graph.output[0].CopyFrom(value("wide", shape, TensorProto.DOUBLE))
    model.graph.value_info.append(value("wide", shape, TensorProto.FLOAT))  # wrong, and ignored


def return_percent(model: onnx.ModelProto) -> None:
    scales = np.array([1] * 4 + [100] * CLASSES).reshape(1, -1, 1)
    node = helper.make_node("Mul", ["output0", constant(model, "k", scales)], ["percent"])
    after(model, [node], [1, 4 + CLASSES, ANCHORS])


def return_y_first(model: onnx.ModelProto) -> None:
    rows = constant(model, "rows", [1, 0, 3, 2, *range(4, 4 + CLASSES)], np.int64)
    node = helper.make_node("Gather", ["output0", rows], ["turned"], axis=1)
    after(model, [node], [1, 4 + CLASSES, ANCHORS])


def maps_of(model: onnx.ModelProto) -> tuple[list[str], list[str]]:
    """Return the last convolutions of boxes and of scores, the finest scale first."""
    names = [node.output[0] for node in model.graph.node]
    return tuple(  # type: ignore[return-value]
        [name for i in range(3) for name in names if name.endswith(f"/{kind}.{i}.2/Conv_output_0")]
        for kind in ("cv2", "cv3")
    )


def return_maps(model: onnx.ModelProto) -> None:
    """Return a map of each scale, as NCNN's and other converters cut the graph off."""
    del model.graph.output[:]
    for i, (boxes, scores) in enumerate(zip(*maps_of(model), strict=True)):
        side = 80 >> i
        model.graph.node.append(helper.make_node("Concat", [boxes, scores], [f"map{i}"], axis=1))
        model.graph.output.append(value(f"map{i}", [1, 64 + CLASSES, side, side]))


def return_hailo_maps(model: onnx.ModelProto) -> None:
    """Return two maps of each scale, channels last, with the sigmoid."""
    del model.graph.output[:]
    for i, (boxes, scores) in enumerate(zip(*maps_of(model), strict=True)):
        side = 80 >> i
        nodes = [
            helper.make_node("Transpose", [boxes], [f"boxes{i}"], perm=[0, 2, 3, 1]),
            helper.make_node("Sigmoid", [scores], [f"sigmoid{i}"]),
            helper.make_node("Transpose", [f"sigmoid{i}"], [f"scores{i}"], perm=[0, 2, 3, 1]),
        ]
        model.graph.node.extend(nodes)
        model.graph.output.append(value(f"boxes{i}", [1, side, side, 64]))
        model.graph.output.append(value(f"scores{i}", [1, side, side, CLASSES]))


def return_rknn_maps(model: onnx.ModelProto) -> None:
    """Return boxes, scores and the sum of the scores of each scale."""
    axis = constant(model, "channels", [1], np.int64)
    del model.graph.output[:]
    for i, (boxes, scores) in enumerate(zip(*maps_of(model), strict=True)):
        side = 80 >> i
        nodes = [
            helper.make_node("Sigmoid", [scores], [f"scores{i}"]),
            helper.make_node("ReduceSum", [f"scores{i}", axis], [f"sum{i}"]),
        ]
        model.graph.node.extend(nodes)
        for name, channels in ((boxes, 64), (f"scores{i}", CLASSES), (f"sum{i}", 1)):
            model.graph.output.append(value(name, [1, channels, side, side]))


def take_channels_last(model: onnx.ModelProto) -> None:
    node = helper.make_node("Transpose", ["image"], [""], perm=[0, 3, 1, 2])
    before(model, [node], value("image", [1, 640, 640, 3]))


def transpose(model: onnx.ModelProto) -> None:
    node = helper.make_node("Transpose", ["output0"], ["turned"], perm=[0, 2, 1])
    after(model, [node], [1, ANCHORS, 4 + CLASSES])


def leave_out_batch(model: onnx.ModelProto) -> None:
    shape = constant(model, "shape", [4 + CLASSES, ANCHORS], np.int64)
    after(
        model, [helper.make_node("Reshape", ["output0", shape], ["flat"])], [4 + CLASSES, ANCHORS]
    )


def divide_boxes(model: onnx.ModelProto) -> None:
    scales = np.array([640] * 4 + [1] * CLASSES).reshape(1, -1, 1)
    node = helper.make_node("Div", ["output0", constant(model, "k", scales)], ["fractions"])
    after(model, [node], [1, 4 + CLASSES, ANCHORS])


def return_corners(model: onnx.ModelProto) -> None:
    matrix = [[1, 0, -0.5, 0], [0, 1, 0, -0.5], [1, 0, 0.5, 0], [0, 1, 0, 0.5]]
    split = constant(model, "split", [4, CLASSES], np.int64)
    nodes = [
        helper.make_node("Split", ["output0", split], ["boxes", "scores"], axis=1),
        helper.make_node("MatMul", [constant(model, "matrix", matrix), "boxes"], ["corners"]),
        helper.make_node("Concat", ["corners", "scores"], ["found"], axis=1),
    ]
    after(model, nodes, [1, 4 + CLASSES, ANCHORS])


def return_parts(model: onnx.ModelProto) -> None:
    split = constant(model, "split", [4, CLASSES], np.int64)
    nodes = [
        helper.make_node("Split", ["output0", split], ["boxes", "scores"], axis=1),
        helper.make_node("Transpose", ["boxes"], ["turned"], perm=[0, 2, 1]),
    ]
    after(model, nodes, [1, ANCHORS, 4])
    model.graph.output.insert(0, value("scores", [1, CLASSES, ANCHORS]))


def return_more(model: onnx.ModelProto) -> None:
    """Return the feature maps of the network before its predictions."""
    maps = [node.output[0] for node in model.graph.node if node.op_type == "Conv"][-2:]
    model.graph.output.insert(0, value(maps[0], [1, CLASSES, 20, 20]))


def exchange_rows(model: onnx.ModelProto) -> None:
    """Return the scores before the boxes, which no reader here expects."""
    inputs = next(node for node in model.graph.node if "output0" in node.output).input
    inputs[0], inputs[1] = inputs[1], inputs[0]


def remove_sigmoid(model: onnx.ModelProto) -> None:
    """Take out the sigmoid that makes the scores."""
    makers = {name: node for node in model.graph.node for name in node.output}
    (last,) = [makers[n] for n in makers["output0"].input if makers[n].op_type == "Sigmoid"]
    inputs = makers["output0"].input
    inputs[list(inputs).index(last.output[0])] = last.input[0]
    model.graph.node.remove(last)


def as_deepstream(model: onnx.ModelProto) -> None:
    """Return corners, the best score and its class, as DeepStream-Yolo's exporter does."""
    matrix = [[1, 0, 1, 0], [0, 1, 0, 1], [-0.5, 0, 0.5, 0], [0, -0.5, 0, 0.5]]
    make = helper.make_node
    boxes = constant(model, "first", range(4), np.int64)
    scores = constant(model, "rest", range(4, 4 + CLASSES), np.int64)
    nodes = [
        make("Transpose", ["output0"], ["turned"], perm=[0, 2, 1]),
        make("Gather", ["turned", boxes], ["centred"], axis=2),
        make("MatMul", ["centred", constant(model, "matrix", matrix)], ["corners"]),
        make("Gather", ["turned", scores], ["scores"], axis=2),
        make("ReduceMax", ["scores", constant(model, "axes", [2], np.int64)], ["best"]),
        make("ArgMax", ["scores"], ["index"], axis=2, keepdims=1),
        make("Cast", ["index"], ["label"], to=TensorProto.FLOAT),
        make("Concat", ["corners", "best", "label"], ["found"], axis=2),
    ]
    after(model, nodes, [1, ANCHORS, 6])


def strip(model: onnx.ModelProto) -> None:
    del model.metadata_props[:]


def lose_sizes(model: onnx.ModelProto) -> None:
    for entry in list(model.metadata_props):
        if entry.key in ("imgsz", "stride"):
            model.metadata_props.remove(entry)


def state_no_shape(model: onnx.ModelProto) -> None:
    model.graph.output[0].type.tensor_type.ClearField("shape")


def leave(_model: onnx.ModelProto) -> None:
    """Change nothing."""


@dataclass(frozen=True)
class Edited:
    """An edit of Ultralytics' export, and what is expected of it: deviations, keys, a sentence."""

    edit: Callable[[onnx.ModelProto], None]
    adapted: str
    completed: str
    said: str


EDITS = [
    Edited(divide, "pixels", "", "dividing them by 255 is part of its graph"),
    Edited(exchange_colours, "bgr", "", "It takes blue, green and red"),
    Edited(divide_and_exchange, "bgr pixels", "", "dividing them by 255 is part of its graph"),
    Edited(take_uint8, "uint8 nhwc", "", "It takes uint8 pixel values"),
    Edited(take_int8, "int8", "", "It takes int8: pixel values less 128"),
    Edited(take_channels_last, "nhwc", "", "It takes (batch, height, width, channels)"),
    Edited(take_int64, "int64", "", "It takes int64 pixel values"),
    Edited(take_double, "double", "", "It takes float64"),
    Edited(return_double, "wide", "", "It returns float64"),
    Edited(return_percent, "percent", "", "Its scores are from 0 to 100"),
    Edited(return_y_first, "y_first", "", "Its boxes state y before x"),
    Edited(return_maps, "maps logits cells distances", "", "It returns feature maps"),
    Edited(return_hailo_maps, "maps cells distances", "", "It returns feature maps"),
    Edited(return_rknn_maps, "maps cells distances", "", "It returns feature maps"),
    Edited(transpose, "transposed", "", "Its output is transposed"),
    Edited(leave_out_batch, "squeezed", "", "Its output lacks the axis of the batch"),
    Edited(divide_boxes, "fractions", "", "Its boxes are fractions of the sides of its input"),
    Edited(return_corners, "edges", "", "Its boxes are x1, y1, x2, y2"),
    Edited(return_parts, "apart", "", "It returns boxes and scores as two outputs"),
    Edited(return_more, "reordered", "", "Its predictions are not its first output"),
    Edited(remove_sigmoid, "logits", "", "Its scores are logits"),
    Edited(as_deepstream, "corners", "", "as DeepStream-Yolo exports do"),
    Edited(strip, "", "imgsz names stride task", "lacks imgsz, names, stride and task"),
    Edited(lose_sizes, "", "imgsz stride", "lacks imgsz and stride"),
    Edited(state_no_shape, "", "", ""),
    Edited(leave, "", "", ""),
]


@pytest.fixture(scope="module")
def truth(yolo11n_static: Path) -> tuple[np.ndarray, dict[int, str]]:
    network = OnnxNetwork.load(yolo11n_static, threads=2)
    image = network.read(find_samples()["bus.jpg"])
    return network.forward(network.preprocess(image)), network.names


@pytest.mark.parametrize("case", EDITS, ids=lambda case: case.edit.__name__)
def test_what_deviates_is_recognised_undone_and_said(
    case: Edited,
    yolo11n_pt: Path,
    yolo11n_static: Path,
    tmp_path: Path,
    truth: tuple[np.ndarray, dict[int, str]],
) -> None:
    model = onnx.load(yolo11n_static)
    case.edit(model)
    onnx.save(model, tmp_path / "given.onnx")
    take_adapted(tmp_path / "given.onnx", tmp_path / "own.onnx", loading(yolo11n_pt), OPTIONS)
    network = OnnxNetwork.load(tmp_path / "own.onnx", threads=2)
    metadata = network.session.metadata
    assert metadata.get(ADAPTED, "") == case.adapted
    assert {e.partition(":")[0] for e in metadata.get(COMPLETED, "").split()} == set(
        case.completed.split()
    )
    assert case.said in " ".join(finding.sentence for finding in of_metadata(metadata))
    image = network.read(find_samples()["bus.jpg"])
    found, (expected, names) = network.forward(network.preprocess(image)), truth
    assert network.names == names
    if case.adapted == "corners":  # keeps the best class of an anchor alone
        np.testing.assert_array_equal(found[4:].argmax(0), expected[4:].argmax(0))
        np.testing.assert_array_equal(found[4:].max(0), expected[4:].max(0))
        np.testing.assert_allclose(found[:4], expected[:4], atol=1e-3)
    else:
        np.testing.assert_allclose(found, expected, atol=2e-4)
    if not case.said:
        assert (tmp_path / "own.onnx").read_bytes() == (tmp_path / "given.onnx").read_bytes()


def test_what_nothing_explains_is_said(
    yolo11n_pt: Path, yolo11n_static: Path, tmp_path: Path
) -> None:
    model = onnx.load(yolo11n_static)
    exchange_rows(model)
    onnx.save(model, tmp_path / "given.onnx")
    take_adapted(tmp_path / "given.onnx", tmp_path / "own.onnx", loading(yolo11n_pt), OPTIONS)
    metadata = {e.key: e.value for e in onnx.load(tmp_path / "own.onnx").metadata_props}
    (finding,) = of_metadata(metadata)
    assert finding.sentence.startswith(
        "What it returns for a photograph is far from what the checkpoint returns"
    )


def open_channels(model: onnx.ModelProto) -> None:
    axes = [f"unk__{i}" for i in range(4)]
    model.graph.input[0].CopyFrom(value("images", axes))


def test_an_open_axis_of_channels_is_counted(yolo11n_onnx: Path, tmp_path: Path) -> None:
    model = onnx.load(yolo11n_onnx)
    open_channels(model)
    onnx.save(model, tmp_path / "given.onnx")
    given = Given.load(tmp_path / "given.onnx")
    assert (given.fixed, given.changed) == (None, True)
    assert given.model.graph.input[0].type.tensor_type.shape.dim[1].dim_value == 3


def test_metadata_of_the_configuration_replaces_that_of_the_file(
    yolo11n_pt: Path, yolo11n_static: Path, tmp_path: Path
) -> None:
    names = tuple(f"class {i}" for i in range(CLASSES))
    options = OPTIONS | {"metadata": {"names": names, "stride": None}}
    take_adapted(yolo11n_static, tmp_path / "own.onnx", loading(yolo11n_pt), options)
    network = OnnxNetwork.load(tmp_path / "own.onnx", threads=1)
    assert network.names == dict(enumerate(names))
    assert network.session.metadata[COMPLETED] == "names:configuration"


def test_what_an_earlier_run_wrote_of_a_file_is_not_believed(
    yolo11n_pt: Path, yolo11n_static: Path, tmp_path: Path
) -> None:
    model = onnx.load(yolo11n_static)
    for key, text in {ADAPTED: "x", COMPLETED: "names:checkpoint"}.items():
        model.metadata_props.add(key=key, value=text)
    onnx.save(model, tmp_path / "given.onnx")
    take_adapted(tmp_path / "given.onnx", tmp_path / "own.onnx", loading(yolo11n_pt), OPTIONS)
    metadata = {e.key: e.value for e in onnx.load(tmp_path / "own.onnx").metadata_props}
    assert list(of_metadata(metadata)) == []
    assert metadata == {e.key: e.value for e in onnx.load(yolo11n_static).metadata_props}


@pytest.mark.parametrize("returned", [[None, None, 3], None], ids=["axes without names", "nothing"])
def test_open_axes_stay_open(returned: list[int | None] | None) -> None:
    graph = helper.make_graph(
        [helper.make_node("Reshape", ["image", "shape"], ["output0"])],
        "small",
        [value("image", [None, None, None, 3])],
        [value("output0", returned)],
        [numpy_helper.from_array(np.array([0, -1, 3]), "shape")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    adapt(model, ("nhwc", "transposed"), rows=3, classes=1)
    session = InferenceSession(model.SerializeToString())
    fed = np.random.default_rng(1).random((2, 3, 4, 5), np.float32)
    (found,) = session.run(None, {session.get_inputs()[0].name: fed})
    np.testing.assert_array_equal(found, fed.reshape(2, 3, 20))


def exported(given: Path, destination: Path, checkpoint: Path) -> None:
    """Do with a given file what the export does."""
    take_adapted(given, destination, loading(checkpoint), OPTIONS)
    facts_of_file(describe_file(destination, {}), given)


def without_input(model: onnx.ModelProto) -> None:
    model.graph.initializer.append(
        numpy_helper.from_array(np.zeros((1, 3, 64, 64), np.float32), "images")
    )
    del model.graph.input[:]


def take_elements(model: onnx.ModelProto, dtype: int) -> None:
    node = helper.make_node("Cast", ["elements"], [""], to=TensorProto.FLOAT)
    before(model, [node], value("elements", [1, 3, 64, 64], dtype))


def take_shape(model: onnx.ModelProto, shape: list[int]) -> None:
    model.graph.input[0].CopyFrom(value("images", shape))
    del model.graph.output[:]
    model.graph.output.append(value("maps", [None, 6, None, None]))
    del model.graph.node[1]


def reshape_wrongly(model: onnx.ModelProto) -> None:
    """Reshape to a shape that the input decides, so that nothing but running it can fail."""
    model.graph.input[0].CopyFrom(value("images", ["batch", 3, 64, 64]))
    del model.graph.node[1]
    shape = helper.make_node("Shape", ["images"], ["taken"], start=1)
    model.graph.node.extend([shape, helper.make_node("Reshape", ["maps", "taken"], ["output0"])])


def return_scalar(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("ReduceMax", ["output0"], ["most"], keepdims=0))
    model.graph.output[0].CopyFrom(value("most", []))


def return_text(model: onnx.ModelProto) -> None:
    node = helper.make_node("Cast", ["output0"], ["text"], to=TensorProto.STRING)
    model.graph.node.append(node)
    model.graph.output[0].CopyFrom(value("text", [1, 6, 64], TensorProto.STRING))


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (without_input, "takes 0 inputs (none); expected only the image"),
        (lambda m: take_elements(m, TensorProto.BOOL), "takes bool; expected float32 or"),
        (lambda m: take_elements(m, TensorProto.BFLOAT16), "takes bfloat16; expected float32 or"),
        (lambda m: take_shape(m, [1, 3, 60_000, 60_000]), "expected sides of 1 to 8192 px"),
        (lambda m: take_shape(m, [1, 60_000, 60_000, 3]), "expected sides of 1 to 8192 px"),
        (lambda m: take_shape(m, [10**6, 3, 64, 64]), "expected a batch of 1 to 1024 images"),
        (lambda m: take_shape(m, [1, 3, 100, 64]), "takes 100x64 px; export it with sides that"),
        (reshape_wrongly, "cannot run it ("),
        (return_scalar, "returns []; expected [batch, "),
        (return_text, "returns string; expected float32 or float16"),
    ],
)
def test_inputs_that_no_image_can_be_say_why(
    edit: Callable[[onnx.ModelProto], None], said: str, yolo11n_pt: Path, tmp_path: Path
) -> None:
    model = detector()
    edit(model)
    onnx.save(model, tmp_path / "given.onnx")
    with pytest.raises(UserError) as caught:
        exported(tmp_path / "given.onnx", tmp_path / "own.onnx", yolo11n_pt)
    assert str(caught.value).startswith(str(tmp_path / "given.onnx"))
    assert said in str(caught.value)


ENDLESS = """
import sys
from functools import partial
from parity.backends.given_export import take_adapted
from parity.backends.pytorch.network import PytorchNetwork
from parity.errors import in_one_sentence
from parity.limits import Limits
Limits(graph_seconds=2).set()
given, destination, checkpoint = sys.argv[1:]
load = partial(PytorchNetwork.load, checkpoint, rect=False, threads=2, device="cpu")
with in_one_sentence():
    take_adapted(given, destination, load, {"imgsz": [64, 64], "metadata": {}})
"""


def test_a_loop_without_end_is_stopped(yolo11n_pt: Path, tmp_path: Path) -> None:
    given = tmp_path / "given.onnx"
    onnx.save(looping(None), given)
    done = subprocess.run(
        [sys.executable, "-c", ENDLESS, given, tmp_path / "own.onnx", yolo11n_pt],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )
    assert done.returncode
    assert f"error: {given}: running it took longer than 2 s and was stopped" in done.stderr


def with_plugin(model: onnx.ModelProto) -> None:
    node = helper.make_node("EfficientNMS_TRT", ["output0"], ["boxes"], domain="trt.plugins")
    after(model, [node], [1, 100, 4])
    model.opset_import.append(helper.make_opsetid("trt.plugins", 1))


def with_plugin_of_no_domain(model: onnx.ModelProto) -> None:
    with_plugin(model)
    model.graph.node[-1].domain = ""


def with_plugin_not_imported(model: onnx.ModelProto) -> None:
    with_plugin(model)
    del model.opset_import[-1]


def with_extension(model: onnx.ModelProto) -> None:
    with_own_operator(model)
    model.graph.node[-1].domain = model.opset_import[-1].domain = "ai.onnx.contrib"


def with_newer_operators(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 99


def with_own_operator(model: onnx.ModelProto) -> None:
    node = helper.make_node("Cool", ["output0"], ["cooled"], domain="my.company")
    after(model, [node], [1, 4 + CLASSES, ANCHORS])
    model.opset_import.append(helper.make_opsetid("my.company", 1))


def newer(model: onnx.ModelProto) -> None:
    model.ir_version = 99


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (with_plugin, "has operators that only TensorRT knows (EfficientNMS_TRT of trt.plugins)"),
        (with_plugin_of_no_domain, "operators that only TensorRT knows (EfficientNMS_TRT); give"),
        (with_plugin_not_imported, "has operators that only TensorRT knows"),
        (with_extension, "does not know (Cool of ai.onnx.contrib)"),
        (with_newer_operators, "has the operator set 99, and the newest that is known here is"),
        (with_own_operator, "does not know (Cool of my.company); export the model without them"),
        (newer, "is of IR version 99, and the newest that is known here is"),
    ],
)
def test_graphs_that_cannot_run_say_why_and_what_to_do(
    edit: Callable[[onnx.ModelProto], None], said: str, yolo11n_static: Path, tmp_path: Path
) -> None:
    model = onnx.load(yolo11n_static)
    edit(model)
    onnx.save(model, tmp_path / "given.onnx")
    with pytest.raises(UserError) as caught:
        load_given(tmp_path / "given.onnx")
    assert str(caught.value).startswith(f"{tmp_path / 'given.onnx'} ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty; give an .onnx file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "git lfs pull"),
        (b"<!DOCTYPE html><html>", "is a web page instead of a model; its download went wrong"),
        (b"PK\x03\x04rest", "is a ZIP archive, such as a .pt; give an .onnx file"),
        (b"\x1c\x00\x00\x00TFL3", "is a TFLite model; give an .onnx file"),
        (b"ftrt", "is a TensorRT engine; give an .onnx file"),
        (b'\x20\0\0\0{"task": "detect"}ftrt', "TensorRT engine that Ultralytics exported"),
        (b"\x40" + bytes(7) + b'{"a": {"dtype": "F32"}}', "is a safetensors file"),
        (b'<?xml version="1.0"?><net name="x" version="11">', "is an OpenVINO model"),
        (b"7767517\n2 2\n", "is an NCNN model"),
        (b"\x80\x02}q\x00.", "is a pickle, such as an old .pt"),
        (b"7z\xbc\xaf'\x1c", "is a 7z archive; unpack it"),
        (b'{"message": "Not Found"}', "is text instead of a model; give an .onnx file"),
        ("für dich, wie é".encode()[:-1], "is text instead of a model"),
        ("a model".encode("utf-16"), "is text instead of a model"),
    ],
)
def test_files_that_are_no_models_are_called_what_they_are(
    content: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / "given.onnx").write_bytes(content)
    with pytest.raises(UserError) as caught:
        load_given(tmp_path / "given.onnx")
    assert said in str(caught.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is a folder; give the \.onnx file in it"):
        load_given(tmp_path)


def test_weights_in_constant_nodes_are_taken_from_beside_the_file(tmp_path: Path) -> None:
    model = detector()
    for tensor in model.graph.initializer:
        node = helper.make_node("Constant", [], [tensor.name], value=tensor)
        model.graph.node.insert(0, node)
    del model.graph.initializer[:]
    options = {"location": "weights.bin", "convert_attribute": True, "size_threshold": 0}
    onnx.save(model, tmp_path / "given.onnx", save_as_external_data=True, **options)
    take_given(tmp_path / "given.onnx", tmp_path / "elsewhere.onnx")
    (tmp_path / "weights.bin").unlink()
    load_given(tmp_path / "elsewhere.onnx")


def test_lost_weights_are_named(yolo11n_static: Path, tmp_path: Path) -> None:
    onnx.save(
        onnx.load(yolo11n_static),
        tmp_path / "given.onnx",
        save_as_external_data=True,
        location="weights.bin",
    )
    (tmp_path / "weights.bin").unlink()
    with pytest.raises(UserError, match=r"takes weights from weights\.bin, which is not beside it"):
        load_given(tmp_path / "given.onnx")
