"""Measures of masks, keypoints and oriented boxes, against independent implementations."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pycocotools import mask as coco
from pycocotools.cocoeval import Params

from parity.comparison.measures import COCO_SIGMAS, box_distances, measure, on_one_grid
from parity.comparison.polygons import area, clip, corner_distances, pairwise_overlap
from parity.detection.detections import Detections
from parity.detection.oriented_boxes import corners_of, hulls_of
from parity.detection.run_length import decode_masks, encode_masks
from tests.conftest import examples

PAIRS = np.array([[0, 0]])


def detections(**shapes: np.ndarray) -> Detections:
    """Return one detection of a box of 100 by 50 px, with what its task adds."""
    box = np.array([[0, 0, 100, 50]], np.float32)
    return Detections(box, np.ones(1, np.float32), np.zeros(1, np.int32), **shapes)


oriented = st.tuples(
    st.floats(-20, 20), st.floats(-20, 20), st.floats(1, 40), st.floats(1, 40), st.floats(-7, 7)
)
masks = arrays.arrays(np.uint8, (2, 9, 12), elements=st.integers(0, 1))


@examples(100)
@given(masks)
def test_a_mask_difference_is_one_minus_the_iou_of_coco(both: np.ndarray) -> None:
    one, other = (coco.encode(np.asfortranarray(mask)) for mask in both)
    expected = 1 - coco.iou([one], [other], [0])[0, 0] if both.any() else 0.0
    found = measure(detections(masks=both[:1]), detections(masks=both[1:]), PAIRS)
    assert found["mask"][0] == pytest.approx(expected, abs=1e-12)


@examples(100)
@given(masks)
def test_run_lengths_are_those_of_coco_and_give_the_mask_back(both: np.ndarray) -> None:
    counts = encode_masks(both)
    assert counts == [coco.encode(np.asfortranarray(m))["counts"].decode() for m in both]
    np.testing.assert_array_equal(decode_masks(counts, (9, 12)), both)


@pytest.mark.parametrize(
    ("shift", "reason"), [((0, 0), "the same"), ((3, 0), "along x"), ((0, 2), "along y")]
)
def test_a_shifted_mask_has_a_boundary_as_far_away(shift: tuple[int, int], reason: str) -> None:
    mask = np.zeros((1, 40, 40), np.uint8)
    mask[0, 10:20, 10:25] = 1
    moved = np.roll(mask, shift[::-1], axis=(1, 2))
    found = measure(detections(masks=mask), detections(masks=moved), PAIRS)
    assert found["boundary_px"][0] == pytest.approx(max(shift), abs=1e-5), reason
    assert found["area"][0] == 0


def test_sigmas_are_those_of_coco() -> None:
    np.testing.assert_allclose(COCO_SIGMAS, Params("keypoints").kpt_oks_sigmas)


def test_keypoints_are_compared_as_ultralytics_compares_them() -> None:
    import torch
    from ultralytics.utils.metrics import kpt_iou

    rng = np.random.default_rng(0)
    both = rng.uniform(0, 100, (2, 1, 17, 3)).astype(np.float32)
    both[1, ..., :2] = both[0, ..., :2] + rng.normal(0, 3, (1, 17, 2))
    both[..., 2] = 1
    both[1, 0, 4, 2] = 0.75
    ours, theirs = (detections(keypoints=each) for each in both)
    found = measure(ours, theirs, PAIRS)
    distances = np.hypot(*(both[0] - both[1])[0, :, :2].T)
    assert found["keypoint_px"][0] == pytest.approx(distances.max(), rel=1e-6)
    assert found["visibility"].tolist() == [0.25]
    similar = kpt_iou(*map(torch.from_numpy, both), torch.tensor([5000.0]), COCO_SIGMAS)
    assert found["oks"][0] == pytest.approx(1 - float(similar), abs=1e-5)
    plain = measure(ours, detections(keypoints=both[1, ..., :2]), PAIRS)
    assert plain == {name: found[name] for name in ("keypoint_px", "oks")}, "x and y alone"


@examples(100)
@given(oriented, oriented)
def test_rotated_boxes_overlap_as_shapely_clips_them(
    one: tuple[float, ...], other: tuple[float, ...]
) -> None:
    corners = corners_of(np.array([one, other]))
    first, second = map(shapely.Polygon, corners)
    expected = first.intersection(second).area / first.union(second).area
    found = pairwise_overlap(corners, corners)
    assert found[0, 1] == pytest.approx(expected, abs=1e-9)
    assert found[1, 0] == pytest.approx(found[0, 1], abs=1e-12)
    assert found[0, 0] == pytest.approx(1)


@examples(50)
@given(oriented)
def test_a_rectangle_is_the_same_however_it_is_named(box: tuple[float, ...]) -> None:
    x, y, width, height, angle = box
    turned = np.array(
        [box, (x, y, width, height, angle + np.pi), (x, y, height, width, angle + np.pi / 2)]
    )
    corners = corners_of(turned)
    for other in corners[1:]:
        assert corner_distances(corners[:1], other[None])[0] == pytest.approx(0, abs=1e-9)
    ours = detections(oriented=turned[:1])
    for other in turned[1:]:
        theirs = detections(oriented=other[None])
        assert box_distances(ours, theirs, PAIRS)[0] == pytest.approx(0, abs=1e-9)
        angle_apart = measure(ours, theirs, PAIRS)["angle"][0]
        assert angle_apart == pytest.approx(0, abs=1e-6) or abs(width - height) < 1e-9


def test_an_angle_differs_by_what_it_is_turned() -> None:
    straight = np.array([[50, 50, 40, 10, 0.2]])
    turned = straight + np.array([0, 0, 0, 0, np.radians(3)])
    found = measure(detections(oriented=straight), detections(oriented=turned), PAIRS)
    assert found["angle"][0] == pytest.approx(3)


def test_corners_and_hulls_are_those_of_ultralytics() -> None:
    from ultralytics.utils.ops import xywhr2xyxyxyxy

    rng = np.random.default_rng(0)
    boxes = rng.uniform(-3, 50, (30, 5))
    corners = xywhr2xyxyxyxy(boxes)
    np.testing.assert_allclose(corners_of(boxes), corners, atol=1e-12)
    low, high = corners.min(axis=1), corners.max(axis=1)
    np.testing.assert_allclose(hulls_of(boxes), np.concatenate([low, high], axis=1), atol=1e-12)


def test_what_does_not_meet_has_no_part_in_common() -> None:
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
    squares, others = np.stack([square] * 3), np.stack([square + 5, square + 0.5, square])
    assert area(clip(squares, others)) == pytest.approx([0, 0.25, 1])


def labels(scores: list[float]) -> Detections:
    """Return labels by falling score."""
    boxes = np.tile(np.array([0, 0, 100, 50], np.float32), (len(scores), 1))
    return Detections(boxes, np.array(scores, np.float32), np.arange(len(scores), dtype=np.int32))


def test_labels_move_by_places_among_those_that_both_report() -> None:
    ours, theirs = labels([0.5, 0.25, 0.125]), labels([0.5, 0.375, 0.0625])
    swapped = measure(ours, theirs, np.array([[0, 1], [1, 0], [2, 2]]), task="classify")
    assert swapped["rank"].tolist() == [1, 1, 0]
    one_missing = measure(ours, theirs, np.array([[1, 0], [2, 2]]), task="classify")
    assert one_missing["rank"].tolist() == [0, 0]


def test_the_margin_is_the_lead_of_the_best_label_over_the_second() -> None:
    pairs = np.array([[0, 0], [1, 1]])
    found = measure(labels([0.5, 0.25]), labels([0.5, 0.375]), pairs, task="classify")
    assert found["margin"].tolist() == [0.125, 0.125]
    assert found.keys() == {"rank", "margin"}
    alone = measure(labels([0.5]), labels([0.5, 0.375]), pairs[:1], task="classify")
    assert alone["margin"].tolist() == [0]


@pytest.mark.parametrize("fit", [(160, 160), (120, 160)])
def test_masks_of_two_inputs_are_compared_where_the_image_is(fit: tuple[int, int]) -> None:
    height, width = fit
    image = np.zeros((120, 160), np.uint8)
    image[30:90, 40:100] = 1
    padded = np.zeros((1, 160, 160), np.uint8)
    padded[0, 20:140] = image
    own = np.zeros((1, height, width), np.uint8)
    own[0, (height - 120) // 2 : (height + 120) // 2] = image
    both = on_one_grid(detections(masks=padded), detections(masks=own), (240, 320))
    assert measure(*both, PAIRS)["mask"].tolist() == [0]


def test_masks_of_inputs_of_two_sizes_are_compared_at_the_size_of_the_reference() -> None:
    large = np.kron(np.eye(4, dtype=np.uint8), np.ones((20, 20), np.uint8))[None]
    ours, theirs = on_one_grid(
        detections(masks=large), detections(masks=large[:, ::2, ::2]), (80, 80)
    )
    assert measure(ours, theirs, PAIRS)["mask"].tolist() == [0]
    assert ours.masks is not None
    assert ours.masks.shape == (1, 80, 80)
