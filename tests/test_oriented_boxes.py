"""Suppression of oriented boxes takes the decisions of Ultralytics' own."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from ultralytics.utils.metrics import batch_probiou
from ultralytics.utils.nms import non_max_suppression
from ultralytics.utils.ops import xywhr2xyxyxyxy

from parity.comparison.polygons import corner_distances
from parity.deployment.oriented_variants import select_oriented, write_hulls
from parity.deployment.pipeline import Pipeline
from parity.detection.decoding import Candidates
from parity.detection.oriented_boxes import corners_of, probabilistic_iou, suppress_oriented
from tests.conftest import examples

CLASSES = 3


def crowd(seed: int, count: int) -> Candidates:
    """Return oriented candidates that overlap, each of another score."""
    rng = np.random.default_rng(seed)
    boxes = np.concatenate(
        [rng.uniform(100, 220, (count, 2)), rng.uniform(10, 90, (count, 2))], axis=1
    )
    scores = rng.permutation(count).astype(np.float32) / count
    angles = rng.uniform(-np.pi / 4, 3 * np.pi / 4, (count, 1))
    return Candidates(
        boxes.astype(np.float32),
        scores,
        rng.integers(0, CLASSES, count).astype(np.int32),
        angles.astype(np.float32),
    )


@examples(30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 600), st.sampled_from([0.1, 0.45, 0.7]))
def test_the_same_boxes_stay(seed: int, count: int, iou: float) -> None:
    found = crowd(seed, count)
    raw = torch.zeros(1, 4 + CLASSES + 1, count + 9)
    raw[0, :4, :count] = torch.from_numpy(found.boxes.T.copy())
    raw[0, 4 + torch.from_numpy(found.class_ids).long(), torch.arange(count)] = torch.from_numpy(
        found.scores
    )
    raw[0, -1, :count] = torch.from_numpy(found.extras[:, 0])
    (expected,) = non_max_suppression(raw, 0.25, iou, nc=CLASSES, rotated=True, max_det=50)
    kept = suppress_oriented(found, conf=0.25, iou=iou, max_det=50)
    np.testing.assert_array_equal(kept.scores, expected[:, 4].numpy())
    np.testing.assert_array_equal(kept.boxes, expected[:, :4].numpy())
    np.testing.assert_array_equal(kept.extras[:, 0], expected[:, 6].numpy())


def test_the_probabilistic_iou_is_ultralytics_own() -> None:
    found = crowd(0, 200)
    boxes = np.concatenate([found.boxes, found.extras], axis=1)
    expected = batch_probiou(torch.from_numpy(boxes), torch.from_numpy(boxes)).numpy()
    apart = np.abs(probabilistic_iou(boxes, boxes) - expected)
    assert apart[expected < 0.99].max() < 1e-5  # above, the root of a difference of float32 is all


@examples(30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.sampled_from([0.1, 0.45, 0.7]))
def test_only_boxes_that_stay_may_suppress(seed: int, count: int, iou: float) -> None:
    found = crowd(seed, count)
    boxes = torch.from_numpy(np.concatenate([found.boxes, found.extras], axis=1))
    alike = batch_probiou(boxes, boxes).numpy()
    same = found.class_ids[:, None] == found.class_ids
    stay: list[int] = []
    for i in np.argsort(-found.scores):
        if found.scores[i] > 0.25 and not any(alike[j, i] > iou and same[j, i] for j in stay):
            stay.append(int(i))
    pipeline = Pipeline(conf=0.25, iou=iou, oriented_suppressors="kept")
    kept = select_oriented(pipeline, found)
    np.testing.assert_array_equal(kept.scores, found.scores[stay])


def test_corners_are_clipped_one_by_one() -> None:
    boxes = np.float32([[20, 30, 80, 30, 0.5], [320, 240, 80, 30, 0.5]])
    corners = xywhr2xyxyxyxy(torch.from_numpy(boxes)).numpy().clip(0, [640, 480])
    hulls, written = write_hulls(Pipeline(corners_clipped=True), boxes, (480, 640))
    np.testing.assert_allclose(hulls[:, :2], corners.min(axis=1), atol=1e-4)
    np.testing.assert_allclose(hulls[:, 2:], corners.max(axis=1), atol=1e-4)
    np.testing.assert_allclose(written[:, :2], corners.mean(axis=1), atol=1e-4)
    apart = corner_distances(corners_of(written), corners_of(boxes))
    assert apart[1].max() < 1e-3
    assert apart[0].max() > 1
