"""Deployments of every task: injected faults are named, and correct ones are called correct."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from parity.backends.onnx_network import OnnxNetwork
from parity.data.batch_files import Batch, BatchImage
from parity.data.reading import read_image
from parity.data.sample_images import find_samples
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.deployment.run import pipeline_of, run
from parity.deployment.task import DEPLOYMENTS
from parity.detection.candidate_files import ImageCandidates
from parity.detection.detection_files import Printed
from parity.detection.detections import Detections
from parity.detection.masks import boxes_around
from parity.diagnosis.catalogue.fault import FAULTS, faults_of
from parity.diagnosis.diagnosis import Diagnosis, diagnose
from parity.diagnosis.evaluation.demo_boxes import write_demo_boxes
from parity.diagnosis.evaluation.injection import (
    find_faults,
    hidden_faults,
    injectable_faults,
    observe,
    with_faults,
)
from parity.diagnosis.evaluation.varied_images import (
    FILE_QUALITY,
    ORIENTATION_TAG,
    ROTATED_90,
)
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.proof import keep_proved
from parity.diagnosis.search.alternatives import silencing_faults
from parity.diagnosis.search.input_trials import InputTrials
from parity.diagnosis.stages import PREPROCESSING_STAGES, FaultStage
from parity.documents import save
from parity.errors import UserError
from parity.external.observations import NO_BOXES, Declared, Observations
from parity.external.reader import load_external
from parity.postprocessing.postprocess import detect
from parity.tasks.task import TASKS
from tests.conftest import Build
from tests.task_models import build_task

TASK_STAGES: dict[str, tuple[FaultStage, ...]] = {
    "classify": ("geometry", "decoding", "class_ids"),
    "pose": ("keypoints",),
    "obb": ("angles",),
    "segment": ("masks",),
}
"""Stages of which every fault is injected."""

BOX_FAULTS = ("bgr", "border_not_removed", "class_plus_one")
"""Faults of detection that other tasks have, too."""

THRESHOLDS = {"classify": {"conf": 0.0, "max_det": 5}}
DECLARED = {"classify": Declared(conf=0.0, max_det=5)}


@pytest.fixture(scope="module", params=list(TASK_STAGES))
def replayer(request: pytest.FixtureRequest, yolo11n_pt: Path, build: Build) -> Replayer:
    folder = build_task(build, request.param, yolo11n_pt)
    network = OnnxNetwork.load(folder / "model.onnx", threads=1)
    samples = {n: p for n, p in find_samples().items() if n != "nothing_here.png"}
    return Replayer(network, samples)


def correct_of(replayer: Replayer) -> Pipeline:
    thresholds = THRESHOLDS.get(replayer.network.head.task, {"conf": 0.25, "iou": 0.45})
    return replace(pipeline_of(replayer.network), **thresholds)


def examine(replayer: Replayer, pipeline: Pipeline) -> Diagnosis:
    declared = DECLARED.get(replayer.network.head.task, Declared(conf=0.25, iou=0.45))
    seen = observe(replayer, pipeline, list(replayer.paths), declared=declared)
    return diagnose(seen, replayer, replayer.network.names)


def test_the_correct_pipeline_is_the_onnx_arm(replayer: Replayer) -> None:
    network, correct = replayer.network, correct_of(replayer)
    assert isinstance(network, OnnxNetwork)
    for name, path in replayer.paths.items():
        pixels = network.read(path)
        tensor = network.preprocess(pixels)
        candidates = network.decode(network.forward_batch([tensor])[0], 0.001)
        image = ImageCandidates(name, "", pixels.shape[:2], tensor.shape[2:], "", candidates)
        head = replace(network.head, native_masks=True)
        conf, iou, max_det = max(correct.conf, 0.001), correct.iou, correct.max_det
        expected = detect(image, conf=conf, iou=iou, max_det=max_det, head=head)
        assert run(replace(correct, conf=conf), path, network).equals(expected)


def test_a_correct_deployment_is_called_correct(replayer: Replayer) -> None:
    found = examine(replayer, correct_of(replayer))
    assert found.verdict == "nothing_wrong"
    assert not found.faults


@pytest.fixture(scope="module")
def segmenting(yolo11n_pt: Path, build: Build) -> Replayer:
    network = OnnxNetwork.load(build_task(build, "segment", yolo11n_pt) / "model.onnx", threads=1)
    return Replayer(network, {"bus.jpg": find_samples()["bus.jpg"]})


@pytest.mark.parametrize("names", [(), ("mask_border_kept",), ("border_not_removed",)])
def test_masks_without_boxes_suffice(segmenting: Replayer, names: tuple[str, ...]) -> None:
    pipeline = with_faults([FAULTS[name] for name in names], correct_of(segmenting))
    seen = observe(segmenting, pipeline, ["bus.jpg"], declared=Declared(conf=0.25, iou=0.45))
    masks = seen.images["bus.jpg"].masks
    assert masks is not None
    bare = replace(seen.images["bus.jpg"], boxes=boxes_around(masks, (1080, 810)).astype(float))
    printed = Printed("px", 0, 4, of_shapes=True)
    seen = replace(seen, images={"bus.jpg": bare}, printed=printed)
    found = diagnose(seen, segmenting, segmenting.network.names)
    assert found.verdict == ("explained" if names else "nothing_wrong")
    assert tuple(fault.name for fault in found.faults) == names
    hidden = {fault.name for fault in found.undecided}
    assert not hidden & {"not_clipped", "rounded", "given_as_xywh"}, "no boxes are given"


def test_masks_that_nothing_explains_are_said_to_be_masks(segmenting: Replayer) -> None:
    declared = Declared(conf=0.25, iou=0.45)
    seen = observe(segmenting, correct_of(segmenting), ["bus.jpg"], declared=declared)
    masks = seen.images["bus.jpg"].masks
    assert masks is not None
    wider = np.stack([cv2.dilate(mask, np.ones((41, 41), np.uint8)) for mask in masks])
    odd = {"bus.jpg": replace(seen.images["bus.jpg"], masks=wider)}
    found = diagnose(replace(seen, images=odd), segmenting, segmenting.network.names)
    assert not found.faults
    assert (found.verdict, found.unexplained_stages) == ("not_explained", ("masks",))
    assert any("boxes, scores and classes are right" in said for said in found.notes)


def test_faults_of_boxes_are_named_beside_masks_that_nothing_explains(
    segmenting: Replayer,
) -> None:
    declared = Declared(conf=0.25, iou=0.45)
    pipeline = with_faults([FAULTS["bgr"], FAULTS["truncated"]], correct_of(segmenting))
    seen = observe(segmenting, pipeline, ["bus.jpg"], declared=declared, box_decimals=0)
    masks = seen.images["bus.jpg"].masks
    assert masks is not None
    wider = np.stack([cv2.dilate(mask, np.ones((41, 41), np.uint8)) for mask in masks])
    odd = {"bus.jpg": replace(seen.images["bus.jpg"], masks=wider)}
    found = diagnose(replace(seen, images=odd), segmenting, segmenting.network.names)
    assert {fault.name for fault in found.faults} == {"bgr", "truncated"}
    assert (found.verdict, found.unexplained_stages) == ("explained_in_part", ("masks",))
    assert found.reproduced.exact == 0


def test_two_faults_of_masks_are_found_that_show_together_alone(segmenting: Replayer) -> None:
    names = ("mask_threshold_on_logits", "mask_kernel_nearest")
    pipeline = with_faults([FAULTS[name] for name in names], correct_of(segmenting))
    seen = observe(segmenting, pipeline, ["bus.jpg"], declared=Declared(conf=0.25, iou=0.45))
    found = diagnose(seen, segmenting, segmenting.network.names)
    assert {fault.name for fault in found.faults} == set(names)
    assert found.verdict == "explained"


@pytest.mark.parametrize("probability", [0.3, 0.6])
def test_the_probability_of_masks_is_fitted(segmenting: Replayer, probability: float) -> None:
    pipeline = replace(correct_of(segmenting), mask_probability=probability)
    seen = observe(segmenting, pipeline, ["bus.jpg"], declared=Declared(conf=0.25, iou=0.45))
    found = diagnose(seen, segmenting, segmenting.network.names)
    assert found.verdict == "explained"
    assert [dict(fault.changes) for fault in found.faults] == [{"mask_probability": probability}]


def test_masks_cut_at_the_corner_are_named(segmenting: Replayer) -> None:
    pipeline = FAULTS["masks_cut_at_corner"].inject_into(correct_of(segmenting))
    seen = observe(segmenting, pipeline, ["bus.jpg"], declared=Declared(conf=0.25, iou=0.45))
    found = diagnose(seen, segmenting, segmenting.network.names)
    assert [fault.name for fault in found.faults] == ["masks_cut_at_corner"]


def test_no_fault_of_masks_explains_which_objects_are_missing(segmenting: Replayer) -> None:
    declared = Declared(conf=0.25, iou=0.45)
    seen = observe(segmenting, correct_of(segmenting), ["bus.jpg"], declared=declared)
    bare = CostModel(segmenting, seen, ["bus.jpg"]).without_shapes()
    assert bare is not None
    assert not any(fault.stage == "masks" for fault in bare.catalogue)


def test_objects_without_px_are_not_missing_boxes(segmenting: Replayer) -> None:
    declared = Declared(conf=0.25, iou=0.45)
    pipeline = with_faults([FAULTS["bgr"]], correct_of(segmenting))
    seen = observe(segmenting, pipeline, ["bus.jpg"], declared=declared)
    masks = seen.images["bus.jpg"].masks
    assert masks is not None
    every = seen.images["bus.jpg"]
    fewer = {
        "bus.jpg": replace(
            every,
            boxes=every.boxes[1:],
            scores=every.scores[1:],
            class_ids=every.class_ids[1:],
            masks=np.roll(masks[1:], (40, 90), axis=(1, 2)),
        )
    }
    for maskless, blamed in ((0, True), (1, False)):
        given = replace(seen, images=fewer, maskless=maskless)
        found = diagnose(given, segmenting, segmenting.network.names)
        assert [fault.name for fault in found.faults] == ["bgr"]
        assert ("nms" in found.unexplained_stages) == blamed
        assert "masks" in found.unexplained_stages
        assert any("left out on purpose" in said for said in found.reasons) == blamed


def test_a_fault_that_is_right_in_few_masks_is_not_named(segmenting: Replayer) -> None:
    declared = Declared(conf=0.25, iou=0.45)
    pipeline = FAULTS["masks_not_cropped"].inject_into(correct_of(segmenting))
    seen = observe(segmenting, pipeline, ["bus.jpg"], declared=declared)
    masks = seen.images["bus.jpg"].masks
    assert masks is not None
    assert len(masks) > 4
    shifted = np.roll(masks, (40, 90), axis=(1, 2))
    shifted[:2] = masks[:2]
    odd = {"bus.jpg": replace(seen.images["bus.jpg"], masks=shifted)}
    found = diagnose(replace(seen, images=odd), segmenting, segmenting.network.names)
    assert not found.faults
    assert (found.verdict, found.unexplained_stages) == ("not_explained", ("masks",))
    assert any("boxes, scores and classes are right" in said for said in found.notes)


def test_objects_without_masks_are_no_obstacle(
    segmenting: Replayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = Declared(conf=0.25, iou=0.45)
    seen = observe(segmenting, correct_of(segmenting), ["bus.jpg"], declared=declared)
    far = {name: replace(each, boxes=each.boxes + 200) for name, each in seen.images.items()}
    plain = segmenting.detections

    def detections(pipeline: Pipeline, name: str, *, outlined: bool = False) -> Detections:
        found = plain(pipeline, name, outlined=outlined)
        return found if outlined else found.at(np.arange(1))

    monkeypatch.setattr(segmenting, "detections", detections)
    cost_model = CostModel(segmenting, replace(seen, images=far), ["bus.jpg"])
    tried = InputTrials(cost_model).try_input(())
    assert len(tried.logits) == len(far["bus.jpg"])


def test_visibilities_that_are_not_printed_are_no_question(yolo11n_pt: Path, build: Build) -> None:
    network = OnnxNetwork.load(build_task(build, "pose", yolo11n_pt) / "model.onnx", threads=1)
    replayer = Replayer(network, {"bus.jpg": find_samples()["bus.jpg"]})
    declared = Declared(conf=0.25, iou=0.45)
    seen = observe(replayer, correct_of(replayer), ["bus.jpg"], declared=declared)
    keypoints = seen.images["bus.jpg"].keypoints
    assert keypoints is not None
    points = {"bus.jpg": replace(seen.images["bus.jpg"], keypoints=keypoints[..., :2])}
    found = diagnose(replace(seen, images=points), replayer, network.names)
    assert found.verdict == "nothing_wrong"
    assert not {f.name for f in found.undecided if f.name.startswith("visibility")}


def test_faults_that_undo_each_other_are_not_named(yolo11n_pt: Path, build: Build) -> None:
    network = OnnxNetwork.load(build_task(build, "classify", yolo11n_pt) / "model.onnx", threads=1)
    replayer = Replayer(network, {"bus.jpg": find_samples()["bus.jpg"]})
    correct = correct_of(replayer)
    seen = observe(replayer, correct, ["bus.jpg"], declared=DECLARED["classify"])
    cost_model = CostModel(replayer, seen, ["bus.jpg"])
    both = with_faults([FAULTS["logits"], FAULTS["softmax_twice"]], correct)
    assert cost_model.reproduction(both).exact == 1
    assert keep_proved(cost_model, both) == correct


FEW = {
    "classify": "crop_letterboxed",
    "pose": "keypoints_x_y_exchanged",
    "obb": "angle_reversed",
    "segment": "mask_border_kept",
}


def test_a_fault_of_the_task_is_named(replayer: Replayer) -> None:
    name = FEW[replayer.network.head.task]
    found = examine(replayer, FAULTS[name].inject_into(correct_of(replayer)))
    assert [fault.name for fault in found.faults] == [name]
    assert found.verdict == "explained"


def test_tensors_that_nothing_explains_replace_the_preprocessing(replayer: Replayer) -> None:
    correct, task = correct_of(replayer), replayer.network.head.task
    fed = {name: replayer.tensor(correct, name) for name in replayer.paths}
    blurred = {name: cv2.GaussianBlur(fed[name][0, 0], (0, 0), 2) for name in fed}
    tensors = {name: np.stack([plane] * 3)[None] for name, plane in blurred.items()}
    outputs = {n: replayer.network.forward_batch([t])[0] for n, t in tensors.items()}
    replayer.use_outputs(outputs)
    declared = DECLARED.get(task, Declared(conf=0.25, iou=0.45))
    seen = observe(replayer, correct, list(replayer.paths), declared=declared)
    replayer.use_outputs({})
    found = diagnose(replace(seen, tensors=tensors), replayer, replayer.network.names)
    assert found.unexplained_stages == PREPROCESSING_STAGES
    assert (found.verdict, found.reasons) == ("explained_in_part", ())
    assert found.reproduced.exact >= 0.99
    found = diagnose(replace(seen, raws=outputs), replayer, replayer.network.names)
    assert {*PREPROCESSING_STAGES, "network"} == {*found.unexplained_stages}
    assert found.verdict == "explained_in_part"
    assert found.reproduced.exact >= 0.99


def test_raw_outputs_show_what_the_network_was_given(replayer: Replayer) -> None:
    pipeline = FAULTS["bgr"].inject_into(correct_of(replayer))
    raws = {name: replayer.outputs(pipeline, name) for name in replayer.paths}
    found = diagnose(Observations({}, raws=raws), replayer, replayer.network.names)
    assert [fault.name for fault in found.faults] == ["bgr"]


def test_raw_outputs_of_another_network_are_not_taken(segmenting: Replayer) -> None:
    declared = Declared(conf=0.25, iou=0.45)
    seen = observe(segmenting, correct_of(segmenting), ["bus.jpg"], declared=declared)
    predictions, prototypes = segmenting.outputs(correct_of(segmenting), "bus.jpg")
    other = {"bus.jpg": (predictions[:40], prototypes)}
    found = diagnose(replace(seen, raws=other), segmenting, segmenting.network.names)
    assert "No input and no export of the configuration gives the raw outputs." in found.readings
    assert not found.faults


def test_masks_need_their_prototypes(segmenting: Replayer) -> None:
    predictions, _ = segmenting.outputs(correct_of(segmenting), "bus.jpg")
    first = {"bus.jpg": (np.ones_like(predictions),)}
    found = diagnose(Observations({}, raws=first), segmenting, segmenting.network.names)
    assert any("those after the first are missing" in said for said in found.readings)


@pytest.mark.nightly
def test_every_fault_of_the_task_is_named_or_hidden(replayer: Replayer) -> None:
    task, correct = replayer.network.head.task, correct_of(replayer)
    named = 0
    for fault in injectable_faults(task):
        if fault.stage not in TASK_STAGES[task] and fault.name not in BOX_FAULTS:
            continue
        if hidden_faults(replayer, [fault], correct, list(replayer.paths)):
            continue
        if not any(scores_of(replayer, fault.name)):
            continue  # nothing is reported: any fault that silences a deployment may be it
        found = examine(replayer, fault.inject_into(correct))
        assert [each.name for each in found.faults] == [fault.name], fault.name
        assert found.verdict == "explained"
        named += 1
    assert named >= 4


def scores_of(replayer: Replayer, name: str) -> list[list[float]]:
    pipeline = FAULTS[name].inject_into(correct_of(replayer))
    return [replayer.detections(pipeline, image).scores.tolist() for image in replayer.paths]


PAIRS = {
    "classify": ("squashed", "sigmoid_on_probabilities"),
    "pose": ("keypoints_input", "visibility_sigmoid_twice"),
    "obb": ("angle_in_degrees", "oriented_sides_exchanged"),
    "segment": ("masks_not_cropped", "mask_kernel_nearest"),
}


def test_pairs_are_named(replayer: Replayer) -> None:
    names = PAIRS[replayer.network.head.task]
    found = examine(replayer, with_faults([FAULTS[n] for n in names], correct_of(replayer)))
    assert {fault.name for fault in found.faults} == set(names)
    assert found.verdict == "explained"


@pytest.mark.nightly
def test_boxes_that_a_sigmoid_squeezed_prove_nothing_else(yolo11n_pt: Path, build: Build) -> None:
    network = OnnxNetwork.load(build_task(build, "pose", yolo11n_pt) / "model.onnx", threads=1)
    samples = {n: p for n, p in find_samples().items() if n != "nothing_here.png"}
    replayer = Replayer(network, samples)
    names = ("sigmoid_boxes", "whole_input_px_sides_rounded")
    found = examine(replayer, with_faults([FAULTS[n] for n in names], correct_of(replayer)))
    named = {fault.name for fault in found.faults}
    assert named <= set(names) or set(names) in [other.faults for other in found.equivalents]


def test_a_task_has_the_faults_of_its_choices_alone() -> None:
    for task, each in DEPLOYMENTS.items():
        faults = faults_of(each.choices)
        assert all(fault.fields <= each.choices for fault in faults)
        assert {"bgr"} <= {fault.name for fault in faults}, task
    assert DEPLOYMENTS.keys() == TASKS.keys()
    everywhere = set().union(*(faults_of(each.choices) for each in DEPLOYMENTS.values()))
    assert everywhere == set(FAULTS.values())


def test_an_orientation_that_a_classifier_ignores_is_named(
    yolo11n_pt: Path, build: Build, tmp_path: Path
) -> None:
    picture = Image.open(find_samples()["bus.jpg"])
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = ROTATED_90
    picture.save(tmp_path / "turned.jpg", exif=exif, quality=FILE_QUALITY)
    network = OnnxNetwork.load(build_task(build, "classify", yolo11n_pt) / "model.onnx", threads=1)
    replayer = Replayer(network, {"turned.jpg": tmp_path / "turned.jpg"})
    pipeline = FAULTS["exif_ignored"].inject_into(correct_of(replayer))
    found = examine(replayer, pipeline)
    assert [fault.name for fault in found.faults] == ["exif_ignored"]
    assert found.verdict == "explained"


def test_what_changes_the_images_without_boxes_alone_may_have_silenced_them(
    segmenting: Replayer, tmp_path: Path
) -> None:
    picture = Image.open(find_samples()["bus.jpg"])
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = ROTATED_90
    picture.save(tmp_path / "turned.jpg", exif=exif, quality=FILE_QUALITY)
    paths = {"bus.jpg": find_samples()["bus.jpg"], "turned.jpg": tmp_path / "turned.jpg"}
    replayer = Replayer(segmenting.network, paths)
    correct = correct_of(replayer)
    seen = observe(replayer, correct, list(paths), declared=Declared(conf=0.25, iou=0.45))
    silenced = replace(seen, images=seen.images | {"turned.jpg": NO_BOXES})
    cost_models = {
        s: CostModel(replayer, each, list(paths))
        for s, each in (("all", seen), ("silenced", silenced))
    }
    assert silencing_faults(cost_models["all"], correct) == []
    names = {fault.name for fault in silencing_faults(cost_models["silenced"], correct)}
    assert "exif_ignored" in names
    assert not names & {"bgr", "stretched", "kernel_nearest"}
    found = diagnose(silenced, replayer, replayer.network.names)
    assert not found.faults
    assert any("in which nothing was found: turned.jpg" in said for said in found.reasons)


LABELS = {"several labels": 5, "one label": 1}


@pytest.mark.nightly
@pytest.mark.parametrize("most", LABELS.values(), ids=LABELS)
def test_what_comes_before_a_classifier_is_found_as_a_whole(
    yolo11n_pt: Path, build: Build, coco_images: list[Path], most: int
) -> None:
    network = OnnxNetwork.load(build_task(build, "classify", yolo11n_pt) / "model.onnx", threads=1)
    replayer = Replayer(network, {path.name: path for path in coco_images[3::10][:12]})
    names = ("squashed", "crop_kernel_linear", "bgr", "imagenet")
    correct = replace(correct_of(replayer), max_det=most)
    pipeline = with_faults([FAULTS[name] for name in names], correct)
    declared = Declared(conf=0.0, max_det=most)
    seen = observe(replayer, pipeline, list(replayer.paths), declared=declared)
    found = diagnose(seen, replayer, network.names)
    assert {fault.name for fault in found.faults} == set(names)
    assert found.verdict == "explained"


@pytest.mark.parametrize(
    ("name", "task"),
    [("squashed", "detect"), ("keypoints_input", "obb"), ("stretched", "classify")],
)
def test_a_fault_of_another_task_cannot_be_injected(name: str, task: str) -> None:
    with pytest.raises(UserError, match=f"the fault '{name}' cannot be injected into "):
        find_faults([name], task)


def test_a_demonstration_gives_what_programs_of_the_task_give(
    replayer: Replayer, tmp_path: Path
) -> None:
    network, head = replayer.network, replayer.network.head
    images = [BatchImage(name, str(path), "x") for name, path in replayer.paths.items()]
    save(tmp_path / "batch.json", Batch(images))
    write_demo_boxes(network, [str(tmp_path / "batch.json")], [], tmp_path / "mine.json")
    sizes = {name: read_image(path).shape[:2] for name, path in replayer.paths.items()}
    seen = load_external(
        tmp_path / "mine.json",
        sizes,
        network.names,
        task=head.task,
        keypoint_shape=head.keypoint_shape,
    )
    if head.task == "classify":
        assert {len(each) for each in seen.images.values()} == {5}, "the best, however improbable"
    found = diagnose(seen, replayer, network.names)
    assert (found.verdict, found.faults) == ("nothing_wrong", ())
