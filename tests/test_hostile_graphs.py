"""Damaged and hostile ONNX files: whatever is in them, an error is one sentence."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from parity.backends.given_export import take_adapted, take_reference
from parity.backends.onnx_metadata import facts_of_file
from parity.backends.onnx_network import OnnxNetwork
from parity.errors import UserError
from parity.model_files.description import (
    describe_file,
    external_data_files,
    load_given,
)
from parity.model_files.inspection import inspect_export
from parity.model_files.results import Wanted
from tests.conftest import ROOT, examples

METADATA = {
    "imgsz": "[64, 64]",
    "names": "{0: 'person', 1: 'car'}",
    "stride": "32",
    "task": "detect",
}
WANTED = Wanted(
    given=True,
    opset=18,
    quantize=32,
    dynamic=False,
    imgsz=(64, 64),
    names={0: "person", 1: "car"},
    stride=32,
    trained=(64, 64),
)
WEIGHTS = {"w": np.random.default_rng(1).normal(0, 1, (6, 3, 8, 8)).astype(np.float32)}


def detector(metadata: dict[str, str] = METADATA) -> onnx.ModelProto:
    """Return a small network with the shapes of a detector of two classes."""
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["images", "w"], ["maps"], "conv", strides=[8, 8]),
            helper.make_node("Reshape", ["maps", "shape"], ["output0"], "reshape"),
        ],
        "detector",
        [value("images", TensorProto.FLOAT, [1, 3, 64, 64])],
        [value("output0", TensorProto.FLOAT, [1, 6, 64])],
        [
            numpy_helper.from_array(WEIGHTS["w"], "w"),
            numpy_helper.from_array(np.array([1, 6, 64]), "shape"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, metadata)
    return model


def use(path: Path, *, run: bool = True) -> None:
    """Do with a file all that the rules do."""
    external_data_files(path)
    described = describe_file(path, WEIGHTS)
    facts_of_file(described, path)
    inspect_export(path, described, WANTED, None)
    if run:
        network = OnnxNetwork.load(path, threads=1)
        tensor = network.preprocess(np.zeros((50, 40, 3), np.uint8))
        network.decode(network.forward_batch([tensor])[0], 0.01)


def said_of(path: Path) -> str:
    """Return the sentence that a file is refused with."""
    with pytest.raises(UserError) as caught:
        use(path)
    sentence = str(caught.value)
    assert path.name in sentence
    return sentence


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all examples of a test share."""
    return tmp_path_factory.mktemp("graphs")


def test_the_detector_itself_is_fine(folder: Path) -> None:
    onnx.save(detector(), folder / "fine.onnx")
    use(folder / "fine.onnx")


LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.integers(-2, 3) | st.text(max_size=3), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=6,
)
TEXTS = st.one_of(
    LITERALS.map(repr),
    st.sets(st.text(max_size=3), max_size=3).map(repr),
    st.text(max_size=30),
    st.sampled_from(
        ["9" * 5000, "(" * 5000, "[" * 300, "{}", "set()", "0", "-1", "1e400", "__import__('os')"]
    ),
)


def refused_or_fine(path: Path, *, run: bool) -> None:
    """Check that a file is used or refused with one line, and nothing else."""
    said = ""
    try:
        use(path, run=run)
    except UserError as error:
        said = str(error)
    assert "\n" not in said


@given(key=st.sampled_from([*METADATA, "args", "end2end"]), text=TEXTS)
@examples(200)
def test_any_metadata(folder: Path, key: str, text: str) -> None:
    text = text.replace("\0", "").encode(errors="replace").decode()
    onnx.save(detector(METADATA | {key: text}), folder / "metadata.onnx")
    refused_or_fine(folder / "metadata.onnx", run=False)


@given(data=st.data())
@examples(300)
def test_any_damage(folder: Path, data: st.DataObject) -> None:
    """Bytes are overwritten, dropped or added anywhere."""
    content = bytearray(detector().SerializeToString())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(content) - 1, 0)))
        kind = data.draw(st.sampled_from(["set", "cut", "insert"]))
        if kind == "set" and content:
            content[at] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            del content[at : at + data.draw(st.integers(1, 50))]
        else:
            content[at:at] = data.draw(st.binary(max_size=5))
    (folder / "damaged.onnx").write_bytes(content)
    refused_or_fine(folder / "damaged.onnx", run=True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"names": "['person', 'car']"}, ""),
        (
            {"names": "{'person', 'car'}"},
            "'person', 'car'}\"; expected a name for each",
        ),
        ({"names": "{1: 'person', 2: 'car'}"}, "expected a name for each class from 0 on"),
        ({"names": "{0: 'person', True: 'car'}"}, "expected a name for each class from 0 on"),
        ({"names": "{0: 'person', 1: ['car']}"}, "expected a name for each class from 0 on"),
        ({"names": "{}"}, "names is '{}'; expected a name"),
        ({"stride": "0"}, "stride is '0'; expected a whole number from 1 to 8192"),
        ({"stride": "[8, 16, 32]"}, "stride is '[8, 16, 32]'; expected a whole number"),
        ({"stride": "large"}, "stride is 'large'; expected a whole number"),
        ({"stride": str(10**9)}, "stride is '1000000000'; expected a whole number"),
        ({"imgsz": "[64]"}, "imgsz is '[64]'; expected height and width"),
        ({"imgsz": "[64, 10**9]"}, "imgsz is '[64, 10**9]'; expected height and width"),
        ({"args": "[1]"}, "args is '[1]'; expected keys with values"),
        ({"task": "detect\n"}, r"for the task 'detect\n'; only classification models"),
        ({"names": "(" * 9000}, "names is '((((("),
    ],
)
def test_metadata_that_cannot_be_used_is_named(
    folder: Path, changes: dict[str, str], said: str
) -> None:
    path = folder / "named.onnx"
    onnx.save(detector(METADATA | changes), path)
    if said:
        assert said in said_of(path)
    else:
        use(path)


def with_inputs(model: onnx.ModelProto, *names: str) -> None:
    for name in names:
        value = helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 64, 64])
        model.graph.input.append(value)


def with_output(model: onnx.ModelProto, shape: list[int] | None, node: onnx.NodeProto) -> None:
    model.graph.node.append(node)
    kind = TensorProto.FLOAT if node.op_type != "Cast" else TensorProto.STRING
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info(node.output[0], kind, shape))


def with_side(model: onnx.ModelProto, axis: int, side: int | str) -> None:
    dim = model.graph.input[0].type.tensor_type.shape.dim[axis]
    if isinstance(side, str):
        dim.dim_param = side
    else:
        dim.dim_value = side


CHANGES: list[tuple[Callable[[onnx.ModelProto], object], str]] = [
    (
        lambda m: with_inputs(m, "masks"),
        "takes 2 inputs ('images', 'masks'); expected only the image",
    ),
    (lambda m: m.graph.ClearField("output"), "has no output"),
    (
        lambda m: with_output(m, [], helper.make_node("ReduceSum", ["maps"], ["sum"], keepdims=0)),
        "returns []; expected [batch, 4 + 2 classes, anchors]",
    ),
    (
        lambda m: with_output(
            m, [1, 6, 64], helper.make_node("Cast", ["output0"], ["text"], to=TensorProto.STRING)
        ),
        "returns string; expected float",
    ),
    (lambda m: with_side(m, 0, 10**6), "expected a batch of 1 to 1024 images"),
    (lambda m: with_side(m, 2, "height"), "both height and width fixed, or with neither"),
    (lambda m: m.graph.node[0].input.__setitem__(0, "nowhere"), "is not a valid ONNX model"),
    (lambda m: m.graph.node[0].input.__setitem__(0, "output0"), "depend on each other's outputs"),
    (lambda m: m.ClearField("opset_import"), "is not a valid ONNX model"),
]


@pytest.mark.parametrize(("change", "said"), CHANGES)
def test_a_graph_that_is_no_detector_says_why(
    folder: Path, change: Callable[[onnx.ModelProto], object], said: str
) -> None:
    model = detector()
    change(model)
    onnx.save(model, folder / "changed.onnx")
    assert said in said_of(folder / "changed.onnx")


PLACES = {
    "": "takes weights from nowhere",
    "a\0b": r"takes weights from a\x00b",
    "a\nb": r"takes weights from a\nb",
    "a" * 5_000: "takes weights from aaa",
    "pipe": "takes weights from pipe, which is not beside it",
    "round": "takes weights from round, which is not beside it",
    "../x": "outside its own folder",
    "/etc/passwd": "outside its own folder",
}
"""Where weights may lie, as a file says, and what is said of it."""


@pytest.mark.parametrize("place", PLACES)
def test_weights_that_lie_nowhere_are_named(tmp_path: Path, place: str) -> None:
    model = detector()
    weights = model.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value=place)
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "round").symlink_to("round")
    with pytest.raises(UserError) as caught:
        load_given(path)
    assert PLACES[place] in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


def ending(*nodes: onnx.NodeProto, shape: list[int | str], **constants: Any) -> onnx.ModelProto:
    """Return the detector with nodes before its output, which take ``raw``."""
    model = detector()
    model.graph.node[1].output[0] = "raw"
    model.graph.node.extend(nodes)
    for name, value in constants.items():
        model.graph.initializer.append(numpy_helper.from_array(np.array(value), name))
    model.graph.output[0].CopyFrom(
        helper.make_tensor_value_info("output0", TensorProto.FLOAT, shape)
    )
    return model


def times(number: float) -> onnx.ModelProto:
    """Return the detector with an output that is multiplied by a number."""
    node = helper.make_node("Mul", ["raw", "number"], ["output0"])
    return ending(node, shape=[1, 6, 64], number=np.float32(number))


def cut(length: int | str) -> onnx.ModelProto:
    """Return the detector with an output of no anchors, which it says to have some length."""
    node = helper.make_node("Slice", ["raw", "zero", "zero", "axis"], ["output0"])
    return ending(node, shape=[1, 6, length], zero=[0], axis=[2])


def taking(*shape: int | str) -> onnx.ModelProto:
    """Return the detector with an input of another shape."""
    model = detector()
    image = helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)
    model.graph.input[0].CopyFrom(image)
    return model


def returning(kind: str, value: onnx.TypeProto) -> onnx.ModelProto:
    """Return the detector with an output that is no tensor."""
    model = ending(helper.make_node(kind, ["raw"], ["output0"]), shape=[])
    model.graph.output[0].CopyFrom(helper.make_value_info("output0", value))
    return model


TENSOR = helper.make_tensor_type_proto(TensorProto.FLOAT, [1, 6, 64])
ODD = {
    "zeros": (times(0), None),
    "a number below all others": (times(-3e38), None),
    "NaN": (times(np.nan), "not finite"),
    "infinity": (times(np.inf), "not finite"),
    "no anchors": (cut(0), "returns [1, 6, 0] for a photograph"),
    "no anchors, as a run shows": (cut("anchors"), "returns [1, 6, 0] for a photograph"),
    "noise": (
        ending(helper.make_node("RandomNormalLike", ["raw"], ["output0"]), shape=[1, 6, 64]),
        None,
    ),
    "a sequence": (
        returning("SequenceConstruct", helper.make_sequence_type_proto(TENSOR)),
        "no other files can be read",
    ),
    "what may be nothing": (
        returning("Optional", helper.make_optional_type_proto(TENSOR)),
        "no other files can be read",
    ),
    "for no image": (taking(0, 3, 64, 64), "cannot run it"),
    "for images without sides": (taking(1, 3, 0, 0), "cannot run it"),
    "for images of any shape": (taking("n", "c", "h", "w"), None),
}
"""Files that return something odd, and what is said of them where they are the reference."""


@pytest.mark.parametrize("name", ODD)
def test_what_a_graph_returns(tmp_path: Path, name: str) -> None:
    options = {"imgsz": [64, 64], "metadata": {}}
    odd, plain = tmp_path / "odd.onnx", tmp_path / "plain.onnx"
    model, said = ODD[name]
    onnx.save(model, odd)
    onnx.save(detector(), plain)
    own = pytest.raises(UserError, match=re.escape(said)) if said else suppress(UserError)
    with own:
        take_reference(odd, tmp_path / "reference.onnx", options)
        use(tmp_path / "reference.onnx")
    take_reference(plain, tmp_path / "reference.onnx", options)
    with suppress(UserError):
        take_adapted(
            odd,
            tmp_path / "taken.onnx",
            lambda **_: OnnxNetwork.load(tmp_path / "reference.onnx", threads=1),
            options,
        )
        use(tmp_path / "taken.onnx")


def test_many_inputs_are_not_all_named(folder: Path) -> None:
    model = detector()
    with_inputs(model, *(f"more{number}" for number in range(1_000)))
    onnx.save(model, folder / "many.onnx")
    assert len(said_of(folder / "many.onnx")) < 500


def test_an_old_file_that_lists_its_weights_as_inputs_is_fine(folder: Path) -> None:
    model = detector()
    value = helper.make_tensor_value_info("w", TensorProto.FLOAT, list(WEIGHTS["w"].shape))
    model.graph.input.append(value)
    onnx.save(model, folder / "old.onnx")
    use(folder / "old.onnx")


def doubling(depth: int) -> list[onnx.FunctionProto]:
    """Return functions each of which calls the one before it twice."""
    own = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]
    bodies = [[helper.make_node("Relu", ["x"], ["y"])]]
    for i in range(1, depth):
        calls = [(["x"], ["a"]), (["a"], ["y"])]
        bodies.append([helper.make_node(f"f{i - 1}", *names, domain="own") for names in calls])
    return [
        helper.make_function("own", f"f{i}", ["x"], ["y"], body, own)
        for i, body in enumerate(bodies)
    ]


@pytest.mark.parametrize(
    ("depth", "said"), [(3, ""), (40, "more than 20,000 nodes once its functions are expanded")]
)
def test_functions_that_double_are_refused(folder: Path, depth: int, said: str) -> None:
    model = detector()
    model.opset_import.append(helper.make_opsetid("own", 1))
    model.functions.extend(doubling(depth))
    model.graph.node[1].output[0] = "raw"
    model.graph.node.append(helper.make_node(f"f{depth - 1}", ["raw"], ["output0"], domain="own"))
    onnx.save(model, folder / "doubling.onnx")
    if said:
        assert said in said_of(folder / "doubling.onnx")
    else:
        use(folder / "doubling.onnx")


def test_functions_that_call_themselves_are_refused(folder: Path) -> None:
    model = detector()
    model.functions.extend(doubling(3))
    model.functions[0].node[0].op_type = "f2"
    model.functions[0].node[0].domain = "own"
    onnx.save(model, folder / "circle.onnx")
    assert "functions that call each other in a circle" in said_of(folder / "circle.onnx")


def looping(trips: int | None) -> onnx.ModelProto:
    """Return the detector with a loop of so many turns, or without end, before its output."""
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["going_on"]),
            helper.make_node("Identity", ["before"], ["after"]),
        ],
        "body",
        [
            value("turn", TensorProto.INT64, []),
            value("going", TensorProto.BOOL, []),
            value("before", TensorProto.FLOAT, [1, 6, 64]),
        ],
        [value("going_on", TensorProto.BOOL, []), value("after", TensorProto.FLOAT, [1, 6, 64])],
    )
    model = detector()
    model.graph.node[1].output[0] = "raw"
    model.graph.initializer.append(numpy_helper.from_array(np.array(True), "true"))
    if trips is not None:
        model.graph.initializer.append(numpy_helper.from_array(np.array(trips), "trips"))
    inputs = ["" if trips is None else "trips", "true", "raw"]
    model.graph.node.append(helper.make_node("Loop", inputs, ["output0"], body=body))
    return model


def filling(gigabytes: int) -> onnx.ModelProto:
    """Return the detector with a tensor of so many gigabytes before its output."""
    model = detector()
    model.graph.node[1].output[0] = "raw"
    sides = numpy_helper.from_array(np.array([gigabytes, 250_000_000]), "sides")
    model.graph.initializer.append(sides)
    model.graph.node.extend(
        [
            helper.make_node("ConstantOfShape", ["sides"], ["large"]),
            helper.make_node("ReduceMax", ["large"], ["zero"], keepdims=0),
            helper.make_node("Add", ["raw", "zero"], ["output0"]),
        ]
    )
    return model


COSTLY = """
import sys
from pathlib import Path
from parity.errors import in_one_sentence
from parity.limits import Limits
from tests.test_hostile_graphs import use
Limits(graph_seconds=float(sys.argv[2]), graph_mb=300).set()
with in_one_sentence():
    use(Path(sys.argv[1]))
"""


@pytest.mark.parametrize(
    ("model", "seconds", "said"),
    [
        (looping(5), 60, ""),
        (looping(None), 1, "running it took longer than 1 s and was stopped"),
        (looping(10**9), 1, "running it took longer than 1 s and was stopped"),
        (filling(4), 60, "running it took more than 300 MB of memory and was stopped"),
    ],
)
def test_a_graph_that_costs_too_much_is_stopped(
    folder: Path, model: onnx.ModelProto, seconds: float, said: str
) -> None:
    path = folder / "costly.onnx"
    onnx.save(model, path)
    done = subprocess.run(
        [sys.executable, "-c", COSTLY, str(path), str(seconds)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    sentences = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert bool(done.returncode) == bool(said), done.stderr
    assert [f"{path}: {said}" in sentence for sentence in sentences] == [True] * bool(said)
    assert "Traceback" not in done.stderr
