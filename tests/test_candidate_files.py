"""Candidate files: what is written is what is read, in the same bytes every time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.detection.candidate_files import CandidateBatch, ImageCandidates
from parity.errors import UserError
from parity.postprocessing.postprocess import detect
from tests.candidates import RUN, candidates, mixed
from tests.conftest import examples

HOSTILE = [
    "image (63).png",
    "a/b/[1].jpg",
    "ä ☃.png",
    'quote".jpg',
    "new\nline.jpg",
    "bad\udcff.jpg",
]


@examples(25)
@given(st.lists(st.tuples(st.sampled_from(HOSTILE), st.integers(0, 5)), max_size=6))
def test_a_batch_of_candidates_comes_back(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[str, int]]
) -> None:
    images = [
        ImageCandidates(
            f"{i}{name}",
            "ab" * 32,
            (480, 640),
            (640, 640),
            candidates=candidates(n, i),
            non_finite=i,
        )
        for i, (name, n) in enumerate(drawn)
    ]
    path = tmp_path_factory.mktemp("batch") / "batch.npz"
    CandidateBatch(RUN, images).save(path)
    loaded = CandidateBatch.load(path)
    assert loaded.made_by == RUN
    assert len(loaded.images) == len(images)
    for one, other in zip(images, loaded.images, strict=True):
        for field in ("name", "sha256", "image_shape", "input_shape", "reason", "non_finite"):
            assert getattr(one, field) == getattr(other, field)
        for field in ("boxes", "scores", "class_ids"):
            left, right = getattr(other.candidates, field), getattr(one.candidates, field)
            assert (left.shape, left.dtype) == (right.shape, right.dtype)
            np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("images", [[], mixed()], ids=["nothing", "three images"])
def test_equal_candidates_have_equal_bytes(tmp_path: Path, images: list[ImageCandidates]) -> None:
    for name in ("1", "2"):
        CandidateBatch(RUN, images).save(tmp_path / f"{name}.npz")
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()


@pytest.mark.parametrize(
    ("content", "said", "reason"),
    [
        (b"", "is damaged", "empty"),
        (b"PK\x03\x04 half a file", "is damaged", "cut off"),
        (b"\x93NUMPY", "is damaged", "another kind of file"),
    ],
)
def test_a_damaged_file_says_so(tmp_path: Path, content: bytes, said: str, reason: str) -> None:
    path = tmp_path / "batch.npz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"; delete it and run again\.$") as caught:
        CandidateBatch.load(path)
    assert said in str(caught.value), reason


@pytest.mark.parametrize("lost", ["offsets", "scores"])
def test_a_lost_array_says_so(tmp_path: Path, lost: str) -> None:
    path = tmp_path / "batch.npz"
    CandidateBatch(RUN, mixed()).save(path)
    with np.load(path) as stored:
        arrays = {key: value for key, value in stored.items() if key != lost}
    np.savez(path, **arrays)
    with pytest.raises(UserError, match=rf"is damaged \('{lost}"):
        CandidateBatch.load(path)


def test_candidates_of_any_threshold_above_the_floor_are_enough(tmp_path: Path) -> None:
    """One file answers every threshold: equal to suppressing what a higher floor left."""
    image = ImageCandidates("a.jpg", "aa", (480, 640), (640, 640), candidates=candidates(200))
    CandidateBatch(RUN, [image]).save(tmp_path / "batch.npz")
    stored = CandidateBatch.load(tmp_path / "batch.npz").images[0]
    options = {"iou": 0.5, "max_det": 300, "head": RUN.head}
    for conf in (0.1, 0.3, 0.7):
        kept = np.flatnonzero(image.candidates.scores > np.float32(conf))
        higher = replace(image, candidates=image.candidates.at(kept))
        one = detect(stored, conf=conf, **options)
        other = detect(higher, conf=0.01, **options)
        for field in ("boxes", "scores", "class_ids"):
            np.testing.assert_array_equal(getattr(one, field), getattr(other, field))
