"""The arms of every task: PyTorch's are ``predict`` to the bit, those without torch equal them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.backends.onnx_network import OnnxNetwork
from parity.backends.pytorch.checkpoint import obtain_checkpoint
from parity.backends.pytorch.network import PytorchNetwork
from parity.backends.pytorch.postprocess import detect as detect_by_ultralytics
from parity.comparison.differences import compare_image, differences_of
from parity.data.sample_images import find_samples
from parity.detection.candidate_files import CandidateBatch, ImageCandidates
from parity.detection.detection_files import ImageDetections
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.postprocessing.postprocess import detect, detect_boxes
from tests.conftest import RUNTIME_FLOOR, Build
from tests.documents import network_run
from tests.task_models import IMGSZ, TASK_MODELS, build_task

THRESHOLDS = [(0.25, 0.7), (0.05, 0.45), (0.5, 0.3)]
FLOOR = 0.001
ROUNDED = 1e-6
"""How far a logit of a mask may be from 0 where a px differs from Ultralytics' own; logits are
about 1, and torch adds their products in another order."""
PHOTOGRAPHS = 40
BOX_FLOORS = {"obb": 1.5e-3}
"""Largest differences of boxes by task, px, where they exceed those of detection: random angles, up
to 2.7e-5 apart, turn the corners of large boxes by up to 1.43e-3 px on these photographs."""


@dataclass(frozen=True)
class Arms:
    """A checkpoint of a task and its export."""

    task: str
    checkpoint: Path
    export: Path

    @property
    def imgsz(self) -> int:
        return IMGSZ[self.task]

    def pytorch(self, *, rect: bool) -> PytorchNetwork:
        size = (self.imgsz, self.imgsz)
        return PytorchNetwork.load(self.checkpoint, imgsz=size, rect=rect, threads=1, device="cpu")


@pytest.fixture(scope="module", params=TASK_MODELS)
def arms(request: pytest.FixtureRequest, yolo11n_pt: Path, build: Build) -> Arms:
    task = request.param

    folder = build_task(build, task, yolo11n_pt)
    return Arms(task, folder / "model.pt", folder / "model.onnx")


def candidates_of(
    network: PytorchNetwork | OnnxNetwork, path: Path, floor: float = FLOOR
) -> ImageCandidates:
    """Return the candidates of an image file."""
    pixels = network.read(path)
    tensor = network.preprocess(pixels)
    (outputs,) = network.forward_batch([tensor])
    found = network.decode(outputs, floor)
    size = (int(tensor.shape[2]), int(tensor.shape[3]))
    return ImageCandidates(path.name, "", pixels.shape[:2], size, candidates=found)


def predicted(
    arms: Arms, path: Path, *, native: bool = False, file: Path | None = None, **options: object
) -> Detections:
    """Return what Ultralytics' own ``predict`` says of an image."""
    (result,) = load_once(file or arms.checkpoint, arms.task).predict(
        path, imgsz=arms.imgsz, retina_masks=native, verbose=False, device="cpu", **options
    )
    return detections_of(result, arms.task)


@cache
def load_once(file: Path, task: str) -> Any:
    """Return a model of Ultralytics."""
    from ultralytics import YOLO

    return YOLO(file, task=task)


def detections_of(result: Any, task: str) -> Detections:
    """Return what a result of Ultralytics holds."""
    if task == "classify":
        probabilities = result.probs.data.numpy()
        order = np.argsort(-probabilities, kind="stable")
        height, width = result.orig_shape
        boxes = np.tile(np.array([0, 0, width, height], np.float32), (len(order), 1))
        return Detections(boxes, probabilities[order], order.astype(np.int32))
    boxes = result.obb if task == "obb" else result.boxes
    found = Detections(boxes.xyxy.numpy(), boxes.conf.numpy(), boxes.cls.numpy().astype(np.int32))
    if task == "obb":
        return replace(found, oriented=result.obb.xywhr.numpy())
    if result.keypoints is not None:
        return replace(found, keypoints=result.keypoints.data.numpy())
    return found if result.masks is None else replace(found, masks=result.masks.data.numpy())


def assert_equal(ours: Detections, theirs: Detections) -> None:
    """Assert that two arms say the same to the bit."""
    for name, value in vars(theirs).items():
        np.testing.assert_array_equal(getattr(ours, name), value, err_msg=name, strict=True)


@pytest.mark.parametrize("rect", [True, False], ids=["rect", "square"])
def test_a_pytorch_arm_is_predict(arms: Arms, rect: bool) -> None:
    assert_predict(arms, find_samples().values(), rect=rect)


@pytest.mark.nightly
@pytest.mark.parametrize("rect", [True, False], ids=["rect", "square"])
def test_a_pytorch_arm_is_predict_on_photographs(
    arms: Arms, rect: bool, coco_images: list[Path]
) -> None:
    assert_predict(arms, coco_images[:PHOTOGRAPHS], rect=rect)


def assert_predict(arms: Arms, paths: Iterable[Path], *, rect: bool) -> None:
    """Assert that the arm of PyTorch says what ``predict`` says, to the bit."""
    network = arms.pytorch(rect=rect)
    for path in paths:
        image = candidates_of(network, path)
        for conf, iou in THRESHOLDS:
            for native in (False, True) if arms.task == "segment" else (False,):
                head = replace(network.head, native_masks=native)
                ours = detect_by_ultralytics(image, conf=conf, iou=iou, max_det=300, head=head)
                theirs = predicted(arms, path, native=native, rect=rect, conf=conf, iou=iou)
                if arms.task == "classify":
                    theirs = theirs.at(np.flatnonzero(theirs.scores > np.float32(conf)))
                if len(ours) or len(theirs):
                    assert_equal(ours, theirs)


def test_a_checkpoint_is_transcribed_to_the_bit(arms: Arms, tmp_path: Path) -> None:
    obtain_checkpoint(str(arms.checkpoint), tmp_path / "own.pt", trust=False)
    copied = replace(arms, checkpoint=tmp_path / "own.pt")
    picture = find_samples()["bus.jpg"]
    ours, theirs = (
        candidates_of(each.pytorch(rect=True), picture).candidates for each in (copied, arms)
    )
    assert len(theirs)
    for name, value in vars(theirs).items():
        np.testing.assert_array_equal(getattr(ours, name), value, err_msg=name)


def test_postprocessing_without_torch_is_ultralytics_own(arms: Arms) -> None:
    network = arms.pytorch(rect=True)
    objects = 0
    for path in find_samples().values():
        image = candidates_of(network, path)
        for conf, iou in THRESHOLDS:
            for native in (False, True):
                head = replace(network.head, native_masks=native)
                options = {"conf": conf, "iou": iou, "max_det": 300, "head": head}
                ours, theirs = detect(image, **options), detect_by_ultralytics(image, **options)
                objects += len(ours)
                if arms.task == "obb":  # the hull goes through torch's cosine
                    np.testing.assert_allclose(ours.boxes, theirs.boxes, atol=1e-3)
                    ours = replace(ours, boxes=theirs.boxes)
                if arms.task == "segment" and theirs.masks is not None:
                    least, most = (
                        detect(with_other_logits(image, by), **options).masks
                        for by in (-ROUNDED, ROUNDED)
                    )
                    assert (least <= theirs.masks).all()
                    assert (theirs.masks <= most).all()
                    ours = replace(ours, masks=theirs.masks)
                if len(ours) or len(theirs):
                    assert_equal(ours, theirs)
    assert objects > len(find_samples()) or arms.task == "classify"


def with_other_logits(image: ImageCandidates, by: float) -> ImageCandidates:
    """Return candidates whose mask logits are larger by a number, by one prototype more."""
    found = image.candidates
    ones = np.ones((1, *found.prototypes.shape[1:]), np.float32)
    weights = np.full((len(found.extras), 1), by, np.float32)
    changed = replace(
        found,
        prototypes=np.concatenate([found.prototypes, ones]),
        extras=np.hstack([found.extras, weights]),
    )
    return replace(image, candidates=changed)


def test_an_export_is_as_close_as_float32_allows(arms: Arms) -> None:
    assert_close(arms, find_samples().values())


@pytest.mark.nightly
def test_an_export_is_as_close_on_photographs(arms: Arms, coco_images: list[Path]) -> None:
    assert_close(arms, coco_images[:PHOTOGRAPHS])


def assert_close(arms: Arms, paths: Iterable[Path]) -> None:
    """Assert that the arm of an export deviates by no more than rounding to float32 does."""
    pytorch, onnx = arms.pytorch(rect=False), OnnxNetwork.load(arms.export, threads=1)
    assert onnx.head == pytorch.head
    for path in paths:
        images = candidates_of(pytorch, path), candidates_of(onnx, path)
        for conf, iou in THRESHOLDS:
            limits = {"conf": conf, "iou": iou, "max_det": 300}
            ours = detect_by_ultralytics(images[0], **limits, head=pytorch.head)
            theirs = detect(images[1], **limits, head=onnx.head)
            both = [ImageDetections.of(images[1], each) for each in (ours, theirs)]
            measured = differences_of(compare_image(*both, iou=0.5))
            assert (measured.missing, measured.extra) == (0, 0)
            assert measured.box_px <= BOX_FLOORS.get(arms.task, RUNTIME_FLOOR.box_px)
            assert measured.score <= RUNTIME_FLOOR.score
            assert measured.measures.get("mask", 0.0) <= 1e-3
            assert measured.measures.get("keypoint_px", 0.0) <= 1e-3
            assert measured.measures.get("angle", 0.0) <= 1e-3


def test_candidates_and_detections_survive_their_files(arms: Arms, tmp_path: Path) -> None:
    network = arms.pytorch(rect=True)
    images = [candidates_of(network, path) for path in find_samples().values()]
    CandidateBatch(network_run(head=network.head), images).save(tmp_path / "c.npz")
    for image, read in zip(images, CandidateBatch.load(tmp_path / "c.npz").images, strict=True):
        options = {"conf": 0.25, "iou": 0.7, "max_det": 300, "head": network.head}
        found = detect(image, **options)
        if not len(found):
            continue
        assert_equal(detect(read, **options), found)
        assert_equal(ImageDetections.of(image, found).arrays(), found)
        boxes = detect_boxes(image, **options)
        np.testing.assert_array_equal(boxes.boxes[: len(found)], found.boxes[: len(boxes)])


def test_a_head_without_extras_is_detection() -> None:
    assert NetworkHead() == NetworkHead("detect", finished=False, keypoint_shape=None)
