"""Boxes that Ultralytics' own ``predict`` saved are told from those of an export."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ultralytics import YOLO

from parity.backends.inference import infer
from parity.backends.onnx_network import OnnxNetwork
from parity.backends.pytorch.network import PytorchNetwork
from parity.data.batch_files import BatchImage
from parity.data.sample_images import find_samples
from parity.diagnosis.attribution import Reference
from parity.diagnosis.diagnose_files import check_geometry_of
from parity.diagnosis.rectangles import are_of_rectangles
from parity.errors import UserError
from parity.external.observations import Declared, Observations, Observed
from parity.provenance import sha256
from parity.reporting.diagnosis_verdict import verdict_sentence
from tests.documents import network_run
from tests.report_documents import UNKNOWN


@pytest.fixture(scope="module")
def photos() -> dict[str, Path]:
    return find_samples()


def reference(photos: dict[str, Path], weights: Path, *, rect: bool) -> Reference:
    """Return PyTorch's candidates."""
    network = PytorchNetwork.load(weights, imgsz=(640, 640), rect=rect, threads=1, device="cpu")
    images = [BatchImage(name, str(path), sha256(path)) for name, path in photos.items()]
    batch = infer(network, images, floor=0.01, made_by=network_run())[0]
    return Reference({image.name: image for image in batch.images}, network.head, 0.01)


@pytest.fixture(scope="module")
def rectangles(photos: dict[str, Path], yolo11n_pt: Path) -> Reference:
    return reference(photos, yolo11n_pt, rect=True)


@pytest.fixture(scope="module")
def squares(photos: dict[str, Path], yolo11n_pt: Path) -> Reference:
    return reference(photos, yolo11n_pt, rect=False)


def predicted(photos: dict[str, Path], weights: Path, **options: bool | float) -> Observations:
    """Return the boxes of ``predict``."""
    model, seen = YOLO(weights), {}
    for name, path in photos.items():
        found = model.predict(path, verbose=False, device="cpu", **options)[0].boxes.numpy()
        boxes, class_ids = found.xyxy.astype(np.float64), found.cls.astype(np.int64)
        seen[name] = Observed(boxes, found.conf.astype(np.float64), class_ids)
    return Observations(seen)


@pytest.mark.parametrize("options", [{}, {"iou": 0.3, "conf": 0.1}, {"agnostic_nms": True}])
def test_boxes_of_predict_are_recognised_whatever_its_thresholds(
    photos: dict[str, Path],
    yolo11n_pt: Path,
    rectangles: Reference,
    squares: Reference,
    options: dict[str, bool | float],
) -> None:
    assert are_of_rectangles(predicted(photos, yolo11n_pt, **options), rectangles, squares)


def test_other_boxes_are_not(
    photos: dict[str, Path], yolo11n_pt: Path, rectangles: Reference, squares: Reference
) -> None:
    """Those of squares, those without scores, and none at all."""
    own = predicted(photos, yolo11n_pt)
    nothing = {
        name: replace(each, scores=each.scores * np.nan) for name, each in own.images.items()
    }
    assert not are_of_rectangles(predicted(photos, yolo11n_pt, rect=False), rectangles, squares)
    assert not are_of_rectangles(Observations(nothing), rectangles, squares)
    assert not are_of_rectangles(Observations({}), rectangles, squares)


def test_images_whose_rectangle_is_the_whole_input_tell_nothing(
    photos: dict[str, Path], yolo11n_pt: Path, rectangles: Reference
) -> None:
    """Such boxes are those of the export, too, whatever its program left out."""
    assert not are_of_rectangles(predicted(photos, yolo11n_pt), rectangles, rectangles)


def test_no_program_pads_to_rectangles_for_a_fixed_input(yolo11n_static: Path) -> None:
    network = OnnxNetwork.load(yolo11n_static, threads=1)
    check_geometry_of(network, Declared(geometry="square"))
    with pytest.raises(UserError, match="takes 640×640 px and nothing else"):
        check_geometry_of(network, Declared(geometry="rect"))


def test_the_answer_says_whose_boxes_they_are() -> None:
    unexplained = replace(UNKNOWN.unexplained, of_rectangles=True)
    assert verdict_sentence(replace(UNKNOWN, unexplained=unexplained)).startswith(
        f"The boxes of `{UNKNOWN.external}` are those of `predict` on the checkpoint, and not of "
        f"`{UNKNOWN.export}`, whose input has another shape"
    )
