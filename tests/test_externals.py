"""What a configuration says of boxes from elsewhere, and the arms and comparisons it makes."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from parity.diagnose.configuration import configuration_of
from parity.errors import UserError
from parity.external.observations import Declared, Known
from parity.planning.arms import plan_arms, plan_comparisons
from parity.planning.checks import checked
from parity.planning.config import Config
from parity.planning.externals import known_of, source_of
from parity.planning.plan import Plan
from parity.planning.plan_run import plan_run
from parity.planning.schema import complete
from parity.record.manifest import Manifest, RecordedTensor

BASE = {"models": {"a": {"weights": "a.pt"}, "b": {"weights": "b.pt"}}, "sweep": None}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder to work in, with some boxes and an image."""
    monkeypatch.chdir(tmp_path)
    for name in ("images/a.jpg", "boxes.json", "boxes/a.txt", "tensors/a.npy", "empty/no", "n.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def completed(external: str, **more: Any) -> dict[str, Any]:
    """Complete a configuration with YAML of ``external``."""
    return complete(BASE | more | {"external": yaml.safe_load(external)})


def configured(external: str, **more: Any) -> Config:
    return checked(completed(external, **more))


def planned_by(external: str) -> Plan:
    return plan_run(completed(external), coordinating=True)


@pytest.mark.parametrize(
    ("external", "sentence"),
    [
        ("{mine: }", "mine must have detections, input_tensors, recorded or inject."),
        ("{m: {raw_outputs: tensors}}", "m must have detections, input_tensors, recorded or"),
        ("{m: {recorded: tensors}}", "tensors is not a recording: it holds no manifest.json."),
        ("{m: {recorded: rec, raw_outputs: tensors}}", "m must have either recorded or input_t"),
        ("{m: {recorded: rec, tensor_shape: [0, 3]}}", "shape.0 is 0; it must be at least 1."),
        ("{m: {inject: [], detections: boxes.json}}", "m must have either detections or inject."),
        ("{m: {detections: no.json}}", "external.m.detections is no.json, which does not exist."),
        (
            "{m: {detections: empty}}",
            "external.m.detections is empty, a folder without any *.csv or *.json",
        ),
        ("{m: {inject: [], model: c}}", "external.m.model is 'c'; it may be a, b."),
        ("{m: {inject: [], export: x}}", "external.m.export is 'x'; it may be fp32."),
        ("{m: {inject: [], names: no.txt}}", "external.m.names is no.txt, which does not exist."),
        ("{m: {inject: [], raw_outputs: n.txt}}", "m.raw_outputs is n.txt, which is not a folder."),
        (
            "{m: {inject: [], input_tensors: boxes}}",
            "a folder without any *.npy or *.raw or *.bin.",
        ),
        ("{m: {inject: [], conf: 1.5}}", "external.m.conf is 1.5; it must be below 1."),
        (
            "{m: {inject: [], conf: 0.005}}",
            "m.conf is 0.005, below candidates.floor, which is 0.01",
        ),
        ("{m: {inject: [], geometry: round}}", "external.m.geometry"),
        ("{m: {inject: bgr}}", "external.m.inject"),
        (
            "{m: {detection: boxes.json}}",
            "unknown key 'detection' in external.m (did you mean 'detections'?); it may",
        ),
        ("{a/b: {inject: []}}", "it must be letters, digits, dots, dashes and underscores"),
    ],
)
def test_a_mistake_gets_a_sentence(external: str, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        configured(external)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("external", "exports", "control", "reason"),
    [
        ("{}", "{}", "pytorch-square", "the control of the export that it runs"),
        ("{geometry: rect}", "{}", "pytorch-rect", "it means to use the minimal rectangle"),
        ("{geometry: square}", "{dynamic: true}", "pytorch-square", "and here the whole square"),
        ("{}", "{dynamic: true}", "pytorch-rect", "as the export"),
        ("{}", "{imgsz: 320}", "pytorch-square-320", "the size of the export"),
        (
            "{geometry: rect}",
            "{imgsz: 320}",
            "pytorch-rect-320",
            "it may need an arm of its own",
        ),
        ("{imgsz: 320}", "{dynamic: true}", "pytorch-rect-320", "an open size is what it says"),
        ("{imgsz: 320}", "{}", "pytorch-square", "a fixed size stays"),
    ],
)
def test_what_a_deployment_is_compared_with(
    external: str, exports: str, control: str, reason: str
) -> None:
    config = completed(
        f"{{m: {{inject: [], {external[1:-1]}}}}}", exports={"e": yaml.safe_load(exports)}
    )
    plan = plan_run(config, coordinating=True)
    comparison = plan.comparisons["external-m"]
    assert (comparison.reference, comparison.candidate) == ("pytorch-as-m", "external-m")
    assert comparison.effect == "external"
    assert not comparison.gated
    assert plan.control("m") == control, reason
    ours, theirs = plan.arms[control], plan.arms["external-m"]
    assert (ours.imgsz, ours.rect, ours.end2end) == (theirs.imgsz, theirs.rect, theirs.end2end)


def test_pytorch_is_cut_at_its_thresholds_from_the_candidates_of_its_control() -> None:
    plan = planned_by("{m: {inject: [], conf: 0.5}}")
    own = SimpleNamespace(model="b", external="m", comparison="external-m", batch="x")
    assert plan.compared_detections(own)[0] == "results/detect_control/b/pytorch-as-m/x.json"
    assert plan.control_candidates(own) == [
        f"results/infer_pytorch/b/pytorch-square/{batch}.npz" for batch in plan.batches
    ]
    assert "pytorch-as-m" not in plan.pytorch_arms + plan.onnx_arms, "it runs no network"
    assert "external-m" not in plan.network_comparisons


def test_arrays_alone_are_diagnosed_and_nothing_else() -> None:
    plan = planned_by("{m: {input_tensors: tensors, geometry: rect, model: b}}")
    wildcards = SimpleNamespace(model="b", external="m")
    assert plan.external_files == ["b/m"]
    assert plan.drawn_files == []
    assert "external-m" not in plan.arms
    assert not any("external" in name for name in plan.comparisons)
    assert plan.external_detections(wildcards) == []
    assert plan.control("m") == "pytorch-rect"
    assert plan.control_detections(wildcards)
    assert plan.control_candidates(wildcards)
    assert plan.tensors(wildcards) == ["tensors/a.npy"]
    with pytest.raises(UserError, match="gate names external-m, which has no boxes"):
        configured("{m: {input_tensors: tensors}}", gate=["external-m"])


def test_a_recording_alone_is_diagnosed(folder: Path) -> None:
    tensor = RecordedTensor("/x/a.jpg", "content", "torch", "Yolo", "", "1.input.npy")
    (folder / "rec").mkdir()
    Manifest(["python"], "/x", 50, [tensor]).write(folder / "rec" / "manifest.json")
    plan = planned_by("{m: {recorded: rec, tensor_shape: [1, 3, 640, 640]}}")
    wildcards = SimpleNamespace(model="a", external="m")
    assert plan.known(wildcards)["recorded"] == "rec"
    assert plan.known(wildcards)["tensor_shape"] == (1, 3, 640, 640)
    assert plan.tensors(wildcards) == ["rec/manifest.json"]
    Manifest(["python"], "/x", 50).write(folder / "rec" / "manifest.json")
    with pytest.raises(UserError, match="rec holds no input tensor: the program ran no network"):
        configured("{m: {recorded: rec}}")


def test_it_decides_the_verdict_only_where_it_is_asked_to_and_has_its_own_tolerance() -> None:
    config = configured("{m: {inject: [], tolerances: {box_px: 3}}}", gate=["external-m"])
    comparison = plan_comparisons(config, plan_arms(config))["external-m"]
    assert comparison.gated
    assert comparison.tolerance.box_px == 3


def test_it_belongs_to_one_model() -> None:
    plan = planned_by("{m: {inject: [], model: b}}")
    of = {model: SimpleNamespace(model=model) for model in "ab"}
    assert "external-m" not in plan.comparisons_of(of["a"])
    assert "external-m" in plan.comparisons_of(of["b"])
    assert not any("-m/" in path for path in plan.all_detections(of["a"]))
    assert any("/pytorch-as-m/" in path for path in plan.all_detections(of["b"]))
    (own,) = (path for path in plan.all_detections(of["b"]) if "external" in path)
    assert own.startswith("results/detect_external/b/external-m/")
    assert plan.external_files == ["b/m"]


@pytest.mark.parametrize(
    ("detections", "content", "sentence"),
    [
        (
            "boxes.json",
            "[{",
            "m.detections: boxes.json: not valid JSON at line 1, column 3 (Expecting",
        ),
        (
            "boxes.json",
            "\x93NUMPY",
            "boxes.json is in none of the formats that can be read; boxes are",
        ),
        (
            "boxes.json",
            '[{"image": "b.jpg"}]',
            "boxes.json names none of the images of this run, such as a.jpg. b.jpg is not an image",
        ),
        (
            "boxes",
            "1 2 3",
            "boxes/a.txt, line 1: expected class, cx, cy, width, height and a score",
        ),
    ],
)
def test_boxes_are_read_while_planning(
    folder: Path, detections: str, content: str, sentence: str
) -> None:
    place = folder / detections
    (place if place.is_file() else place / "a.txt").write_text(content)
    asked = completed(f"{{m: {{detections: {detections}}}}}")
    with pytest.raises(UserError) as caught:
        plan_run(asked, coordinating=True)
    assert str(caught.value).startswith("config: external.m.detections: ")
    assert sentence in str(caught.value)
    plan_run(asked, coordinating=False)


def test_a_diagnosis_is_given_every_export_and_which_one_is_stated() -> None:
    exports = yaml.safe_load("{first: {}, v1.2: {quantize: 16}, small: {quantize: 8}}")
    config = completed("{m: {inject: []}, n: {inject: [], export: v1.2}}", exports=exports)
    plan = plan_run(config, coordinating=True)
    wildcards = SimpleNamespace(model="a", external="m")
    files = {Path(path).stem: path for path in plan.networks(wildcards)}
    assert files["small"] == "results/quantise/a/small.onnx"
    assert list(files) == ["first", "v1.2", "small"]
    assert plan.about(wildcards)["export"] == "first"
    assert plan.known(wildcards)["declared"]["export"] is None
    assert known_of(plan.config.external["n"]).declared.export == "v1.2"


def test_without_the_section_nothing_is_planned() -> None:
    plan = plan_run(complete(BASE), coordinating=True)
    assert plan.external_files == []
    assert set(plan.arms) == {"pytorch-rect", "pytorch-square", "onnx-fp32"}


def test_what_is_said_of_the_boxes_and_of_the_deployment_stand_apart() -> None:
    config = configured("{m: {detections: boxes, conf: 0.5, imgsz: 320, names: n.txt}}")
    source, known = source_of(config, "m"), known_of(config.external["m"])
    assert (source["source"], source["names"]) == ("boxes", ["x"])
    assert known == Known(Declared(conf=0.5, imgsz=(320, 320)))
    assert source["content"]
    assert source_of(configured("{m: {detections: boxes.json}}"), "m")["content"] == ""
    injected = source_of(configured("{m: {inject: []}}"), "m")
    assert injected["source"] == "results/inject/a/m.json"


def test_pictures_of_masks_count_by_their_content(folder: Path) -> None:
    box = {"image": "a.jpg", "box": [1, 2, 3, 4], "label": "cat", "score": 0.5}
    boxes = json.dumps([box | {"mask": "m.png"}, box | {"mask": "missing.png"}])
    (folder / "boxes.json").write_text(boxes)
    (folder / "m.png").write_bytes(b"first")
    mine = SimpleNamespace(external="mine")
    before = planned_by("{mine: {detections: boxes.json}}").content_of_boxes(mine)
    assert planned_by("{mine: {detections: boxes.json}}").content_of_boxes(mine) == before
    (folder / "m.png").write_bytes(b"other")
    assert planned_by("{mine: {detections: boxes.json}}").content_of_boxes(mine) != before


def test_a_program_without_a_threshold_has_conf_0() -> None:
    config = configured("{m: {detections: boxes.json, conf: 0}}")
    assert known_of(config.external["m"]).declared.conf == 0
    given = Path("a.onnx"), Path("boxes.json"), Path("images")
    floor = configuration_of(*given, None, {"conf": 0.0})["candidates"]["floor"]
    assert floor == config.candidates.floor
