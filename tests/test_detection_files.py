"""Detection files: what is written is what is read, in the same bytes every time."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from parity.detection.candidate_files import CandidateBatch, ImageCandidates
from parity.detection.decoding import EMPTY
from parity.detection.detect_batch import detect_batch
from parity.detection.detection_files import DetectionBatch, ImageDetections, MadeBy, Thresholds
from parity.detection.detections import Detections
from parity.documents import load, save
from parity.postprocessing.postprocess import detect
from tests.candidates import NAMES, RUN, mixed

FLOATS = st.floats(width=32, allow_nan=True, allow_infinity=True)
THRESHOLDS = Thresholds(conf=0.25, iou=0.45, max_det=300)
MADE_BY = MadeBy("onnx-fp32", NAMES)


@st.composite
def detections(draw: st.DrawFn) -> Detections:
    """Draw any numbers, possible or not."""
    count = draw(st.integers(0, 5))
    return Detections(
        draw(arrays(np.float32, (count, 4), elements=FLOATS)),
        draw(arrays(np.float32, count, elements=FLOATS)),
        draw(arrays(np.int32, count)),
    )


@given(detections())
def test_a_file_gives_every_float32_back(
    tmp_path_factory: pytest.TempPathFactory, found: Detections
) -> None:
    path = tmp_path_factory.mktemp("batch") / "detections.json"
    save(path, DetectionBatch(MADE_BY, [ImageDetections.of(mixed()[0], found)]))
    (image,) = load(path, DetectionBatch).images
    for name in ("boxes", "scores", "class_ids"):
        left, right = getattr(image.arrays(), name), getattr(found, name)
        assert (left.shape, left.dtype) == (right.shape, right.dtype)
        np.testing.assert_array_equal(left, right)


def test_numbers_are_as_short_as_they_can_be() -> None:
    found = Detections(
        np.array([[0.1, 1, 2.5, 1e-7]], np.float32), np.array([0.9402], "f4"), np.array([0], "i4")
    )
    image = ImageDetections.of(mixed()[0], found)
    assert json.dumps([image.boxes, image.scores, image.class_ids]) == (
        "[[[0.1, 1.0, 2.5, 1e-07]], [0.9402], [0]]"
    )


def test_an_unreadable_image_keeps_its_place(tmp_path: Path) -> None:
    CandidateBatch(RUN, mixed()).save(tmp_path / "batch.npz")
    detect_batch(
        tmp_path / "batch.npz",
        tmp_path / "detections.json",
        arm="onnx-fp32",
        thresholds=THRESHOLDS,
        detect=detect,
    )
    batch = load(tmp_path / "detections.json", DetectionBatch)
    assert [image.name for image in batch.images] == ["a.jpg", "b.jpg", "c.jpg"]
    assert [image.reason for image in batch.images] == ["", "the file is empty", ""]
    assert [image.non_finite for image in batch.images] == [0, 0, 12]
    assert [bool(image.scores) for image in batch.images] == [True, False, False]
    assert [(image.height, image.width) for image in batch.images] == [
        (480, 640),
        (0, 0),
        (64, 64),
    ]
    assert batch.made_by.arm == "onnx-fp32"
    assert batch.made_by.thresholds == THRESHOLDS
    assert batch.made_by.names == NAMES


@pytest.mark.parametrize("images", [[], mixed()], ids=["nothing", "three images"])
def test_equal_detections_have_equal_bytes(tmp_path: Path, images: list[ImageCandidates]) -> None:
    none = Detections(EMPTY.boxes, EMPTY.scores, EMPTY.class_ids)
    for name in ("1", "2"):
        batch = DetectionBatch(MADE_BY, [ImageDetections.of(image, none) for image in images])
        save(tmp_path / f"{name}.json", batch)
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    assert len(load(tmp_path / "1.json", DetectionBatch).images) == len(images)


def test_the_file_is_for_other_programs_too(tmp_path: Path) -> None:
    found = Detections(
        np.array([[1, 2, 3, 4.5]], np.float32), np.array([0.5], "f4"), np.array([1], "i4")
    )
    batch = DetectionBatch(MADE_BY, [ImageDetections.of(mixed()[0], found)])
    save(tmp_path / "detections.json", batch)
    document = json.loads((tmp_path / "detections.json").read_text())
    assert document["schema"] == "yolo-parity/detections/1"
    assert document["images"][0]["boxes"] == [[1.0, 2.0, 3.0, 4.5]]
