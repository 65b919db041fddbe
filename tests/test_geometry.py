"""Where an image lies in the input, and how its pixels get there."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from parity.backends.onnx_network import OnnxNetwork
from parity.data.sample_images import find_samples
from parity.deployment.geometry import GeometryChoices, place_image, resize, resize_and_place
from parity.deployment.pipeline import Pipeline
from parity.deployment.resampling import points_of_matrix
from parity.deployment.rescaling_variants import RescalingChoices, rescale
from parity.deployment.run import run

IMAGE = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
TARGET = (64, 64)


def pixels(image: np.ndarray = IMAGE, **changes: object) -> np.ndarray:
    choices = GeometryChoices(**changes)
    return resize_and_place(choices, image, place_image(choices, image.shape[:2], TARGET))


def corners(image: np.ndarray, boxes: list[list[float]], **changes: object) -> np.ndarray:
    choices = RescalingChoices(**changes)
    place = place_image(choices, image.shape[:2], TARGET)
    return rescale(choices, np.array(boxes, np.float32), place, image.shape[:2])


def test_a_warp_with_an_opencv_matrix_is_opencvs():
    gain = 64 / 90
    matrix = np.array([[gain, 0, 0], [0, gain, (64 - 60 * gain) / 2]])
    expected = cv2.warpAffine(IMAGE, matrix, (64, 64), borderValue=(114, 114, 114))
    np.testing.assert_array_equal(pixels(fitting="warp", grid="corner"), expected)


def test_a_warp_with_half_pixel_centres_moves_the_matrix():
    gain = 64 / 90
    top = (64 - 60 * gain) / 2
    matrix = np.array([[gain, 0, gain / 2 - 0.5], [0, gain, top + gain / 2 - 0.5]])
    floats = IMAGE.astype(np.float32)
    expected = cv2.warpAffine(floats, matrix, (64, 64), borderValue=(114, 114, 114))
    found = pixels(fitting="warp", levels="kept")
    assert np.abs(found - expected).max() < 0.02


@pytest.mark.parametrize("shape", [(60, 90), (539, 960), (382, 382), (1472, 1106)])
def test_points_of_a_warp_are_those_of_the_matrix_that_opencv_inverts(shape):
    gain = min(640 / shape[0], 640 / shape[1])
    shift = gain / 2 - 0.5
    for side in shape:
        offset = (640 - gain * side) / 2
        matrix = np.array([[gain, 0, offset + shift], [0, gain, 0]], np.float32)
        inverse = cv2.invertAffineTransform(matrix)
        expected = np.arange(640, dtype=np.float32) * inverse[0, 0] + inverse[0, 2]
        found = points_of_matrix(640, gain=gain, offset=offset, grid="half_pixel")
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("kernel", ["linear", "cubic", "area"])
def test_levels_that_are_kept_are_those_that_opencv_computes_on_floats(kernel):
    flags = {"linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC, "area": cv2.INTER_AREA}
    floats = IMAGE.astype(np.float32)
    expected = cv2.resize(floats, (64, 43), interpolation=flags[kernel])
    found = pixels(kernel=kernel, levels="kept")
    assert np.abs(found[10:53] - expected).max() < 0.02


OF_LIBRARIES = {
    "canvas_low": ({"kernel": "canvas"}, 0, 0),
    "skia_linear": ({"kernel": "skia"}, 0, 0),
    "skia_mitchell": ({"kernel": "mitchell"}, 0, 0),
    "java_bilinear": ({"kernel": "java2d"}, 1, 0.04),
    "sharp_lanczos3": ({"kernel": "libvips"}, 0, 0),
    "go_nearest": ({"kernel": "pillow_nearest"}, 0, 0),
    "go_approx": ({"levels": "high_byte"}, 0, 0),
    "go_bilinear": ({"kernel": "pillow_bilinear", "levels": "high_byte"}, 1, 0.01),
    "go_catmull": ({"kernel": "pillow_bicubic", "levels": "high_byte"}, 1, 0.01),
    "go_nfnt_lanczos3": ({"kernel": "nfnt"}, 0, 0),
    "rs_nearest": ({"kernel": "pillow_nearest"}, 0, 0),
    "rs_triangle": ({"kernel": "pillow_bilinear", "levels": "half_up"}, 1, 0.01),
    "rs_catmullrom": ({"kernel": "pillow_bicubic", "levels": "half_up"}, 0, 0),
    "rs_lanczos3": ({"kernel": "pillow_lanczos", "levels": "half_up"}, 0, 0),
    "tfjs_bilinear_plain": ({"grid": "corner", "levels": "kept"}, 1e-3, 1e-4),
    "tfjs_bilinear_align": ({"grid": "corners_aligned", "levels": "kept"}, 1e-3, 1e-4),
    "tfjs_bilinear_half": ({"levels": "kept"}, 1e-3, 1e-4),
    "tfjs_nearest_plain": ({"kernel": "nearest"}, 0, 0),
    "tfjs_nearest_half": ({"kernel": "pillow_nearest"}, 0, 0),
}
"""What libraries made of 12 x 9 px of noise, by choices, and by how many levels ours may differ, at
most and on average. Recorded with @napi-rs/canvas 1.1.1, skia-python 144.1, sharp 0.35.5 (libvips
8.18.7), x/image 0.5.0 and nfnt/resize 83c6a99 (Go), image-rs 0.24.3, @tensorflow/tfjs-core 4.22.0
and OpenJDK 17.0.15."""


@pytest.mark.parametrize("made", ["up", "down"])
@pytest.mark.parametrize("library", sorted(OF_LIBRARIES))
def test_the_resizers_of_other_libraries_are_among_the_choices(library, made):
    choices, largest, mean = OF_LIBRARIES[library]
    recorded = np.load(Path(__file__).parent / "resized_by_libraries.npz")
    expected = recorded[f"{library}_{made}"].astype(float)
    fitted = GeometryChoices(fitting="stretch", **choices)
    image = recorded["image"]
    place = place_image(fitted, image.shape[:2], expected.shape[:2])
    apart = np.abs(resize_and_place(fitted, image, place) - expected)
    assert apart.max() <= largest
    assert apart.mean() <= mean


@pytest.mark.parametrize("made", ["up", "down"])
def test_libvips_multiplies_both_sides_by_one_number(made):
    recorded = np.load(Path(__file__).parent / "resized_by_libraries.npz")
    expected = recorded[f"sharp_contain_{made}"]
    fitted = GeometryChoices(kernel="libvips", border_rounding="floor")
    place = place_image(fitted, recorded["image"].shape[:2], expected.shape[:2])
    np.testing.assert_array_equal(resize_and_place(fitted, recorded["image"], place), expected)


def test_the_exact_nearest_px_is_the_floor_of_the_quotient():
    found = pixels(fitting="stretch", kernel="floor")
    expected = [[IMAGE[y * 60 // 64, x * 90 // 64] for x in range(64)] for y in range(64)]
    np.testing.assert_array_equal(found, expected)


def test_opencv_takes_the_px_before_where_its_quotient_is_rounded_down():
    rows = np.arange(448, dtype=np.float32)[:, None]
    exact, opencv = (resize(rows, (640, 1), kernel).ravel() for kernel in ("floor", "nearest"))
    np.testing.assert_array_equal(exact, np.arange(640) * 7 // 10)
    assert set(exact - opencv) == {0, 1}


def test_a_canvas_draws_at_fractions_of_a_pixel():
    recorded = np.load(Path(__file__).parent / "resized_by_libraries.npz")
    drawn = GeometryChoices(fitting="warp", edges="replicated", kernel="canvas")
    place = place_image(drawn, recorded["image"].shape[:2], (17, 17))
    found = resize_and_place(drawn, recorded["image"], place)
    np.testing.assert_array_equal(found, recorded["canvas_at_fractions"])


@pytest.mark.parametrize("grid", ["half_pixel", "corner", "corners_aligned", "plus_half"])
@pytest.mark.parametrize("fitting", ["letterbox", "stretch", "pad_first", "crop", "warp"])
def test_every_grid_is_near_the_usual_one(grid, fitting):
    smooth = cv2.GaussianBlur(IMAGE, (0, 0), 9)
    usual = pixels(smooth, fitting=fitting, levels="half_up").astype(float)
    other = pixels(smooth, fitting=fitting, levels="half_up", grid=grid).astype(float)
    assert other.shape == usual.shape
    assert np.median(np.abs(other - usual)) < 2


@pytest.mark.parametrize(
    ("shape", "sides"),
    [((60, 90), (64, 96)), ((47, 90), (32, 96)), ((48, 80), (64, 96)), ((10, 96), (32, 96))],
)
def test_sides_become_multiples_before_the_image_is_padded(shape, sides):
    image, how = IMAGE[:1, :1].repeat(shape[0], 0).repeat(shape[1], 1), {"multiple_first": 32}
    image[-8:] = 255 - image[-8:]
    square = np.zeros((96, 96, 3), np.uint8)
    square[: sides[0], : sides[1]] = cv2.resize(image, sides[::-1])
    found = pixels(image, fitting="pad_first", border=0, **how)
    np.testing.assert_array_equal(found, cv2.resize(square, (64, 64)))
    whole = [[0, 0, 64 * sides[1] / 96, 64 * sides[0] / 96]]
    back = corners(image, whole, fitting="pad_first", **how)
    np.testing.assert_allclose(back[0], [0, 0, *shape[::-1]], atol=1e-4)


def test_go_computes_points_in_double_precision():
    """As ``ApproxBiLinear`` of Go's x/image/draw: float64 points, levels of 16 bits."""
    image = np.random.default_rng(4).integers(0, 256, (37, 1088, 3), np.uint8)
    x = np.clip((np.arange(640) + 0.5) * 1088 / 640 - 0.5, 0, 1087)
    y = np.clip((np.arange(640) + 0.5) * 37 / 640 - 0.5, 0, 36)
    x0, y0 = x.astype(int), y.astype(int)
    x1, y1 = np.minimum(x0 + 1, 1087), np.minimum(y0 + 1, 36)
    wide = image.astype(np.float64) * 257
    fx, fy = (x - x0)[:, None], (y - y0)[:, None, None]
    upper = wide[y0][:, x0] * (1 - fx) + wide[y0][:, x1] * fx
    lower = wide[y1][:, x0] * (1 - fx) + wide[y1][:, x1] * fx
    expected = (upper * (1 - fy) + lower * fy).astype(int) >> 8
    choices = GeometryChoices(fitting="stretch", levels="high_byte")
    found = resize_and_place(choices, image, place_image(choices, image.shape[:2], (640, 640)))
    assert np.count_nonzero(found != expected) < 20, "single precision changes hundreds"


@pytest.mark.parametrize("height", [27, 29, 31, 60])
def test_pillow_pads_with_halves_to_even(height):
    image = IMAGE[:height]
    expected = ImageOps.pad(Image.fromarray(image), (64, 64))
    how = {"kernel": "pillow_bicubic", "border_rounding": "half_even", "border": 0}
    np.testing.assert_array_equal(pixels(image, **how), np.asarray(expected))


def test_a_border_may_be_half_a_level():
    padded = pixels(border=127.5)
    assert padded[0, 0].tolist() == [127.5] * 3
    np.testing.assert_array_equal(padded[32, 32], pixels()[32, 32])


def test_a_border_may_have_a_colour():
    border = (114, 0, 0)
    assert pixels(border=border)[0, 0].tolist() == [114, 0, 0]
    assert pixels(border=border, fitting="warp")[0, 0].tolist() == [114, 0, 0]
    assert pixels(border=border, fitting="pad_first")[-1, 0].tolist() == [114, 0, 0]


def test_boxes_of_a_warp_lie_where_the_image_lies():
    gain = 64 / 90
    top = (64 - 60 * gain) / 2
    whole = [[0, top, 64, top + 60 * gain]]
    np.testing.assert_allclose(corners(IMAGE, whole, fitting="warp")[0], [0, 0, 90, 60], atol=1e-4)


def test_the_inverse_of_a_matrix_of_centres_is_off_by_half_a_pixel_less_half_the_gain():
    gain = 64 / 90
    box = [[10, 20, 30, 40]]
    apart = corners(IMAGE, box, fitting="warp", offset="matrix") - corners(
        IMAGE, box, fitting="warp"
    )
    np.testing.assert_allclose(apart, (0.5 - gain / 2) / gain, rtol=1e-4)


@pytest.mark.parametrize(
    ("offset", "expected"),
    [("letterbox", 10), ("half", 10.5), ("exact", 10 + 2 / 3), ("none", 0)],
)
def test_a_stretched_image_is_taken_back_as_if_letterboxed(offset, expected):
    """A height of 42.67 px becomes 43."""
    found = corners(IMAGE, [[32, 32, 40, 40]], fitting="stretch", gain="single", offset=offset)
    np.testing.assert_allclose(found[0, 1], (32 - expected) * 90 / 64, rtol=1e-5)


SHARED_DEPLOYMENTS = {
    "p_no_half_pixel": (Pipeline(conf=0.25, iou=0.45, grid="corner"), 0.95),
    "i_warp_affine": (
        Pipeline(
            conf=0.5,
            iou=0.45,
            fitting="warp",
            grid="plus_half",
            levels="kept",
            border=128,
            clip="left_top",
        ),
        1.0,
    ),
    "j_other_bicubic": (
        Pipeline(
            conf=0.2,
            iou=0.45,
            chroma="repeated",
            fitting="stretch",
            kernel="pillow_bicubic",
            levels="half_up",
            multi_label=True,
            suppression="agnostic",
        ),
        1.0,
    ),
}
"""Published deployments whose geometry is another, and which share of their boxes is reproduced to
:data:`EXACT_SCORE`: one of them decides ties of levels in a way of its own."""

EXACT_SCORE = 1e-4
"""Difference of scores that arithmetic alone causes; chosen, as in the diagnosis."""


@pytest.mark.parametrize("name", sorted(SHARED_DEPLOYMENTS))
def test_a_published_deployment_is_recreated(name, shared, yolo11n_onnx: Path):
    network = replace(OnnxNetwork.load(yolo11n_onnx, threads=1), rect=False)
    pipeline, share = SHARED_DEPLOYMENTS[name]
    folder = shared / "data"
    document = json.loads((folder / "deployments" / "languages" / f"{name}.json").read_text())
    observed: dict[str, list[float]] = {}
    for record in document["detections"]:
        observed.setdefault(record["image"], []).append(record["score"])
    exact = 0
    for image, scores in observed.items():
        path = find_samples().get(image, folder / "coco" / "images" / image)
        found = run(pipeline, path, network)
        assert len(found.scores) == len(scores)
        apart = np.abs(np.sort(found.scores) - np.sort(scores))
        exact += int((apart < EXACT_SCORE).sum())
    assert exact >= share * len(document["detections"])
