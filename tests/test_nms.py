"""Suppression: bit-equal to torchvision's and to Ultralytics', in crowds, ties and at the edge."""

from inspect import signature

import numpy as np
import pytest
import torch
import torchvision
from hypothesis import given
from hypothesis import strategies as st
from ultralytics.utils.nms import non_max_suppression

from parity.backends.pytorch import postprocess as theirs
from parity.detection.candidate_files import ImageCandidates
from parity.detection.decoding import EMPTY, Candidates
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.detection.nms import CLASS_OFFSET_PX, MAX_CANDIDATES, cut, nms, suppress
from parity.postprocessing import postprocess as ours
from tests.conftest import examples

SEEDS = st.integers(0, 2**32 - 1)
IOUS = st.sampled_from([0.0, 0.1, 0.45, 0.5, 0.7, 0.9, 1.0])


def crowd(seed: int, count: int, *, grid: bool, ties: bool, classes: int = 3) -> Candidates:
    """Return many boxes in a small place, on a grid or not, with few or many scores."""
    rng = np.random.default_rng(seed)
    centres, sides = rng.uniform(50, 150, (count, 2)), rng.uniform(20, 90, (count, 2))
    if grid:
        centres, sides = np.round(centres / 8) * 8, np.round(sides / 16) * 16
    scores = rng.uniform(0.02, 1, count)
    if ties:
        scores = np.round(scores, 1) + 0.01
    return Candidates(
        np.concatenate([centres, sides], axis=1).astype(np.float32),
        scores.astype(np.float32),
        rng.integers(0, classes, count).astype(np.int32),
    )


def by_torchvision(boxes: np.ndarray, scores: np.ndarray, iou: float) -> np.ndarray:
    return torchvision.ops.nms(torch.from_numpy(boxes), torch.from_numpy(scores), iou).numpy()


def corners(candidates: Candidates) -> np.ndarray:
    half = candidates.boxes[:, 2:] / 2
    centres = candidates.boxes[:, :2]
    return np.concatenate([centres - half, centres + half], axis=1)


def by_ultralytics(
    candidates: Candidates, *, conf: float, iou: float, max_det: int, classes: int, **more: int
) -> np.ndarray:
    """Return rows of box, score and class from an output with the anchors among others."""
    output = torch.zeros(1, 4 + classes, len(candidates) + 7)
    output[0, :4, : len(candidates)] = torch.from_numpy(candidates.boxes.T.copy())
    rows = 4 + torch.from_numpy(candidates.class_ids).long()
    output[0, rows, torch.arange(len(candidates))] = torch.from_numpy(candidates.scores)
    return non_max_suppression(
        output, conf, iou, max_det=max_det, max_time_img=float("inf"), **more
    )[0].numpy()


@examples(80)
@given(SEEDS, st.integers(0, 300), st.booleans(), st.booleans(), IOUS)
def test_it_keeps_what_torchvision_keeps(
    seed: int, count: int, grid: bool, ties: bool, iou: float
) -> None:
    candidates = crowd(seed, count, grid=grid, ties=ties)
    boxes = corners(candidates)
    kept = nms(boxes, candidates.scores, iou)
    np.testing.assert_array_equal(kept, by_torchvision(boxes, candidates.scores, iou))


@examples(40)
@given(SEEDS, st.integers(1, 12), st.integers(1, 12))
def test_a_threshold_exactly_at_an_overlap_keeps_both(seed: int, width: int, height: int) -> None:
    """Every overlap of two boxes is tried as the threshold, and its two neighbours."""
    rng = np.random.default_rng(seed)
    first = np.array([0, 0, 12, 12], np.float32)
    second = np.array([0, 0, width, height], np.float32) + np.float32(rng.uniform(0, 1))
    boxes, scores = np.stack([first, second]), np.array([0.9, 0.8], np.float32)
    inside = np.clip(np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2]), 0, None)
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in boxes]
    overlap = inside[0] * inside[1] / (areas[0] + areas[1] - inside[0] * inside[1])
    assert overlap.dtype == np.float32
    exact = float(overlap)
    for iou in (exact, np.nextafter(exact, 0), np.nextafter(exact, 2), float(np.float16(exact))):
        kept = nms(boxes, scores, iou)
        np.testing.assert_array_equal(kept, by_torchvision(boxes, scores, iou))
    assert len(nms(boxes, scores, exact)) == 2
    assert len(nms(boxes, scores, np.nextafter(exact, 0))) == (1 if exact else 2)


@pytest.mark.parametrize(
    ("boxes", "reason"),
    [
        ([[0, 0, 10, 10]] * 5, "the same box again and again"),
        ([[5, 5, 5, 5]] * 3, "points: 0 divided by 0 suppresses nothing"),
        ([[10, 10, 0, 0]] * 2, "reversed boxes have a positive product of sides"),
        ([[0, 10, 10, 0], [0, 0, 10, 10]], "half reversed: a negative area"),
        ([[0, 0, np.nan, 10], [0, 0, 10, 10]], "no number"),
        ([[0, 0, np.inf, 10], [0, 0, np.inf, 10]], "endless"),
        ([[0, 0, 1e20, 1e20], [0, 0, 1e20, 1e20]], "areas beyond float32"),
        ([[614400, 0, 614400.03, 1], [614400.02, 0, 614400.05, 1]], "coarse"),
    ],
)
@pytest.mark.parametrize("iou", [0.0, 0.45, 1.0])
def test_hostile_boxes(boxes: list[list[float]], reason: str, iou: float) -> None:
    array = np.array(boxes, np.float32)
    scores = np.linspace(0.9, 0.5, len(array), dtype=np.float32)
    kept = nms(array, scores, iou)
    np.testing.assert_array_equal(kept, by_torchvision(array, scores, iou), err_msg=reason)


def test_of_equal_scores_the_earlier_box_wins() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [2, 0, 12, 10]], np.float32)
    assert nms(boxes, np.full(3, 0.5, np.float32), 0.5).tolist() == [0]


def test_a_box_that_is_suppressed_suppresses_nothing() -> None:
    boxes = np.array([[0, 0, 10, 10], [4, 0, 14, 10], [8, 0, 18, 10]], np.float32)
    scores = np.array([0.9, 0.8, 0.7], np.float32)
    assert nms(boxes, scores, 0.4).tolist() == [0, 2]


@examples(15)
@given(SEEDS, st.integers(1, 200), IOUS)
def test_a_limit_keeps_the_first(seed: int, limit: int, iou: float) -> None:
    candidates = crowd(seed, 400, grid=False, ties=True)
    whole = nms(corners(candidates), candidates.scores, iou)
    limited = nms(corners(candidates), candidates.scores, iou, limit=limit)
    np.testing.assert_array_equal(limited[:limit], whole[:limit])


THRESHOLDS = st.fixed_dictionaries(
    {
        "conf": st.sampled_from([0.02, 0.25, 0.5, 0.61]),
        "iou": IOUS,
        "max_det": st.sampled_from([1, 10, 300]),
    }
)
CROWDS = st.tuples(SEEDS, st.integers(0, 300), st.booleans(), st.booleans())


@examples(60)
@given(CROWDS, THRESHOLDS, st.sampled_from([1, 3, 80, 1203]))
def test_it_detects_what_ultralytics_detects(
    drawn: tuple[int, int, bool, bool], thresholds: dict[str, float], classes: int
) -> None:
    seed, count, grid, ties = drawn
    candidates = crowd(seed, count, grid=grid, ties=ties, classes=classes)
    if classes == 1203:  # at 7680 px a class float32 is coarse; the ids must be high
        few = candidates.class_ids % 3
        candidates = Candidates(candidates.boxes, candidates.scores, few + np.int32(1200))
    rows = by_ultralytics(candidates, classes=classes, **thresholds)
    kept = suppress(candidates, **thresholds)
    boxes, scores, class_ids = kept.boxes, kept.scores, kept.class_ids
    np.testing.assert_array_equal(boxes, rows[:, :4])
    np.testing.assert_array_equal(scores, rows[:, 4])
    np.testing.assert_array_equal(class_ids, rows[:, 5])
    assert (boxes.dtype, scores.dtype, class_ids.dtype) == (np.float32, np.float32, np.int32)


def test_the_classes_offset_in_float32_can_decide() -> None:
    """At class 79 one bit of float32 is 1/16 px: two boxes that overlap by 0.49 exactly do more."""
    candidates = crowd(3, 300, grid=False, ties=False, classes=1)
    low = suppress(candidates, conf=0.02, iou=0.45, max_det=300).scores
    high = Candidates(candidates.boxes, candidates.scores, candidates.class_ids + np.int32(1200))
    rows = by_ultralytics(high, conf=0.02, iou=0.45, max_det=300, classes=1201)
    kept = suppress(high, conf=0.02, iou=0.45, max_det=300)
    boxes, scores = kept.boxes, kept.scores
    np.testing.assert_array_equal(boxes, rows[:, :4])
    assert not np.array_equal(low, scores)


@pytest.mark.parametrize("count", [0, 1, 5, 6, 7, 100])
def test_both_arms_make_the_same_detections_of_the_same_candidates(count: int) -> None:
    """Of six too: Ultralytics takes an output whose last axis is 6 for finished boxes."""
    image = ImageCandidates(
        "a.jpg", "0", (480, 640), (640, 640), candidates=crowd(1, count, grid=False, ties=False)
    )
    options = {
        "conf": 0.05,
        "iou": 0.45,
        "max_det": 300,
        "head": NetworkHead(),
    }
    one, other = ours.detect(image, **options), theirs.detect(image, **options)
    assert_equal(one, other)
    assert (len(one) > 0) == (count > 0)


def test_both_arms_treat_finished_boxes_alike() -> None:
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 300, (50, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(1, 300, (50, 2))], 1).astype(np.float32)
    scores = np.sort(rng.random(50).astype(np.float32))[::-1].copy()
    candidates = Candidates(boxes, scores, rng.integers(0, 80, 50).astype(np.int32))
    image = ImageCandidates("a.jpg", "0", (480, 640), (640, 640), candidates=candidates)
    for conf, max_det in [(0.05, 300), (0.5, 300), (0.05, 7), (0.999, 300)]:
        options = {"conf": conf, "iou": 0.1, "max_det": max_det, "head": NetworkHead(finished=True)}
        one, other = ours.detect(image, **options), theirs.detect(image, **options)
        assert_equal(one, other)
        assert len(one) == min((scores > np.float32(conf)).sum(), max_det)


def test_a_class_beyond_the_names_is_detected_by_both_arms() -> None:
    candidates = Candidates(
        np.array([[50, 50, 20, 20]], np.float32), np.array([0.9], "f4"), np.array([80], np.int32)
    )
    image = ImageCandidates("a.jpg", "0", (640, 640), (640, 640), candidates=candidates)
    options = {"conf": 0.1, "iou": 0.5, "max_det": 300, "head": NetworkHead()}
    assert ours.detect(image, **options).class_ids.tolist() == [80]
    assert theirs.detect(image, **options).class_ids.tolist() == [80]


def test_nothing_keeps_shapes_and_types() -> None:
    for kept in (
        suppress(EMPTY, conf=0.25, iou=0.45, max_det=300),
        cut(EMPTY, conf=0.25, max_det=300),
    ):
        columns = kept.boxes, kept.scores, kept.class_ids
        assert [column.shape for column in columns] == [(0, 4), (0,), (0,)]
        assert [column.dtype for column in columns] == [np.float32, np.float32, np.int32]


def test_a_score_exactly_at_the_threshold_is_no_detection() -> None:
    candidates = Candidates(
        np.array([[50, 50, 20, 20], [150, 50, 20, 20]], np.float32),
        np.array([0.25, np.nextafter(np.float32(0.25), np.float32(1))], np.float32),
        np.zeros(2, np.int32),
    )
    assert suppress(candidates, conf=0.25, iou=0.5, max_det=9).boxes[:, 0].tolist() == [140.0]
    assert cut(candidates, conf=0.25, max_det=9).boxes[:, 0].tolist() == [150.0]


def test_more_candidates_than_ultralytics_considers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lowest are left out before suppression; its limit of 30000 is lowered to be quick."""
    defaults = signature(non_max_suppression).parameters
    assert defaults["max_nms"].default == MAX_CANDIDATES
    assert defaults["max_wh"].default == CLASS_OFFSET_PX
    monkeypatch.setattr("parity.detection.nms.MAX_CANDIDATES", 100)
    candidates = crowd(0, 500, grid=False, ties=False)
    options = {"conf": 0.05, "iou": 0.9, "max_det": 300}
    rows = by_ultralytics(candidates, classes=3, max_nms=100, **options)
    survivors = suppress(candidates, **options)
    boxes, kept = survivors.boxes, survivors.scores
    np.testing.assert_array_equal(kept, rows[:, 4])
    np.testing.assert_array_equal(boxes, rows[:, :4])
    assert len(kept) < len(by_ultralytics(candidates, classes=3, **options))


def assert_equal(one: Detections, other: Detections) -> None:
    """Check that two sets of detections are equal in every bit and type."""
    for name in ("boxes", "scores", "class_ids"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert getattr(one, name).dtype == getattr(other, name).dtype
