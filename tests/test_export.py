"""Exports: checked, described, the same bytes every time; and files that are given."""

import hashlib
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from parity.backends.onnx_network import OnnxNetwork
from parity.backends.pytorch.export import export_onnx
from parity.backends.pytorch.loading import load_model
from parity.backends.pytorch.network import PytorchNetwork
from parity.backends.pytorch.predicting import predictor
from parity.documents import load, save
from parity.errors import UserError
from parity.integrity import set_aside_damaged
from parity.model_files.description import describe_export, load_checked, take_given
from parity.model_files.results import ExportDescription, TensorDescription
from scripts.export import main
from tests.test_hostile_graphs import METADATA, detector

SMALL: dict[str, Any] = {"opset": 13, "simplify": False, "dynamic": False, "imgsz": [64, 96]}


@pytest.fixture(scope="module")
def exported(yolo11n_pt: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small export and its description, made by the script."""
    folder = tmp_path_factory.mktemp("export")
    main(
        checkpoint=str(yolo11n_pt),
        export={"onnx": "", "metadata": {}, **SMALL},
        destination=str(folder / "small.onnx"),
        description=str(folder / "small.json"),
    )
    return folder


def test_an_export_is_valid_and_as_it_was_ordered(exported: Path) -> None:
    onnx.checker.check_model(exported / "small.onnx", full_check=True)
    description = load(exported / "small.json", ExportDescription)
    assert description.opset == 13
    assert description.inputs == [TensorDescription("images", [1, 3, 64, 96], "float")]
    (output,) = description.outputs
    assert output.name == "output0"
    assert output.shape[:2] == [1, 84]
    assert description.bytes == (exported / "small.onnx").stat().st_size
    assert description.metadata["task"] == "detect"
    assert description.metadata["imgsz"] == "[64, 96]"
    assert description.operators["Conv"] > 60


def test_the_date_of_the_export_is_nowhere(exported: Path) -> None:
    description = load(exported / "small.json", ExportDescription)
    assert "date" not in description.metadata
    assert "version" in description.metadata


def test_nothing_else_is_left_behind(exported: Path, yolo11n_pt: Path) -> None:
    assert {path.name for path in exported.iterdir()} == {"small.onnx", "small.json"}
    assert list(yolo11n_pt.parent.glob("*.onnx")) == []


def test_equal_exports_have_equal_bytes(exported: Path, yolo11n_pt: Path, tmp_path: Path) -> None:
    export_onnx(yolo11n_pt, tmp_path / "again.onnx", **SMALL)
    assert (tmp_path / "again.onnx").read_bytes() == (exported / "small.onnx").read_bytes()


@pytest.mark.parametrize("kept", [0, 0.5, 0.999], ids=str)
def test_a_truncated_export_is_noticed_wherever_it_is_read(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: float
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("results/export/m/small.onnx")
    shutil.copytree(exported, path.parent)
    save(path.with_suffix(".json"), load(exported / "small.json", ExportDescription))
    assert load_checked(path) == load_checked(exported / "small.onnx")
    content = path.read_bytes()
    for read in (load_checked, partial(OnnxNetwork.load, threads=1)):
        path.write_bytes(content[: int(len(content) * kept)])
        with pytest.raises(UserError, match=r"small\.onnx is damaged: run again"):
            read(path)
        assert set_aside_damaged() == [str(path)]


def test_a_truncated_checkpoint_is_noticed_wherever_it_is_read(
    yolo11n_pt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("results/checkpoint/m.pt")
    path.parent.mkdir(parents=True)
    content = yolo11n_pt.read_bytes()
    network = {"imgsz": (64, 96), "rect": False, "threads": 1, "device": "cpu"}
    for read in (
        partial(PytorchNetwork.load, path, **network),
        partial(export_onnx, path, tmp_path / "a.onnx", **SMALL),
        partial(load_model, path),
        partial(predictor, path, task="detect", thresholds={}, threads=1),
    ):
        path.write_bytes(content[: len(content) // 2])
        with pytest.raises(UserError, match=r"m\.pt is damaged: run again"):
            read()
        assert set_aside_damaged() == [str(path)]


def test_the_default_export_is_what_the_configuration_says(yolo11n_static: Path) -> None:
    description = describe_export(load_checked(yolo11n_static), 1)
    assert description.opset == 18
    assert description.inputs[0].shape == [1, 3, 640, 640]
    assert description.outputs[0].shape == [1, 84, 8400]


def test_the_digest_knows_the_weights_and_not_the_metadata(exported: Path) -> None:
    model = load_checked(exported / "small.onnx")
    digest = describe_export(model, 1).sha256
    helper.set_model_props(model, {"date": "another day"})
    assert describe_export(model, 1).sha256 == digest
    assert {entry.key for entry in model.metadata_props} == {"date"}, "left as it was"
    weight = next(t for t in model.graph.initializer if t.data_type == TensorProto.FLOAT)
    values = numpy_helper.to_array(weight).copy()
    values.flat[0] = np.nextafter(values.flat[0], np.float32(1))
    weight.CopyFrom(numpy_helper.from_array(values, weight.name))
    assert describe_export(model, 1).sha256 != digest


def test_open_axes_are_described_by_their_names(yolo11n_onnx: Path) -> None:
    (image,) = describe_export(load_checked(yolo11n_onnx), 1).inputs
    assert image.shape == ["batch", 3, "height", "width"]


def small_network(path: Path, *, external: bool = False) -> Path:
    """Write a network of one sum, its weights in the file or beside it."""
    weight = numpy_helper.from_array(np.arange(4096, dtype=np.float32).reshape(1, 64, 64), "w")
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 64, 64]) for name in ("x", "y")
    ]
    nodes = [helper.make_node("Add", ["x", "w"], ["y"])]
    graph = helper.make_graph(nodes, "sum", values[:1], values[1:], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    location = f"{path.name}.data" if external else None
    onnx.save(model, path, save_as_external_data=external, location=location, size_threshold=0)
    return path


def run(path: Path) -> np.ndarray:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": np.ones((1, 64, 64), np.float32)})[0]


def test_a_given_file_is_taken_as_it_is(yolo11n_pt: Path, tmp_path: Path) -> None:
    given = tmp_path / "given.onnx"
    onnx.save(detector(), given)
    take(given, tmp_path / "out", yolo11n_pt)
    taken, own = (load_checked(path) for path in (tmp_path / "out" / "own.onnx", given))
    assert taken.graph == own.graph
    description = load(tmp_path / "out" / "own.json", ExportDescription)
    assert description.operators == {"Conv": 1, "Reshape": 1}
    unlike = {"parity.unlike": "checkpoint"}  # a finding, which the report states
    assert description.metadata == METADATA | unlike


def take(given: Path, folder: Path, checkpoint: Path = Path("unused.pt")) -> None:
    main(
        checkpoint=str(checkpoint),
        export={"onnx": str(given), "metadata": {}, **SMALL},
        destination=str(folder / "own.onnx"),
        description=str(folder / "own.json"),
    )


def test_a_given_file_that_is_no_detector_is_refused_by_its_own_path(tmp_path: Path) -> None:
    given = small_network(tmp_path / "given.onnx")
    with pytest.raises(UserError, match=f"^{given} takes|^{given} lacks"):
        take(given, tmp_path / "out")
    assert not (tmp_path / "out" / "own.json").exists()


def test_weights_beside_a_given_file_are_taken_into_it(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    given = small_network(tmp_path / "given" / "given.onnx", external=True)
    assert (tmp_path / "given" / "given.onnx.data").stat().st_size >= 4096 * 4
    before = {p: hashlib.sha256(p.read_bytes()).digest() for p in given.parent.iterdir()}
    take_given(given, tmp_path / "out" / "own.onnx")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["own.onnx"]
    np.testing.assert_array_equal(run(tmp_path / "out" / "own.onnx"), run(given))
    assert {p: hashlib.sha256(p.read_bytes()).digest() for p in before} == before


def test_where_the_weights_lie_does_not_change_the_digest(tmp_path: Path) -> None:
    one = load_checked(small_network(tmp_path / "one.onnx"))
    take_given(small_network(tmp_path / "two.onnx", external=True), tmp_path / "other.onnx")
    other = load_checked(tmp_path / "other.onnx")
    assert describe_export(one, 1).sha256 == describe_export(other, 1).sha256


def lose_weights(path: Path) -> None:
    small_network(path, external=True)
    path.with_name(f"{path.name}.data").unlink()


def break_the_standard(path: Path) -> None:
    model = onnx.load(small_network(path))
    model.graph.node[0].op_type = "NoSuchOperator"
    onnx.save(model, path)


@pytest.mark.parametrize(
    ("make", "said", "reason"),
    [
        (lambda p: p.write_bytes(b""), "is empty; give an .onnx file", "empty"),
        (lambda p: p.write_text("text"), "is text instead of a model; give an .onnx", "text"),
        (lambda p: p.unlink(missing_ok=True), "does not exist", "no file"),
        (lose_weights, "given.onnx", "its weights are not beside it"),
        (break_the_standard, "is not a valid ONNX model", "an operator that does not exist"),
    ],
)
def test_a_given_file_that_is_none_says_so(
    tmp_path: Path, make: Callable[[Path], object], said: str, reason: str
) -> None:
    make(tmp_path / "given.onnx")
    with pytest.raises(UserError) as caught:
        take_given(tmp_path / "given.onnx", tmp_path / "own.onnx")
    assert said in str(caught.value), reason
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "own.onnx").exists()
