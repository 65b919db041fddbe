"""Detections and candidates: what is written is what is read, in the same bytes every time."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from parity.detection.candidate_files import CandidateBatch, ImageCandidates
from parity.detection.decoding import EMPTY, Candidates
from parity.detection.detect_batch import detect_batch
from parity.detection.detection_files import load_detections, save_detections
from parity.detection.detections import Detections
from parity.detection.postprocess import detect
from parity.errors import UserError

MADE_BY = {"names": {"0": "person", "1": "ünïcode"}, "end2end": False, "floor": 0.01}
FLOATS = st.floats(width=32, allow_nan=True, allow_infinity=True)


@st.composite
def detections(draw: st.DrawFn) -> Detections:
    """Draw any numbers, possible or not."""
    count = draw(st.integers(0, 5))
    return Detections(
        draw(arrays(np.float32, (count, 4), elements=FLOATS)),
        draw(arrays(np.float32, count, elements=FLOATS)),
        draw(arrays(np.int32, count)),
    )


def assert_equal(one: Detections | Candidates, other: Detections | Candidates) -> None:
    """Check that shapes, types and bits are equal."""
    for name in ("boxes", "scores", "class_ids"):
        left, right = getattr(one, name), getattr(other, name)
        assert (left.shape, left.dtype) == (right.shape, right.dtype)
        np.testing.assert_array_equal(left, right)


@given(detections())
def test_json_gives_every_float32_back(found: Detections) -> None:
    assert_equal(Detections.from_json(json.loads(json.dumps(found.as_json()))), found)


def test_numbers_are_as_short_as_they_can_be() -> None:
    found = Detections(
        np.array([[0.1, 1, 2.5, 1e-7]], np.float32), np.array([0.9402], "f4"), np.array([0], "i4")
    )
    assert json.dumps(found.as_json()) == (
        '{"boxes": [[0.1, 1.0, 2.5, 1e-07]], "scores": [0.9402], "class_ids": [0]}'
    )


def candidates(count: int, seed: int = 0) -> Candidates:
    rng = np.random.default_rng(seed)
    return Candidates(
        rng.uniform(100, 300, (count, 4)).astype(np.float32),
        rng.uniform(0.1, 1, count).astype(np.float32),
        rng.integers(0, 2, count).astype(np.int32),
    )


HOSTILE = [
    "image (63).png",
    "a/b/[1].jpg",
    "ä ☃.png",
    'quote".jpg',
    "new\nline.jpg",
    "bad\udcff.jpg",
]


@settings(max_examples=25)
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
    CandidateBatch(MADE_BY, images).save(path)
    loaded = CandidateBatch.load(path)
    assert loaded.made_by == MADE_BY
    assert len(loaded.images) == len(images)
    for one, other in zip(images, loaded.images, strict=True):
        for field in ("name", "sha256", "image_shape", "input_shape", "reason", "non_finite"):
            assert getattr(one, field) == getattr(other, field)
        assert_equal(other.candidates, one.candidates)


def mixed() -> list[ImageCandidates]:
    """Return a readable image, an unreadable one and one with nothing in it."""
    return [
        ImageCandidates("a.jpg", "aa", (480, 640), (640, 640), candidates=candidates(9)),
        ImageCandidates("b.jpg", "", reason="the file is empty"),
        ImageCandidates("c.jpg", "cc", (64, 64), (640, 640), non_finite=12),
    ]


def test_an_unreadable_image_keeps_its_place(tmp_path: Path) -> None:
    CandidateBatch(MADE_BY, mixed()).save(tmp_path / "batch.npz")
    detect_batch(
        tmp_path / "batch.npz",
        tmp_path / "detections.json",
        arm="onnx-fp32",
        thresholds={"conf": 0.25, "iou": 0.45, "max_det": 300},
        detect=detect,
    )
    document = load_detections(tmp_path / "detections.json")
    assert [image["name"] for image in document["images"]] == ["a.jpg", "b.jpg", "c.jpg"]
    assert [image["reason"] for image in document["images"]] == ["", "the file is empty", ""]
    assert [image["non_finite"] for image in document["images"]] == [0, 0, 12]
    assert [bool(image["scores"]) for image in document["images"]] == [True, False, False]
    assert [(image["height"], image["width"]) for image in document["images"]] == [
        (480, 640),
        (0, 0),
        (64, 64),
    ]
    assert document["made_by"]["arm"] == "onnx-fp32"
    assert document["made_by"]["thresholds"] == {"conf": 0.25, "iou": 0.45, "max_det": 300}
    assert document["made_by"]["names"] == MADE_BY["names"]


@pytest.mark.parametrize("images", [[], mixed()], ids=["nothing", "three images"])
def test_equal_contents_have_equal_bytes(tmp_path: Path, images: list[ImageCandidates]) -> None:
    for name in ("1", "2"):
        CandidateBatch(MADE_BY, images).save(tmp_path / f"{name}.npz")
        none = Detections(EMPTY.boxes, EMPTY.scores, EMPTY.class_ids)
        save_detections(tmp_path / f"{name}.json", MADE_BY, [(image, none) for image in images])
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    assert len(load_detections(tmp_path / "1.json")["images"]) == len(images)


def test_the_detections_file_is_for_other_programs_too(tmp_path: Path) -> None:
    (image, *_) = mixed()
    found = Detections(
        np.array([[1, 2, 3, 4.5]], np.float32), np.array([0.5], "f4"), np.array([1], "i4")
    )
    save_detections(tmp_path / "detections.json", MADE_BY, [(image, found)])
    document = json.loads((tmp_path / "detections.json").read_text())
    assert document["schema"] == "yolo-parity/detections/1"
    assert document["images"][0]["boxes"] == [[1.0, 2.0, 3.0, 4.5]]


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


def test_candidates_of_any_threshold_above_the_floor_are_enough(tmp_path: Path) -> None:
    """One file answers every threshold: equal to suppressing what a higher floor left."""
    image = ImageCandidates("a.jpg", "aa", (480, 640), (640, 640), candidates=candidates(200))
    CandidateBatch(MADE_BY, [image]).save(tmp_path / "batch.npz")
    stored = CandidateBatch.load(tmp_path / "batch.npz").images[0]
    options = {"iou": 0.5, "max_det": 300, "end2end": False}
    for conf in (0.1, 0.3, 0.7):
        kept = image.candidates.scores > np.float32(conf)
        left = Candidates(*(getattr(image.candidates, n)[kept] for n in vars(image.candidates)))
        higher = ImageCandidates("a.jpg", "aa", (480, 640), (640, 640), candidates=left)
        assert_equal(detect(stored, conf=conf, **options), detect(higher, conf=0.01, **options))
