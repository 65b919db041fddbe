"""What input tensors show by themselves, compared with how they were made."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from parity.data.reading import read_image
from parity.data.sample_images import find_samples
from parity.deployment.pipeline import Pipeline
from parity.deployment.preprocess import preprocess
from parity.diagnosis.tensor_reading import TensorReading, read_tensor, sentences

INPUT = (640, 640)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    samples: dict[str, Path] = find_samples()
    return read_image(samples["bus.jpg"])


def tensor_of(image: np.ndarray, **choices: Any) -> np.ndarray:
    made: np.ndarray = preprocess(Pipeline(**choices), image, INPUT).tensor[0]
    return made


def reading_of(photo: np.ndarray, given: np.ndarray) -> TensorReading:
    return read_tensor(given, tensor_of(photo))


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"colours": "bgr"},
        {"border": 0},
        {"border": 77},
        {"scaling": "none"},
        {"scaling": "symmetric", "colours": "bgr", "border": 128},
        {"scaling": "imagenet"},
        {"scaling": "signed"},
        {"scaling": "twice", "border": 255},
    ],
    ids=str,
)
def test_levels_colours_and_border_are_read(photo: np.ndarray, choices: dict[str, Any]) -> None:
    expected = {"scaling": "unit", "colours": "rgb", "border": 114} | choices
    found = reading_of(photo, tensor_of(photo, **choices))
    assert {name: getattr(found, name) for name in expected} == expected
    assert found.correlation > 0.99


@pytest.mark.parametrize(("right", "down"), [(0.5, 0.0), (-3.0, 1.25), (10.0, -20.0)])
def test_a_shift_is_read_to_a_fraction_of_a_px(
    photo: np.ndarray, right: float, down: float
) -> None:
    planes = tensor_of(photo).transpose(1, 2, 0)
    matrix = np.array([[1, 0, right], [0, 1, down]])
    moved = cv2.warpAffine(planes, matrix, INPUT, borderValue=(114 / 255,) * 3)
    found = reading_of(photo, moved.transpose(2, 0, 1))
    assert found.shift == pytest.approx((right, down), abs=0.05)


def test_an_image_in_the_corner_of_a_black_input_is_read(photo: np.ndarray) -> None:
    """The letterbox moves the 480 px of bus.jpg by (640 - 480) / 2 to the right."""
    found = reading_of(photo, tensor_of(photo, align="top_left", border=0))
    assert found.correlation > 0.999
    assert found.shift == pytest.approx((-80, 0), abs=0.01)
    assert found.zoom == pytest.approx((1, 1), abs=1e-4)
    said = list(sentences([found]))
    assert said[-1] == "Input tensors: the image lies 80.00 px too far left (median)."


def test_a_turned_image_is_read(photo: np.ndarray) -> None:
    planes = tensor_of(photo).transpose(1, 2, 0)
    matrix = cv2.getRotationMatrix2D((320, 320), -1.5, 1)  # clockwise, as OpenCV counts
    turned = cv2.warpAffine(planes, matrix, INPUT, borderValue=(114 / 255,) * 3)
    found = reading_of(photo, turned.transpose(2, 0, 1))
    assert found.rotation == pytest.approx(1.5, abs=0.05)
    assert any("turned by 1.5" in said for said in sentences([found]))


def test_a_stretched_image_is_higher(photo: np.ndarray) -> None:
    """bus.jpg is upright: 810 x 1080 px, and 480 px wide in the letterbox."""
    found = reading_of(photo, tensor_of(photo, fitting="stretch"))
    assert found.zoom == pytest.approx((640 / 480, 1), abs=0.01)
    assert found.border is None


def test_noise_is_another_image(photo: np.ndarray) -> None:
    noise = np.random.default_rng(0).random((3, *INPUT), np.float32)
    found = reading_of(photo, noise)
    assert found.correlation < 0.5
    assert any("do not show the image" in said for said in sentences([found]))


def test_of_a_correct_tensor_nothing_is_said(photo: np.ndarray) -> None:
    assert list(sentences([reading_of(photo, tensor_of(photo))])) == []
