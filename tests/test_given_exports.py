"""Given ONNX files that deviate from Ultralytics' exports: recognised by running, and served."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from parity.backends.given_export import LoadReference, take_adapted
from parity.backends.onnx_network import OnnxNetwork
from parity.data.listing import find_samples
from parity.errors import UserError
from parity.model_files.adapting import ADAPTED
from parity.model_files.completing import COMPLETED
from parity.model_files.description import load_given
from parity.model_files.inspection import of_metadata

OPTIONS: dict[str, Any] = {"imgsz": [640, 640], "metadata": {}}
CLASSES = 80
ANCHORS = 8400


def loading(checkpoint: Path) -> LoadReference:
    from parity.backends.pytorch.network import PytorchNetwork

    return partial(PytorchNetwork.load, checkpoint, rect=False, threads=2, device="cpu")


def value(name: str, shape: list[int], dtype: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
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


def take_uint8(model: onnx.ModelProto) -> None:
    nodes = [
        helper.make_node("Cast", ["bytes"], ["cast"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["cast", constant(model, "k", 255)], ["divided"]),
        helper.make_node("Transpose", ["divided"], [""], perm=[0, 3, 1, 2]),
    ]
    before(model, nodes, value("bytes", [1, 640, 640, 3], TensorProto.UINT8))


def take_channels_last(model: onnx.ModelProto) -> None:
    node = helper.make_node("Transpose", ["image"], [""], perm=[0, 3, 1, 2])
    before(model, [node], value("image", [1, 640, 640, 3]))


def transpose(model: onnx.ModelProto) -> None:
    node = helper.make_node("Transpose", ["output0"], ["turned"], perm=[0, 2, 1])
    after(model, [node], [1, ANCHORS, 4 + CLASSES])


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
    Edited(take_uint8, "uint8 nhwc", "", "It takes uint8 pixel values"),
    Edited(take_channels_last, "nhwc", "", "It takes (batch, height, width, channels)"),
    Edited(transpose, "transposed", "", "Its output is transposed"),
    Edited(remove_sigmoid, "logits", "", "Its scores are logits"),
    Edited(as_deepstream, "corners", "", "as DeepStream-Yolo exports do"),
    Edited(strip, "", "imgsz names stride task", "lacks imgsz and names and stride and task"),
    Edited(lose_sizes, "", "imgsz stride", "lacks imgsz and stride"),
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


def test_metadata_of_the_configuration_replaces_that_of_the_file(
    yolo11n_pt: Path, yolo11n_static: Path, tmp_path: Path
) -> None:
    names = tuple(f"class {i}" for i in range(CLASSES))
    options = OPTIONS | {"metadata": {"names": names, "stride": None}}
    take_adapted(yolo11n_static, tmp_path / "own.onnx", loading(yolo11n_pt), options)
    network = OnnxNetwork.load(tmp_path / "own.onnx", threads=1)
    assert network.names == dict(enumerate(names))
    assert network.session.metadata[COMPLETED] == "names:configuration"


def with_plugin(model: onnx.ModelProto) -> None:
    node = helper.make_node("EfficientNMS_TRT", ["output0"], ["boxes"], domain="trt.plugins")
    after(model, [node], [1, 100, 4])
    model.opset_import.append(helper.make_opsetid("trt.plugins", 1))


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
    ],
)
def test_files_that_are_no_models_are_called_what_they_are(
    content: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / "given.onnx").write_bytes(content)
    with pytest.raises(UserError) as caught:
        load_given(tmp_path / "given.onnx")
    assert said in str(caught.value)


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
