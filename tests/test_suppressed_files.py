"""What is left of all candidates answers as Ultralytics' NMS does at any other threshold."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.backends.pytorch.postprocess import detect
from parity.detection.candidate_files import CandidateBatch, ImageCandidates, NetworkRun
from parity.detection.decoding import Candidates
from parity.detection.head import NetworkHead
from parity.detection.suppressed_files import SuppressedBatch
from parity.errors import UserError
from tests.conftest import examples

IOU = 0.45


def batch_of(seed: int, count: int, *, steps: int, head: NetworkHead) -> CandidateBatch:
    """Return crowded candidates of one image; few steps of the scores make many ties."""
    random = np.random.default_rng(seed)
    centres, sides = random.uniform(0, 120, (count, 2)), random.uniform(20, 80, (count, 2))
    boxes = np.hstack([centres, sides])
    if head.finished:
        boxes = np.hstack([centres, centres + sides])
    scores = random.integers(1, steps, count) / steps
    class_ids = random.integers(0, 3, count)
    candidates = Candidates(
        boxes.astype(np.float32), scores.astype(np.float32), class_ids.astype(np.int32)
    )
    image = ImageCandidates("a.jpg", "0" * 64, (97, 143), (96, 160), candidates=candidates)
    run = NetworkRun("0" * 64, (160, 160), True, head, {}, 0.01, 1, {})
    return CandidateBatch(run, [image])


@pytest.mark.parametrize("end2end", [False, True])
@examples(50)
@given(
    crowd=st.tuples(
        st.integers(0, 2**32 - 1), st.integers(0, 120), st.sampled_from([5, 20, 10_000])
    ),
    conf=st.one_of(st.sampled_from([0.2, 0.25, 0.3, 0.6]), st.floats(0.01, 0.99)),
    max_det=st.sampled_from([1, 7, 300]),
)
def test_what_is_left_is_what_ultralytics_detects(
    crowd: tuple[int, int, int], conf: float, max_det: int, end2end: bool
) -> None:
    seed, count, steps = crowd
    batch = batch_of(seed, count, steps=steps, head=NetworkHead(finished=end2end))
    (image,) = batch.images
    left = SuppressedBatch.of(batch, iou=IOU, detect=detect)
    asked = {"conf": conf, "iou": IOU, "max_det": max_det, "head": batch.made_by.head}
    expected, found = detect(image, **asked), left.detect(image, **asked)
    assert found.equals(expected)
    for one, other in zip(vars(found).values(), vars(expected).values(), strict=True):
        assert getattr(one, "dtype", None) == getattr(other, "dtype", None)


def test_a_file_holds_it(tmp_path: Path) -> None:
    left = SuppressedBatch.of(batch_of(3, 80, steps=9, head=NetworkHead()), iou=IOU, detect=detect)
    left.save(tmp_path / "left.npz")
    again = SuppressedBatch.load(tmp_path / "left.npz")
    assert again.iou == IOU
    assert list(again.images) == ["a.jpg"]
    assert again.images["a.jpg"].equals(left.images["a.jpg"])
    (tmp_path / "left.npz").write_bytes(b"PK")
    with pytest.raises(UserError, match="is damaged"):
        SuppressedBatch.load(tmp_path / "left.npz")


def test_masks_are_left_to_ultralytics(tmp_path: Path) -> None:
    left = SuppressedBatch.of(
        batch_of(3, 8, steps=9, head=NetworkHead("segment")), iou=IOU, detect=detect
    )
    left.save(tmp_path / "left.npz")
    assert not SuppressedBatch.load(tmp_path / "left.npz").images
