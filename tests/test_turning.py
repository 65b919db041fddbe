"""Mirrored and turned images: pixels as OpenCV turns them, places where a painted object lies."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.backends.onnx_network import OnnxNetwork
from parity.data.reading import read_image
from parity.data.sample_images import find_samples
from parity.deployment.pipeline import Pipeline
from parity.deployment.reading import read_with_choices
from parity.deployment.replay import Replayer
from parity.deployment.run import run
from parity.deployment.turning import (
    TurningBackChoices,
    boxes_back,
    masks_back,
    oriented_back,
    points_back,
    shape_back,
    turn,
)
from parity.detection.boxes import pairwise_iou
from parity.detection.oriented_boxes import corners_of
from parity.diagnosis.diagnosis import diagnose
from parity.diagnosis.evaluation.injection import find_faults, observe, with_faults
from parity.external.observations import Declared, Observations
from tests.conftest import examples

Turn = Callable[[np.ndarray], np.ndarray]

TURNS: dict[str, Turn] = {
    "no": np.copy,
    "mirrored": lambda image: cv2.flip(image, 1),
    "upside_down": lambda image: cv2.flip(image, 0),
    "by_90": lambda image: cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE),
    "by_180": lambda image: cv2.rotate(image, cv2.ROTATE_180),
    "by_270": lambda image: cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE),
}
"""What OpenCV does."""

WAYS = pytest.mark.parametrize("turned", TURNS)

FAULT_OF = {way: way if way in ("mirrored", "upside_down") else f"turned_{way}" for way in TURNS}


def choices_of(turned: str, back: str = "yes") -> TurningBackChoices:
    return TurningBackChoices(turned, back)  # type: ignore[arg-type]


@WAYS
def test_pixels_are_those_of_opencv(turned: str, tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (37, 53, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "image.png"), image)
    found = read_with_choices(Pipeline(turned=turned), tmp_path / "image.png")  # type: ignore[arg-type]
    np.testing.assert_array_equal(found, TURNS[turned](image))


boxes_in = st.tuples(
    *(st.integers(0, 30) for _ in range(2)),
    *(st.integers(1, 20) for _ in range(2)),
    *(st.integers(0, 9) for _ in range(2)),
)


@WAYS
@given(drawn=boxes_in)
@examples(50)
def test_a_painted_object_comes_back(turned: str, drawn: tuple[int, ...]) -> None:
    left, top, width, height, right, below = drawn
    image = np.zeros((top + height + below, left + width + right), np.uint8)
    image[top : top + height, left : left + width] = 1
    seen = TURNS[turned](image)
    rows, columns = np.nonzero(seen)
    box = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], np.float32)
    choices = choices_of(turned)
    wanted = [[left, top, left + width, top + height]]
    assert boxes_back(choices, box, seen.shape).tolist() == wanted
    assert shape_back(choices, seen.shape) == image.shape
    np.testing.assert_array_equal(masks_back(choices, seen[None])[0], image)
    assert boxes_back(choices_of(turned, "no"), box, seen.shape).tolist() == box.tolist()
    assert shape_back(choices_of(turned, "no"), seen.shape) == seen.shape


@WAYS
@given(drawn=boxes_in)
@examples(50)
def test_from_the_last_px_whole_px_come_back_as_they_are_indexed(
    turned: str, drawn: tuple[int, ...]
) -> None:
    left, top, width, height, right, below = drawn
    image = np.zeros((top + height + below, left + width + right), np.uint8)
    image[top, left] = 1
    seen = TURNS[turned](image)
    (row,), (column,) = np.nonzero(seen)
    point = np.array([[column, row]], np.float32)
    choices = choices_of(turned, "from_last_px")
    assert points_back(choices, point, seen.shape).tolist() == [[left, top]]


@WAYS
@given(angle=st.floats(-0.7, 2.3), sides=st.tuples(st.floats(3, 40), st.floats(3, 40)))
@examples(50)
def test_corners_of_oriented_boxes_come_back_as_points_do(
    turned: str, angle: float, sides: tuple[float, float]
) -> None:
    box = np.array([[50.0, 40.0, *sides, angle]])
    shape, choices = (90, 120), choices_of(turned)
    there = points_back(choices, corners_of(box), shape)[0]
    (found,) = corners_of(oriented_back(choices, box, shape))
    apart = np.linalg.norm(there[:, None] - found, axis=2)
    assert apart.min(axis=1).max() < 1e-9
    assert apart.min(axis=0).max() < 1e-9


CONF = 0.25


@pytest.fixture(scope="module")
def network(yolo11n_onnx: Path) -> OnnxNetwork:
    return replace(OnnxNetwork.load(yolo11n_onnx, threads=1), rect=False)


@WAYS
def test_ultralytics_finds_the_same_in_a_file_that_is_turned(
    turned: str, network: OnnxNetwork, yolo11n_pt: Path, tmp_path: Path
) -> None:
    import torch
    from ultralytics import YOLO

    photo = find_samples()["bus.jpg"]
    height, width = read_image(photo).shape[:2]
    path = tmp_path / "turned.png"
    cv2.imwrite(str(path), TURNS[turned](read_image(photo)))
    torch.set_num_threads(1)
    options = {"conf": CONF, "iou": 0.7, "device": "cpu", "rect": False, "verbose": False}
    (result,) = YOLO(yolo11n_pt, task="detect").predict(str(path), **options)
    x1, y1, x2, y2 = result.boxes.xyxy.numpy().T
    back = {
        "no": (x1, y1, x2, y2),
        "mirrored": (width - x2, y1, width - x1, y2),
        "upside_down": (x1, height - y2, x2, height - y1),
        "by_90": (y1, height - x2, y2, height - x1),
        "by_180": (width - x2, height - y2, width - x1, height - y1),
        "by_270": (width - y2, x1, width - y1, x2),
    }
    pipeline = Pipeline(conf=CONF, turned=turned)  # type: ignore[arg-type]
    for way, expected in (("yes", back[turned]), ("no", (x1, y1, x2, y2))):
        found = run(replace(pipeline, turned_back=way), photo, network)
        assert len(found) == len(result.boxes) > 0
        nearest = pairwise_iou(found.boxes, np.stack(expected, axis=1)).max(axis=1)
        assert nearest.min() > 0.999
        np.testing.assert_allclose(found.scores, result.boxes.conf.numpy(), atol=1e-3)


DECLARED = Declared(conf=CONF, iou=0.45)
CORRECT = Pipeline(conf=CONF, iou=0.45)


@pytest.mark.parametrize(
    "names",
    [
        ("mirrored", "not_turned_back"),
        ("mirrored", "stretched", "not_turned_back"),
        ("mirrored", "turned_back_from_last_px"),
        ("upside_down", "bgr"),
        ("turned_by_90", "not_turned_back"),
        ("turned_by_270",),
    ],
    ids="-".join,
)
def test_turned_images_are_named_with_other_faults(
    names: tuple[str, ...], replayer: Replayer
) -> None:
    pipeline = with_faults(find_faults(names), CORRECT)
    seen = observe(replayer, pipeline, list(replayer.paths), declared=DECLARED)
    found = diagnose(seen, Replayer(replayer.network, replayer.paths), replayer.network.names)
    assert {fault.name for fault in found.faults} == set(names)
    assert found.verdict == "explained"


@pytest.mark.parametrize("turned", [way for way in TURNS if way != "no"])
def test_input_tensors_alone_show_how_the_image_was_turned(turned: str, replayer: Replayer) -> None:
    """What is blurred besides is not reproduced, and yet the way round is read."""
    names = (FAULT_OF[turned], "stretched")
    pipeline = with_faults(find_faults(names), CORRECT)
    tensors = {name: replayer.tensor(pipeline, name) for name in replayer.paths}
    found = diagnose(Observations({}, tensors=tensors), replayer, {})
    assert {fault.name for fault in found.faults} == set(names)
    assert found.verdict == "explained"
    blurred = {
        name: np.stack([cv2.GaussianBlur(plane, (0, 0), 2) for plane in tensor[0]])
        for name, tensor in tensors.items()
    }
    found = diagnose(Observations({}, tensors=blurred), replayer, {})
    assert FAULT_OF[turned] in {fault.name for fault in found.faults}
    assert any("the image is" in said for said in found.readings)


def test_boxes_that_seem_to_be_of_a_turned_image_are_explained_without(replayer: Replayer) -> None:
    """Counted from below, they lie as those of an image that is upside down."""
    names = ("symmetric", "y_from_below")
    seen = observe(
        replayer, with_faults(find_faults(names), CORRECT), list(replayer.paths), declared=DECLARED
    )
    found = diagnose(seen, Replayer(replayer.network, replayer.paths), replayer.network.names)
    assert {fault.name for fault in found.faults} == set(names)
    assert found.verdict == "explained"


def test_photographs_that_are_right_are_not_turned(replayer: Replayer) -> None:
    seen = observe(replayer, CORRECT, list(replayer.paths), declared=DECLARED)
    own = Replayer(replayer.network, replayer.paths)
    found = diagnose(seen, own, replayer.network.names)
    assert found.verdict == "nothing_wrong"
    assert found.network_runs == len(replayer.paths)


def test_turning_is_the_inverse_of_turning_back() -> None:
    image = np.random.default_rng(0).integers(0, 2, (1, 20, 30), np.uint8)
    for turned in TURNS:
        seen = turn(choices_of(turned), image[0][..., None])[..., 0]
        np.testing.assert_array_equal(masks_back(choices_of(turned), seen[None]), image)
