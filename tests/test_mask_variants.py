"""Masks in the ways that people make them."""

import math

import cv2
import numpy as np
import pytest
import torch

from parity.deployment.geometry import place_image, seen_part
from parity.deployment.mask_variants import MaskBoxes, make_masks
from parity.deployment.pipeline import Pipeline

IMAGE, SIDE = (60, 100), 64


@pytest.mark.parametrize("steps", ["enlarged_first", "cut_first", "in_input", "border_kept"])
def test_a_mask_of_a_crop_lies_in_the_middle_square(steps: str) -> None:
    pipeline = Pipeline(fitting="crop", mask_steps=steps, mask_crop="no")
    ones = np.ones((1, SIDE // 4, SIDE // 4), np.float32)
    nothing = np.zeros((1, 4), np.float32)
    (mask,) = make_masks(
        pipeline,
        ones,
        np.ones((1, 1), np.float32),
        boxes=MaskBoxes(nothing, nothing),
        place=place_image(pipeline, IMAGE, (SIDE, SIDE)),
        image_shape=IMAGE,
        seen=seen_part(pipeline, IMAGE),
    )
    assert mask[:, 20:80].all()
    assert not mask[:, :20].any()
    assert not mask[:, 80:].any()


@pytest.mark.parametrize("steps", ["enlarged_first", "enlarged_to_input", "in_input"])
def test_a_mask_that_is_cut_at_the_corner_is_shifted(steps: str) -> None:
    low = np.full((SIDE // 4, SIDE // 4), -4, np.float32)
    low[5:9, 3:7] = 4
    place = place_image(Pipeline(), IMAGE, (SIDE, SIDE))
    nothing = np.zeros((1, 4), np.float32)
    masks = {
        corner: make_masks(
            Pipeline(mask_steps=steps, mask_corner=corner, mask_crop="no"),
            low[None],
            np.ones((1, 1), np.float32),
            boxes=MaskBoxes(nothing, nothing),
            place=place,
            image_shape=IMAGE,
            seen=(slice(0, 60), slice(0, 100)),
        )[0]
        for corner in ("image", "input")
    }
    down = round(place.top * IMAGE[0] / place.resized_height)
    assert (place.left, down) == (0, 21)
    shifted = np.roll(masks["image"], down, axis=0)
    assert (masks["input"] != shifted).mean() < 0.01
    assert masks["input"].any()


def test_a_probability_is_what_logits_are_compared_with() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(1, SIDE // 4, SIDE // 4)).astype(np.float32)
    nothing = np.zeros((1, 4), np.float32)
    (mask,) = make_masks(
        Pipeline(mask_frame="prototypes", mask_probability=0.3, mask_crop="no"),
        logits,
        np.ones((1, 1), np.float32),
        boxes=MaskBoxes(nothing, nothing),
        place=place_image(Pipeline(), IMAGE, (SIDE, SIDE)),
        image_shape=IMAGE,
        seen=(slice(0, 60), slice(0, 100)),
    )
    np.testing.assert_array_equal(mask, 1 / (1 + np.exp(-logits[0])) > 0.3)


def test_an_image_that_is_not_cropped_is_seen_whole() -> None:
    for fitting in ("letterbox", "stretch", "pad_first", "warp"):
        rows, columns = seen_part(Pipeline(fitting=fitting), IMAGE)
        assert (rows, columns) == (slice(0, 60), slice(0, 100))


def test_outlines_are_those_of_ultralytics() -> None:
    from ultralytics.engine.results import Masks

    logits = -np.ones((2, SIDE // 4, SIDE // 4), np.float32)
    logits[0, 5:9, 3:12] = logits[1, 4:12, 2:5] = logits[1, 6:11, 9:14] = 1
    whole = np.array([[0, 0, SIDE, SIDE]] * 2, np.float32)
    pipeline = Pipeline(mask_steps="outlined_in_input")
    found = make_masks(
        pipeline,
        logits,
        np.eye(2, dtype=np.float32),
        boxes=MaskBoxes(whole, whole),
        place=place_image(pipeline, IMAGE, (SIDE, SIDE)),
        image_shape=IMAGE,
        seen=seen_part(pipeline, IMAGE),
    )
    enlarged = np.stack([cv2.resize(each, (SIDE, SIDE)) > 0 for each in logits])
    for mask, outline in zip(found, Masks(enlarged, IMAGE).xy, strict=True):
        expected = np.zeros(IMAGE, np.uint8)
        cv2.fillPoly(expected, [np.rint(outline).astype(np.int32)], 1)
        assert expected.sum() > 500
        assert (mask != expected).sum() <= 4, "ends of the line between two parts"


def box_by_box(
    prototypes: np.ndarray, coefficients: np.ndarray, boxes: np.ndarray, image: tuple[int, int]
) -> np.ndarray:
    """Make masks as published code does: cropped, then resized and blurred."""
    count, low_height, low_width = prototypes.shape
    probabilities = 1 / (1 + np.exp(-(coefficients @ prototypes.reshape(count, -1))))
    made = np.zeros((len(boxes), *image), np.uint8)
    blur = (int(image[1] / low_width), int(image[0] / low_height))
    for place, box in enumerate(boxes):
        x1, y1, x2, y2 = box
        left, right = math.floor(x1 / image[1] * low_width), math.ceil(x2 / image[1] * low_width)
        top, bottom = math.floor(y1 / image[0] * low_height), math.ceil(y2 / image[0] * low_height)
        part = probabilities[place].reshape(low_height, low_width)[top:bottom, left:right]
        x1, y1, x2, y2 = math.floor(x1), math.floor(y1), math.ceil(x2), math.ceil(y2)
        larger = cv2.resize(part, (x2 - x1, y2 - y1), interpolation=cv2.INTER_CUBIC)
        made[place, y1:y2, x1:x2] = cv2.blur(larger, blur) > 0.5
    return made


def test_masks_are_resized_box_by_box() -> None:
    pipeline = Pipeline(fitting="stretch", mask_steps="each_box", mask_kernel="cubic")
    rng = np.random.default_rng(0)
    prototypes = cv2.GaussianBlur(rng.normal(size=(16, 16, 4)), (5, 5), 0).transpose(2, 0, 1)
    coefficients = 20 * rng.normal(size=(3, 4))
    boxes = np.array([[10.5, 3, 80, 55.2], [0, 0, 100, 60], [47, 21, 52, 30]])
    scale = np.array([SIDE / IMAGE[1], SIDE / IMAGE[0]] * 2)
    found = make_masks(
        pipeline,
        np.ascontiguousarray(prototypes, np.float32),
        coefficients.astype(np.float32),
        boxes=MaskBoxes((boxes * scale).astype(np.float32), boxes.astype(np.float32)),
        place=place_image(pipeline, IMAGE, (SIDE, SIDE)),
        image_shape=IMAGE,
        seen=seen_part(pipeline, IMAGE),
    )
    expected = box_by_box(prototypes, coefficients, boxes, IMAGE)
    assert expected.any(axis=(1, 2)).all()
    assert (found != expected).mean() < 1e-3


def part_by_part(
    prototypes: np.ndarray, coefficients: np.ndarray, boxes: np.ndarray, image: tuple[int, int]
) -> np.ndarray:
    """Make masks as published C++ does: cut to whole px, resized with these, and cut again."""
    gain = min(SIDE / image[0], SIDE / image[1])
    pad = [round((SIDE - round(image[axis] * gain)) / 2 - 0.1) for axis in (1, 0)]
    low = SIDE / prototypes.shape[1]
    made = np.zeros((len(boxes), *image), np.uint8)
    for place, box in enumerate(boxes):
        corners = [(box[i] * gain + pad[i % 2]) / low for i in range(4)]
        x, y = math.floor(corners[0]), math.floor(corners[1])
        w, h = math.ceil(corners[2]) - x, math.ceil(corners[3]) - y
        logits = np.tensordot(coefficients[place], prototypes[:, y : y + h, x : x + w], 1)
        left, top = (math.floor((low * at - pad[i]) / gain) for i, at in enumerate((x, y)))
        size = math.ceil(low * w / gain), math.ceil(low * h / gain)
        larger = cv2.resize(1 / (1 + np.exp(-logits)), size, interpolation=cv2.INTER_NEAREST) > 0.5
        x1, y1, x2, y2 = (int(side) for side in box)
        made[place, y1:y2, x1:x2] = larger[y1 - top : y2 - top, x1 - left : x2 - left]
    return made


def test_masks_are_resized_part_by_part() -> None:
    pipeline = Pipeline(mask_steps="each_part", mask_kernel="nearest")
    rng = np.random.default_rng(0)
    prototypes = cv2.GaussianBlur(rng.normal(size=(16, 16, 4)), (5, 5), 0).transpose(2, 0, 1)
    coefficients = 20 * rng.normal(size=(3, 4))
    boxes = np.array([[10.5, 3.2, 80.3, 55.2], [1.3, 2, 98.5, 57.5], [30, 11, 72.8, 50]])
    place = place_image(pipeline, IMAGE, (SIDE, SIDE))
    in_input = boxes * (SIDE / IMAGE[1]) + np.array([place.left, place.top] * 2)
    found = make_masks(
        pipeline,
        np.ascontiguousarray(prototypes, np.float32),
        coefficients.astype(np.float32),
        boxes=MaskBoxes(in_input.astype(np.float32), boxes.astype(np.float32)),
        place=place,
        image_shape=IMAGE,
        seen=seen_part(pipeline, IMAGE),
    )
    expected = part_by_part(prototypes, coefficients, boxes, IMAGE)
    assert expected.any(axis=(1, 2)).all()
    assert (found != expected).mean() < 1e-3


def test_probabilities_are_upsampled() -> None:
    logits = np.array([[[-1.0, 6], [-1, 6]]], np.float32)
    whole = np.array([[0, 0, SIDE, SIDE]], np.float32)
    sums = {}
    for made in ("upsampled", "probabilities"):
        pipeline = Pipeline(fitting="stretch", mask_made=made)
        (mask,) = make_masks(
            pipeline,
            logits,
            np.ones((1, 1), np.float32),
            boxes=MaskBoxes(whole, np.array([[0, 0, *IMAGE[::-1]]], np.float32)),
            place=place_image(pipeline, IMAGE, (SIDE, SIDE)),
            image_shape=IMAGE,
            seen=seen_part(pipeline, IMAGE),
        )
        sums[made] = mask[30].sum() / IMAGE[1]
    # Between the centres, at 1/4 and 3/4, logits cross 0 at 1/7 and probabilities 1/2 at 0.319.
    assert sums["upsampled"] == pytest.approx(0.75 - 0.5 / 7, abs=0.02)
    below, above = 1 / (1 + np.exp(1)), 1 / (1 + np.exp(-6))
    crossed = 0.25 + 0.5 * (0.5 - below) / (above - below)
    assert sums["probabilities"] == pytest.approx(1 - crossed, abs=0.02)


def test_outlines_fill_holes_and_the_largest_is_one() -> None:
    pixels = -np.ones((SIDE, SIDE), np.float32)
    pixels[5:40, 10:50], pixels[15:25, 20:30], pixels[45:50, 20:50] = 1, -1, 1
    found = {}
    for parts in ("all", "filled", "largest"):
        pipeline = Pipeline(fitting="stretch", mask_frame="prototypes", mask_parts=parts)
        whole = np.array([[0, 0, SIDE, SIDE]], np.float32)
        (found[parts],) = make_masks(
            pipeline,
            pixels[None],
            np.ones((1, 1), np.float32),
            boxes=MaskBoxes(whole, whole),
            place=place_image(pipeline, IMAGE, (SIDE, SIDE)),
            image_shape=IMAGE,
            seen=seen_part(pipeline, IMAGE),
        )
    assert found["all"].sum() == 35 * 40 - 100 + 5 * 30
    assert found["filled"].sum() == 35 * 40 + 5 * 30
    assert found["largest"].sum() == 35 * 40


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        ("up", slice(11, 31)),
        ("down", slice(10, 30)),
        ("outwards", slice(10, 31)),
        ("nearest", slice(11, 30)),
    ],
)
def test_corners_become_whole_px_in_several_ways(rounding: str, expected: slice) -> None:
    pipeline = Pipeline(fitting="stretch", mask_frame="prototypes", mask_crop_rounding=rounding)
    box = np.array([[10.7, 10.7, 30.3, 30.3]], np.float32)
    (found,) = make_masks(
        pipeline,
        np.ones((1, SIDE, SIDE), np.float32),
        np.ones((1, 1), np.float32),
        boxes=MaskBoxes(box, box),
        place=place_image(pipeline, IMAGE, (SIDE, SIDE)),
        image_shape=IMAGE,
        seen=seen_part(pipeline, IMAGE),
    )
    whole = np.zeros((SIDE, SIDE), np.uint8)
    whole[expected, expected] = 1
    np.testing.assert_array_equal(found, whole)


@pytest.mark.parametrize("height", [48, 49])
def test_masks_follow_from_where_an_image_lies_and_not_from_why(height: int) -> None:
    from ultralytics.utils.ops import process_mask_native

    chance = np.random.default_rng(height)
    prototypes = chance.normal(size=(4, 16, 16)).astype(np.float32)
    coefficients = chance.normal(size=(2, 4)).astype(np.float32)
    shape, boxes = (height, 64), np.array([[0, 0, 64, height]] * 2, np.float32)
    plain, other = Pipeline(), Pipeline(border_rounding="ceil")
    made = []
    for pipeline in (plain, other):
        made.append(
            make_masks(
                pipeline,
                prototypes,
                coefficients,
                boxes=MaskBoxes(boxes, boxes),
                place=place_image(pipeline, shape, (SIDE, SIDE)),
                image_shape=shape,
                seen=seen_part(pipeline, shape),
            )
        )
    given = map(torch.from_numpy, (prototypes, coefficients, boxes))
    np.testing.assert_array_equal(made[0], process_mask_native(*given, shape).numpy())
    same_place = height % 2 == 0  # then no px of the border needs to be rounded
    assert np.array_equal(*made) == same_place


@pytest.mark.parametrize("shape", [(48, 64), (47, 64), (64, 40), (64, 64), (30, 100), (200, 90)])
def test_steps_of_the_reference_are_taken_beside_other_choices(shape: tuple[int, int]) -> None:
    from ultralytics.utils.ops import process_mask_native

    chance = np.random.default_rng(0)
    prototypes = chance.normal(size=(4, 16, 16)).astype(np.float32)
    coefficients = chance.normal(size=(3, 4)).astype(np.float32)
    whole = np.array([[0, 0, *shape[::-1]]] * 3, np.float32)
    pipeline = Pipeline(mask_crop="no")
    made = make_masks(
        pipeline,
        prototypes,
        coefficients,
        boxes=MaskBoxes(whole, whole),
        place=place_image(pipeline, shape, (SIDE, SIDE)),
        image_shape=shape,
        seen=seen_part(pipeline, shape),
    )
    given = map(torch.from_numpy, (prototypes, coefficients, whole))
    np.testing.assert_array_equal(made, process_mask_native(*given, shape).numpy())


def test_masks_are_cropped_as_prototypes_like_earlier_versions_of_ultralytics() -> None:
    from ultralytics.utils.ops import crop_mask

    chance = np.random.default_rng(1)
    prototypes = chance.normal(size=(4, 16, 16)).astype(np.float32)
    coefficients = chance.normal(size=(2, 4)).astype(np.float32)
    boxes = np.array([[9.5, 4, 41, 60.2], [20, 20, 30, 29]], np.float32)
    pipeline = Pipeline(fitting="stretch", mask_frame="input", mask_crop="prototypes")
    made = make_masks(
        pipeline,
        prototypes,
        coefficients,
        boxes=MaskBoxes(boxes, boxes),
        place=place_image(pipeline, IMAGE, (SIDE, SIDE)),
        image_shape=IMAGE,
        seen=seen_part(pipeline, IMAGE),
    )
    logits = (coefficients @ prototypes.reshape(4, -1)).reshape(-1, 16, 16)
    low = crop_mask(torch.from_numpy(logits), torch.from_numpy(boxes / 4))
    enlarged = torch.nn.functional.interpolate(low[None], (SIDE, SIDE), mode="bilinear")[0]
    np.testing.assert_array_equal(made, enlarged.gt(0).numpy())
    assert made[0, :, 41:].any(), "beside the box"


def test_outlines_without_an_area_are_no_polygons() -> None:
    pixels = -np.ones((SIDE, SIDE), np.float32)
    pixels[5:9, 10:20], pixels[20, 20], pixels[30, 5:40] = 1, 1, 1
    pipeline = Pipeline(fitting="stretch", mask_frame="prototypes", mask_parts="filled")
    whole = np.array([[0, 0, SIDE, SIDE]], np.float32)
    (found,) = make_masks(
        pipeline,
        pixels[None],
        np.ones((1, 1), np.float32),
        boxes=MaskBoxes(whole, whole),
        place=place_image(pipeline, IMAGE, (SIDE, SIDE)),
        image_shape=IMAGE,
        seen=seen_part(pipeline, IMAGE),
    )
    assert found.sum() == found[5:9, 10:20].sum() == 40
