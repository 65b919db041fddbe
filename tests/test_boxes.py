"""Boxes: conversions and overlaps."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from ultralytics.utils.ops import xywh2xyxy

from parity.detection.boxes import areas, cxcywh_to_xyxy, pairwise_iou

CORNERS = arrays(np.float32, st.tuples(st.integers(0, 6), st.just(4)), elements=st.integers(0, 99))


def upright(corners: np.ndarray) -> np.ndarray:
    """Return boxes whose first corner is the upper left one."""
    return np.concatenate(
        [np.minimum(corners[:, :2], corners[:, 2:]), np.maximum(corners[:, :2], corners[:, 2:])], 1
    )


def iou_by_counting(a: np.ndarray, b: np.ndarray) -> float:
    """Return the overlap of two boxes of whole pixels by painting them."""
    painted = np.zeros((2, 100, 100), bool)
    for canvas, (x1, y1, x2, y2) in zip(painted, (a.astype(int), b.astype(int)), strict=True):
        canvas[y1:y2, x1:x2] = True
    union = painted.any(axis=0).sum()
    return painted.all(axis=0).sum() / union if union else 0.0


@given(CORNERS, CORNERS)
def test_overlap_is_that_of_painted_pixels(a: np.ndarray, b: np.ndarray) -> None:
    a, b = upright(a), upright(b)
    expected = [[iou_by_counting(one, other) for other in b] for one in a]
    measured = pairwise_iou(a, b)
    assert measured.shape == (len(a), len(b))
    np.testing.assert_allclose(measured, np.reshape(expected, measured.shape), rtol=1e-15)


@given(CORNERS, CORNERS)
def test_overlap_does_not_depend_on_the_order_of_the_sets(a: np.ndarray, b: np.ndarray) -> None:
    np.testing.assert_array_equal(pairwise_iou(a, b), pairwise_iou(b, a).T)


@pytest.mark.parametrize(
    ("box", "other", "expected", "reason"),
    [
        ([0, 0, 10, 10], [0, 0, 10, 10], 1.0, "a box covers itself"),
        ([0, 0, 10, 10], [10, 0, 20, 10], 0.0, "touching edges share no area"),
        ([0, 0, 10, 10], [2, 2, 4, 4], 0.04, "a box within another"),
        ([5, 5, 5, 5], [5, 5, 5, 5], 0.0, "a point has no area, even against itself"),
        ([8, 8, 2, 2], [0, 0, 10, 10], 0.0, "a reversed box has no area"),
        ([np.nan, 0, 10, 10], [0, 0, 10, 10], 0.0, "what is no number overlaps nothing"),
        ([0, 0, np.inf, 10], [0, 0, 10, 10], 0.0, "an endless box has no defined overlap"),
        ([0, 0, 1e-3, 1e-3], [0, 0, 1e-3, 1e-3], 1.0, "however small"),
        ([0, 0, 3e38, 3e38], [0, 0, 3e38, 3e38], 1.0, "float32's largest, without overflow"),
    ],
)
def test_overlap_of_two_boxes(
    box: list[float], other: list[float], expected: float, reason: str
) -> None:
    measured = pairwise_iou(np.array([box], np.float32), np.array([other], np.float32))
    assert measured == pytest.approx(expected, abs=1e-15), reason


@pytest.mark.parametrize(("rows", "columns"), [(0, 0), (0, 3), (3, 0)])
def test_overlap_of_nothing_keeps_its_shape(rows: int, columns: int) -> None:
    measured = pairwise_iou(np.zeros((rows, 4)), np.zeros((columns, 4)))
    assert measured.shape == (rows, columns)
    assert measured.dtype == np.float64


def test_areas_count_no_reversed_side() -> None:
    boxes = np.array([[0, 0, 3, 2], [3, 2, 0, 0], [0, 0, 3, -2], [1, 1, 1, 5]], np.float32)
    assert areas(boxes).tolist() == [6, 0, 0, 0]


@given(arrays(np.float32, (5, 4), elements=st.floats(-1e4, 1e4, width=32)))
def test_corners_are_those_of_ultralytics(boxes: np.ndarray) -> None:
    before = boxes.copy()
    converted = cxcywh_to_xyxy(boxes)
    assert converted.dtype == np.float32
    np.testing.assert_array_equal(converted, xywh2xyxy(torch.from_numpy(boxes)).numpy())
    np.testing.assert_array_equal(boxes, before)
