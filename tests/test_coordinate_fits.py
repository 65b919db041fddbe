"""Fitting constants, canvases and limits: what was put in comes out, from few digits too."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.deployment.box_output import to_output
from parity.deployment.geometry import place_image
from parity.deployment.output_format import UNITS
from parity.deployment.pipeline import Pipeline
from parity.deployment.rescaling_variants import gains
from parity.deployment.whole_px import WHOLE_PX
from parity.diagnosis.fitting.coordinate_fits import (
    BoxesOfImage,
    fit_canvas,
    fit_constant_offset,
    most_common_range,
    of_sides,
    simplest_number,
)
from tests.conftest import examples

SHAPES = [(480, 640), (427, 640), (640, 383), (374, 500), (720, 1280), (1080, 810)]


def boxes_in(shape: tuple[int, int], seed: int, count: int = 6) -> np.ndarray:
    """Return boxes within an image, x1, y1, x2, y2 in px."""
    rng = np.random.default_rng(seed)
    corners = np.sort(rng.uniform(0.02, 0.98, (count, 2, 2)), axis=1)
    return (corners * shape[::-1]).reshape(count, 4).astype(np.float32)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(-0.2, 0.3, 0), (0.4, 0.6, 0.5), (0.8, 5, 1), (-3, -1.9, -2), (0.22, 0.27, 0.25),
     (0.31234, 0.31235, 0.312345)],
)  # fmt: skip
def test_the_simplest_number(low, high, expected):
    assert simplest_number(low, high) == pytest.approx(expected)


@examples(60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30))
def test_the_most_common_range_is_where_most_intervals_are(seed, count):
    rng = np.random.default_rng(seed)
    low = rng.integers(0, 20, count).astype(float)
    high = low + rng.integers(0, 9, count)
    first, last, share = most_common_range(low, high)
    covered = [np.mean((low <= x) & (x <= high)) for x in np.arange(0, 30, 0.5)]
    assert share == max(covered)
    for x in (first, last):
        assert np.mean((low <= x) & (x <= high)) == share


@pytest.mark.parametrize("decimals", [0, 1, 3])
@pytest.mark.parametrize(
    "shift", [(0.5, 0.5, 1.0, 1.0), (0, 0, 0, 0), (-1, -1, 0, 0), (0, 0, -1, -1)]
)
def test_a_constant_in_the_input(shift, decimals):
    pipeline = Pipeline(gain="single", clip="no")
    mapped, observed, px = [], [], []
    for seed, shape in enumerate(SHAPES):
        place = place_image(pipeline, shape, (640, 640))
        boxes = boxes_in((640, 640), seed, 8)
        mapped.append(to_output(pipeline, boxes, place, shape))
        moved = to_output(pipeline, boxes + np.array(shift, np.float32), place, shape)
        observed.append(np.round(moved.astype(float), decimals))
        px.append(np.full((8, 4), 1 / gains(pipeline, place, shape)[0]))
    half = 0.5 * 10.0**-decimals + 1e-4
    found = fit_constant_offset(
        np.concatenate(mapped), np.concatenate(observed), px=np.concatenate(px),
        below=half, above=half,
    )  # fmt: skip
    assert found.value == pytest.approx(shift)
    assert found.share == 1


def test_a_constant_is_told_by_sides_that_are_cut():
    mapped = np.concatenate([boxes_in(shape, i) for i, shape in enumerate(SHAPES)])
    shifted = mapped + np.array([0, 0, 1, 1])
    observed = WHOLE_PX["sides_truncated"](shifted)
    as_sides = [np.hstack([b[:, :2], b[:, 2:] - b[:, :2]]) for b in (mapped, observed)]
    found = fit_constant_offset(*as_sides, below=0.0, above=1.0)
    assert of_sides(found.value) == pytest.approx((0, 0, 1, 1), abs=0.26)
    assert found.share == 1


def test_numbers_that_tell_nothing_are_left_out():
    mapped = boxes_in((480, 640), 0, 8).astype(float)
    observed = mapped + 2
    observed[0], mapped[0, 0] = 999, np.nan
    found = fit_constant_offset(mapped, observed, below=1e-6, above=1e-6)
    assert found.value == (2, 2, 2, 2)
    assert found.share == pytest.approx(28 / 31)
    mapped[1:7, 2] = np.nan
    assert fit_constant_offset(mapped, observed) is None


@pytest.mark.parametrize("decimals", [0, 2])
@pytest.mark.parametrize("size", [(640, 640), (480, 640), (1080, 1920), (333, 777)])
@pytest.mark.parametrize("unit", ["canvas", "canvas_fitted", "canvas_contained", "canvas_covered"])
def test_a_canvas(unit, size, decimals):
    images = []
    for seed, shape in enumerate(SHAPES):
        boxes = boxes_in(shape, seed)
        observed = np.round(UNITS[unit](boxes, size, shape).astype(float), decimals)
        images.append(BoxesOfImage(shape, boxes, observed))
    found = fit_canvas(images, 0.5 * 10.0**-decimals)
    assert found.value.unit == unit
    assert found.share == 1
    if decimals:
        for image in images:
            expressed = UNITS[unit](image.boxes, found.value.size, image.shape)
            np.testing.assert_allclose(expressed, image.observed, atol=0.006)
    if decimals and unit != "canvas_fitted":  # which may be wider than all images
        assert found.value.size == size


def test_px_of_the_image_are_no_canvas():
    images = [BoxesOfImage(s, boxes_in(s, i), boxes_in(s, i)) for i, s in enumerate(SHAPES)]
    assert fit_canvas(images, 0.005).share < 0.5
    assert fit_canvas([], 0.005) is None
