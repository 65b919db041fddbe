"""Decoding: which anchors become candidates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.detection.decoding import EMPTY, decode, decode_finished

NAN, INF = np.nan, np.inf


def raw(*scores: list[float]) -> np.ndarray:
    """Return a raw output of anchors with these class scores and recognisable boxes."""
    boxes = np.arange(4 * len(scores), dtype=np.float32).reshape(len(scores), 4)
    return np.concatenate([boxes, np.array(scores, np.float32)], axis=1).T.copy()


@pytest.mark.parametrize(
    ("scores", "anchors", "class_ids", "reason"),
    [
        ([[0.9, 0.1], [0.1, 0.8]], [0, 1], [0, 1], "the best class, in anchor order"),
        ([[0.1, 0.8], [0.9, 0.1]], [0, 1], [1, 0], "not sorted by score"),
        ([[0.009, 0.0], [0.02, 0.0]], [1], [0], "below the floor"),
        ([[0.01, 0.0], [0.0100001, 0.0]], [1], [0], "exactly at the floor is not above it"),
        ([[0.5, 0.5]], [0], [0], "of equal classes the first, as torch's max"),
        ([[0.0, 0.0]], [], [], "nothing"),
        ([[NAN, 0.9], [0.9, 0.1]], [1], [0], "a score that is no number drops its anchor"),
        ([[INF, 0.1]], [0], [0], "an endless score is kept, for the checks to catch"),
        ([[-INF, 0.2]], [0], [1], "an endless negative one does no harm"),
    ],
)
def test_anchors(
    scores: list[list[float]], anchors: list[int], class_ids: list[int], reason: str
) -> None:
    output = raw(*scores)
    candidates = decode(output, 0.01)
    assert candidates.class_ids.tolist() == class_ids, reason
    np.testing.assert_array_equal(candidates.boxes, output[:4, anchors].T)
    best = output[4:, anchors].max(axis=0) if anchors else []
    np.testing.assert_array_equal(candidates.scores, best)
    assert len(candidates) == len(anchors)


@given(st.integers(1, 90), st.integers(0, 50), st.integers(0, 2**32 - 1))
def test_it_finds_what_a_loop_finds(classes: int, anchors: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    output = rng.random((4 + classes, anchors), np.float32)
    output[4:] **= 8
    before = output.copy()
    candidates = decode(output, 0.25)
    expected = []
    for anchor in output.T:
        best = max(range(classes), key=lambda i, scores=anchor[4:]: scores[i])
        if anchor[4 + best] > np.float32(0.25):
            expected.append([*anchor[:4], anchor[4 + best], best])
    columns = [candidates.boxes, candidates.scores[:, None], candidates.class_ids[:, None]]
    np.testing.assert_array_equal(np.hstack(columns), np.reshape(expected, (-1, 6)))
    np.testing.assert_array_equal(output, before)


@pytest.mark.parametrize("function", [decode, decode_finished])
def test_nothing_keeps_shapes_and_types(function: object) -> None:
    output = np.zeros((84, 8400), np.float32) if function is decode else np.zeros((300, 6), "f4")
    candidates = function(output, 0.01)
    for name in ("boxes", "scores", "class_ids"):
        assert getattr(candidates, name).shape == getattr(EMPTY, name).shape
        assert getattr(candidates, name).dtype == getattr(EMPTY, name).dtype


def test_candidates_do_not_keep_the_raw_output_alive() -> None:
    output = raw([0.9, 0.1], [0.2, 0.8])
    candidates = decode(output, 0.01)
    output[:] = -1
    assert (candidates.boxes >= 0).all()
    assert (candidates.scores > 0).all()
    rows = np.array([[1, 2, 3, 4, 0.9, 5]], np.float32)
    finished = decode_finished(rows, 0.01)
    rows[:] = -1
    assert finished.boxes.tolist() == [[1, 2, 3, 4]]
    assert finished.scores[0] == np.float32(0.9)


@pytest.mark.parametrize(
    ("rows", "kept", "reason"),
    [
        ([[1, 2, 3, 4, 0.9, 5], [1, 2, 3, 4, 0.5, 79]], [0, 1], "rows stay in order"),
        ([[1, 2, 3, 4, 0.01, 5], [0, 0, 0, 0, 0, 0]], [], "filling rows score nothing"),
        ([[1, 2, 3, 4, NAN, 5], [1, 2, 3, 4, 0.5, 0]], [1], "a score that is no number"),
    ],
)
def test_finished_boxes(rows: list[list[float]], kept: list[int], reason: str) -> None:
    output = np.array(rows, np.float32)
    candidates = decode_finished(output, 0.01)
    np.testing.assert_array_equal(candidates.boxes, output[kept, :4])
    np.testing.assert_array_equal(candidates.scores, output[kept, 4])
    assert candidates.class_ids.tolist() == output[kept, 5].astype(int).tolist(), reason
    assert candidates.class_ids.dtype == np.int32
