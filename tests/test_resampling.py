"""Resampling agrees with the libraries that it stands for, and with a loop over pixels."""

from math import floor

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from parity.deployment.resampling import KERNELS, SHIFTS, resample_pixels, to_levels
from tests.conftest import examples

SIDES = st.integers(2, 40)
SIZES = st.tuples(SIDES, SIDES)

FLOAT32 = 2e-2
"""Levels by which single precision moves a weighted sum; chosen: coordinates near 40 are good to
4e-6, and are multiplied by steps of up to 255 levels at several px."""


def noise(shape: tuple[int, int]) -> np.ndarray:
    """Return noise: whatever moves or weighs its pixels differently shows."""
    return np.random.default_rng(shape).integers(0, 256, (*shape, 3), np.uint8)


def stretched(image: np.ndarray, shape: tuple[int, int], **how: object) -> np.ndarray:
    """Return an image resampled to a shape."""
    gain = shape[1] / image.shape[1], shape[0] / image.shape[0]
    return resample_pixels(image, shape, gain=gain, **how)


def by_torch(image: np.ndarray, shape: tuple[int, int], mode: str, **how: bool) -> np.ndarray:
    """Return what PyTorch makes of it."""
    planes = torch.from_numpy(image.astype(np.float32).transpose(2, 0, 1)[None])
    sized = torch.nn.functional.interpolate(planes, shape, mode=mode, **how)
    return sized[0].numpy().transpose(1, 2, 0)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"mode": "bilinear"}, {}),
        ({"mode": "bilinear", "align_corners": True}, {"grid": "corners_aligned"}),
        (
            {"mode": "bilinear", "antialias": True},
            {"antialias": True, "edges": "left_out"},
        ),
        ({"mode": "bicubic"}, {"kernel": "cubic"}),
        (
            {"mode": "bicubic", "align_corners": True},
            {"kernel": "cubic", "grid": "corners_aligned"},
        ),
        (
            {"mode": "bicubic", "antialias": True},
            {"kernel": "catmull_rom", "antialias": True, "edges": "left_out"},
        ),
    ],
    ids=lambda how: "-".join(map(str, how.values())),
)
@given(sides=SIZES, target=SIZES)
@examples(20)
def test_it_resizes_as_pytorch(theirs, ours, sides, target):
    image = noise(sides)
    found = stretched(image, target, **ours)
    assert np.abs(found - by_torch(image, target, **theirs)).max() < FLOAT32


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (Image.Resampling.BILINEAR, {"kernel": "triangle", "antialias": True}),
        (Image.Resampling.BICUBIC, {"kernel": "catmull_rom", "antialias": True}),
        (Image.Resampling.LANCZOS, {"kernel": "lanczos3", "antialias": True}),
    ],
)
@given(sides=SIZES, target=SIZES)
@examples(20)
def test_it_resizes_as_pillow_does_floats(theirs, ours, sides, target):
    plane = noise(sides)[..., 0]
    expected = Image.fromarray(plane.astype(np.float32)).resize(target[::-1], theirs)
    found = stretched(np.dstack([plane] * 3), target, **ours, edges="left_out")[..., 0]
    assert np.abs(found - np.asarray(expected)).max() < FLOAT32


def tied(side: int, target: int) -> np.ndarray:
    """Return which px lie exactly between two, where rounding errors decide, (target,)."""
    return (2 * np.arange(target) + 1) * side % (2 * target) == 0


@given(sides=SIZES, target=SIZES)
@examples(20)
def test_its_nearest_is_that_of_pillow_and_its_floor_that_of_opencv(sides, target):
    image = noise(sides)
    pillow = np.asarray(Image.fromarray(image).resize(target[::-1], Image.Resampling.NEAREST))
    opencv = cv2.resize(image, target[::-1], interpolation=cv2.INTER_NEAREST)
    apart = (stretched(image, target, kernel="nearest") != pillow).any(axis=2)
    assert not apart[~tied(sides[0], target[0])][:, ~tied(sides[1], target[1])].any()
    np.testing.assert_array_equal(stretched(image, target, kernel="floor", grid="corner"), opencv)


@given(sides=SIZES, target=SIZES)
@examples(20)
def test_its_area_is_that_of_opencv_where_an_image_shrinks(sides, target):
    image = noise(sides).astype(np.float32)
    shape = (min(sides[0], target[0]), min(sides[1], target[1]))
    expected = cv2.resize(image, shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(stretched(image, shape, kernel="area") - expected).max() < FLOAT32


@given(
    sides=SIZES,
    target=SIZES,
    gain=st.floats(0.2, 4),
    offset=st.tuples(st.floats(-5, 20), st.floats(-5, 20)),
)
@examples(30)
def test_it_warps_as_opencv_does_floats(sides, target, gain, offset):
    image = noise(sides).astype(np.float32)
    matrix = np.array([[gain, 0, offset[0]], [0, gain, offset[1]]])
    expected = cv2.warpAffine(image, matrix, target[::-1], borderValue=(50.0, 60.0, 70.0))
    how = {"grid": "corner", "edges": "blended", "border": (50.0, 60.0, 70.0)}
    found = resample_pixels(image, target, gain=(gain, gain), offset=offset, **how)
    assert np.abs(found - expected).max() < FLOAT32


BORDER = np.array([0, 128, 255])
"""Blue, green, red."""


def loop(image, shape, *, gain, offset, grid, edges):
    """Return a bilinear warp, px by px."""
    before, after = SHIFTS[grid]
    height, width = image.shape[:2]
    warped = np.empty((*shape, 3))
    for y, x in np.ndindex(shape):
        sx = (x + before - offset[0]) / gain[0] + after
        sy = (y + before - offset[1]) / gain[1] + after
        mean = np.zeros(3)
        for px, py in ((floor(sx) + i, floor(sy) + j) for j in (0, 1) for i in (0, 1)):
            exists = edges != "blended" or (0 <= px < width and 0 <= py < height)
            pixel = image[min(max(py, 0), height - 1), min(max(px, 0), width - 1)]
            mean += (1 - abs(sx - px)) * (1 - abs(sy - py)) * (pixel if exists else BORDER)
        right, bottom = offset[0] + gain[0] * width, offset[1] + gain[1] * height
        inside = offset[0] <= x + 0.5 < right and offset[1] <= y + 0.5 < bottom
        warped[y, x] = mean if inside or edges == "blended" else BORDER
    return warped


@given(
    sides=st.tuples(st.integers(2, 9), st.integers(2, 9)),
    target=st.tuples(st.integers(2, 9), st.integers(2, 9)),
    how=st.fixed_dictionaries(
        {
            "gain": st.tuples(st.floats(0.3, 3), st.floats(0.3, 3)),
            "offset": st.tuples(st.floats(-4, 9), st.floats(-4, 9)),
            "grid": st.sampled_from(["half_pixel", "corner", "plus_half"]),
            "edges": st.sampled_from(["blended", "replicated"]),
        }
    ),
)
@examples(60)
def test_a_loop_over_pixels_gives_the_same(sides, target, how):
    image = noise(sides)
    found = resample_pixels(image, target, **how, border=BORDER)
    expected = loop(image, target, **how)
    assert np.abs(found - expected).max() < FLOAT32


@given(sides=SIZES, top=st.integers(0, 9), left=st.integers(0, 9), shape=SIZES)
@examples(20)
def test_an_image_on_whole_pixels_keeps_them(sides, top, left, shape):
    image = noise(sides)
    for edges in ("replicated", "left_out", "blended"):
        found = resample_pixels(
            image, shape, gain=(1, 1), offset=(left, top), edges=edges, border=7
        )
        expected = np.full((*shape, 3), 7)
        area = expected[top : top + sides[0], left : left + sides[1]]
        area[...] = image[: area.shape[0], : area.shape[1]]
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("kernel", [*KERNELS, "area", "nearest", "floor"])
@pytest.mark.parametrize("antialias", [False, True])
@given(side=SIDES, target=SIDES)
@examples(5)
def test_a_flat_image_stays_flat(kernel, antialias, side, target):
    image = np.full((side, side, 3), 77, np.uint8)
    for edges in ("replicated", "left_out"):
        found = stretched(image, (target, target), kernel=kernel, antialias=antialias, edges=edges)
        np.testing.assert_allclose(found, 77, rtol=1e-5)


def test_levels_become_whole_in_the_ways_of_libraries():
    pixels = np.array([[[-3.0, 0.5, 1.5], [2.9, 254.5, 300.0]]], np.float32)
    expected = {
        "half_even": [0, 0, 2, 3, 254, 255],
        "half_up": [0, 1, 2, 3, 255, 255],
        "truncated": [0, 0, 1, 2, 254, 255],
    }
    for levels, whole in expected.items():
        found = to_levels(pixels, levels)
        assert found.dtype == np.uint8
        assert found.ravel().tolist() == whole
    assert to_levels(pixels, "kept") is pixels
