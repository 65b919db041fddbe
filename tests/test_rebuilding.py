"""Rebuilding a checkpoint from an export: every bit comes back, or a sentence says why not."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
import yaml
from onnx import numpy_helper
from ultralytics.nn.tasks import DetectionModel

from parity.backends.pytorch.checkpoint import obtain_checkpoint
from parity.backends.pytorch.export import export_onnx
from parity.backends.pytorch.fused_weights import fused_weights
from parity.backends.pytorch.loading import load_model
from parity.backends.pytorch.rebuilding import (
    exported_weights,
    rebuild_checkpoint,
    rebuilt_model,
)
from parity.backends.pytorch.transcription import transcription
from tests.hostile_checkpoints import evil_architecture
from tests.task_models import TASK_MODELS, make_checkpoint
from tests.test_checkpoint import refused


def test_rebuilding_gives_back_every_bit(yolo11n_pt: Path, yolo11n_onnx: Path) -> None:
    exported = onnx.load(yolo11n_onnx)
    stored = {t.name: numpy_helper.to_array(t) for t in exported.graph.initializer}
    model = torch.load(yolo11n_pt, weights_only=False)["model"]
    fused = model.float().eval().fuse(verbose=False).state_dict()
    assert len(fused) == 175
    for name, tensor in fused.items():
        np.testing.assert_array_equal(tensor.numpy(), stored[name], err_msg=name)


def test_rebuilding_is_reproducible(yolo11n_pt: Path, yolo11n_onnx: Path, tmp_path: Path) -> None:
    made = [tmp_path / name for name in ("given.pt", "named.pt", "rebuilt.pt")]
    for weights, path in zip((yolo11n_onnx, "yolo11n.pt", yolo11n_pt), made, strict=True):
        obtain_checkpoint(str(weights), path, trust=False)
    assert len({path.read_bytes() for path in made}) == 1


@pytest.mark.parametrize("task", TASK_MODELS)
def test_every_task_is_rebuilt(yolo11n_pt: Path, tmp_path: Path, task: str) -> None:
    own = make_checkpoint(task, yolo11n_pt, tmp_path / "own.pt")
    export_onnx(own, tmp_path / "own.onnx", imgsz=64, simplify=False)
    obtain_checkpoint(str(tmp_path / "own.onnx"), tmp_path / "out.pt", trust=False)
    expected, found = (load_model(each).model for each in (own, tmp_path / "out.pt"))
    assert found.names == expected.names
    expected, found = fused_weights(expected), fused_weights(found)
    assert found.keys() == expected.keys()
    for name, weights in expected.items():
        np.testing.assert_array_equal(found[name], weights, err_msg=name)


def changed(path: Path, source: Path, change: Callable[[onnx.ModelProto], None]) -> Path:
    model = onnx.load(source)
    change(model)
    onnx.save(model, path)
    return path


def metadata(model: onnx.ModelProto, **values: str | None) -> None:
    for key, value in values.items():
        (entry,) = [e for e in model.metadata_props if e.key == key]
        if value is None:
            model.metadata_props.remove(entry)
        else:
            entry.value = value


def halve(model: onnx.ModelProto) -> None:
    """Store a weight in half precision, as an fp16 export does."""
    weight = model.graph.initializer[0]
    half = numpy_helper.from_array(
        numpy_helper.to_array(weight).astype(np.float16), weight.name + "h"
    )
    cast = onnx.helper.make_node("Cast", [half.name], [weight.name], to=onnx.TensorProto.FLOAT)
    model.graph.initializer.remove(weight)
    model.graph.initializer.append(half)
    model.graph.node.insert(0, cast)


def other_kernels(model: onnx.ModelProto) -> None:
    """Store a kernel of another shape than any architecture gives it."""
    for tensor in model.graph.initializer:
        if tensor.name == "model.1.conv.weight":
            narrow = numpy_helper.to_array(tensor)[:-1]
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(narrow), tensor.name))
    del model.graph.value_info[:]


def rename_weights(model: onnx.ModelProto) -> None:
    """Give the weights the names that they have in an export with nms=True."""
    for node in model.graph.node:
        for i, name in enumerate(node.input):
            node.input[i] = f"model.{name}" if name.startswith("model.") else name
    for tensor in model.graph.initializer:
        if tensor.name.startswith("model."):
            tensor.name = f"model.{tensor.name}"


REBUILDING = [
    (rename_weights, "holds the weights of no architecture that Ultralytics", "NMS in the graph"),
    (lambda m: metadata(m, task="depth"), "only classification models", "another task"),
    (lambda m: metadata(m, task=None), "only classification models", "no metadata"),
    (other_kernels, "holds the weights of no architecture that Ultralytics 8.4.190", "pruned"),
    (lambda m: metadata(m, names=None), "does not say its names and imgsz", "no names"),
    (lambda m: metadata(m, imgsz="x"), "does not say its names and imgsz", "no size"),
    (lambda m: metadata(m, names="{0: 'a'}"), "give the .pt", "another number of classes"),
    (halve, "give the .pt", "a weight in half precision"),
]


@pytest.mark.parametrize("name", ["YOLO/../../evil", "YOLO11n.yaml/../evil", "best", None])
def test_the_architecture_is_found_by_its_weights(
    yolo11n_onnx: Path,
    yolo11n_pt: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str | None,
) -> None:
    marker = tmp_path / "ran"
    evil = yaml.safe_dump(evil_architecture(marker))
    (tmp_path / "yolo").mkdir()
    for path in ("evil.yaml", "yoloevil.yaml", "yolo11n.yaml", "yolo11.yaml", "best.yaml"):
        (tmp_path / path).write_text(evil)
    monkeypatch.chdir(tmp_path)
    description = name and f"Ultralytics {name} model trained on data.yaml"
    path = changed(tmp_path / "a.onnx", yolo11n_onnx, partial(metadata, description=description))
    rebuild_checkpoint(path, tmp_path / "out.pt")
    assert (tmp_path / "out.pt").read_bytes() == yolo11n_pt.read_bytes()
    assert not marker.exists()


@pytest.mark.parametrize(("change", "said", "reason"), REBUILDING)
def test_what_cannot_be_rebuilt_says_so(
    yolo11n_onnx: Path,
    tmp_path: Path,
    change: Callable[[onnx.ModelProto], None],
    said: str,
    reason: str,
) -> None:
    path = changed(tmp_path / "a.onnx", yolo11n_onnx, change)
    assert said in refused(path, tmp_path / "out.pt"), reason


def share_biases(model: onnx.ModelProto) -> None:
    """Store two equal biases once, as tools that look for equal tensors do."""
    named = {tensor.name: tensor for tensor in model.graph.initializer}
    kept, lost = "model.1.conv.bias", "model.2.cv1.conv.bias"
    assert named[kept].dims == named[lost].dims
    named[kept].CopyFrom(numpy_helper.from_array(numpy_helper.to_array(named[lost]), kept))
    model.graph.initializer.remove(named[lost])
    for node in model.graph.node:
        node.input[:] = [kept if name == lost else name for name in node.input]


def test_weights_that_are_stored_once_are_rebuilt(yolo11n_onnx: Path, tmp_path: Path) -> None:
    shared = changed(tmp_path / "shared.onnx", yolo11n_onnx, share_biases)
    rebuild_checkpoint(shared, tmp_path / "found.pt")
    model = transcription.transcribed(tmp_path / "found.pt").model.fuse(verbose=False)
    found = model.state_dict()
    assert torch.equal(found["model.1.conv.bias"], found["model.2.cv1.conv.bias"])
    given = exported_weights(onnx.load(shared))
    assert all(np.array_equal(found[name].numpy(), given[name]) for name in found)


def test_normalisation_that_is_not_fused_is_rebuilt(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = DetectionModel("yolov8n.yaml", nc=3, verbose=False).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    head = model.model[-1]
    head.export, head.format = True, "onnx"
    torch.onnx.export(
        model,
        (torch.zeros(1, 3, 64, 64),),
        tmp_path / "a.onnx",
        dynamo=False,
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
        input_names=["images"],
    )
    exported = onnx.load(tmp_path / "a.onnx")
    assert any(node.op_type == "BatchNormalization" for node in exported.graph.node)
    found = rebuilt_model(exported, "DetectionModel", {"nc": 3})
    expected = model.state_dict()
    assert expected.keys() == found.state_dict().keys()
    for name, tensor in found.state_dict().items():
        assert torch.equal(tensor, expected[name]) or name.endswith("num_batches_tracked"), name
