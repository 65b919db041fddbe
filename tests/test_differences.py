"""Differences of two arms on an image, and of the files of a batch."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.comparison.differences import (
    ComparisonBatch,
    DetectionPair,
    MatchingSettings,
    compare_batch,
    compare_image,
    differences_of,
)
from parity.comparison.output_checks import failed_checks
from parity.comparison.rounding import UNROUNDED
from parity.detection.detection_files import (
    NOT_LISTED,
    DetectionBatch,
    ImageDetections,
    MadeBy,
    Printed,
)
from parity.detection.run_length import encode_masks
from parity.documents import load, save, to_plain
from parity.errors import UserError
from tests.documents import image_detections

NAN = float("nan")
CAR, BUS = [10.0, 10.0, 60.0, 40.0], [100.0, 20.0, 180.0, 90.0]


def moved(box: list[float], by: float, *, side: int) -> list[float]:
    """Return a box with one coordinate moved."""
    return [value + by * (i == side) for i, value in enumerate(box)]


@pytest.mark.parametrize(
    ("ours", "theirs", "numbers", "reason"),
    [
        (
            image_detections((CAR, 0.9, 2)),
            image_detections((CAR, 0.9, 2)),
            {"matched": 1, "iou": 1.0},
            "no difference",
        ),
        (
            image_detections((CAR, 0.9, 2)),
            image_detections((moved(CAR, 0.5, side=3), 0.8, 2)),
            {"matched": 1, "box_px": 0.5, "score": 0.1, "iou": 30 / 30.5},
            "one side moved, the score less",
        ),
        (
            image_detections((CAR, 0.9, 2), (BUS, 0.8, 5)),
            image_detections((moved(CAR, -2, side=0), 0.9, 2), (moved(BUS, 1, side=1), 0.5, 5)),
            {"matched": 2, "box_px": 2.0, "score": 0.3, "iou": 50 / 52},
            "the worst of each over all pairs",
        ),
        (
            image_detections((CAR, 0.9, 2), (BUS, 0.8, 5)),
            image_detections((CAR, 0.9, 2)),
            {"matched": 1, "missing": 1, "iou": 1.0},
            "one lost",
        ),
        (
            image_detections((CAR, 0.9, 2)),
            image_detections((CAR, 0.9, 2), (BUS, 0.8, 5)),
            {"matched": 1, "extra": 1, "iou": 1.0},
            "one new",
        ),
        (
            image_detections((CAR, 0.9, 2)),
            image_detections((CAR, 0.9, 7)),
            {"missing": 1, "extra": 1, "flipped": 1, "iou": 1.0},
            "another class is one lost and one new",
        ),
        (
            image_detections((CAR, NAN, 2)),
            image_detections((CAR, 0.9, 2)),
            {"matched": 1, "score": NAN, "iou": 1.0},
            "what is no number stays none",
        ),
        (
            image_detections((CAR, 0.9, 2), (BUS, NAN, 5)),
            image_detections((CAR, 0.5, 2), (BUS, 0.8, 5)),
            {"matched": 2, "score": NAN, "iou": 1.0},
            "and is not lost beside a number",
        ),
        (
            image_detections((CAR, 0.9, 2)),
            image_detections(reason="empty", width=0, height=0),
            {"missing": 1, "unread": 1, "iou": 1.0},
            "an image that only one can read",
        ),
        (
            image_detections(reason="empty"),
            image_detections(reason="the file is empty"),
            {"iou": 1.0},
            "an image that neither can read, each for another reason",
        ),
        (image_detections(), image_detections(), {"iou": 1.0}, "nothing seen by either"),
    ],
)
def test_differences_of_an_image(
    ours: ImageDetections, theirs: ImageDetections, numbers: dict[str, float], reason: str
) -> None:
    nothing = dict.fromkeys(("matched", "missing", "extra", "flipped", "unread", "tied"), 0)
    expected = {**nothing, "box_px": 0.0, "score": 0.0, "measures": {}, **numbers}
    measured = vars(differences_of(compare_image(ours, theirs, iou=0.5)))
    assert measured.keys() == expected.keys()
    for quantity, value in expected.items():
        assert measured[quantity] == pytest.approx(value, abs=1e-12, nan_ok=True), reason


def test_pairs_name_both_sides() -> None:
    ours = image_detections((CAR, 0.9, 2), (BUS, 0.8, 5))
    theirs = image_detections((BUS, 0.7, 5), (CAR, 0.6, 7))
    compared = compare_image(ours, theirs, iou=0.5)
    assert compared.matched == [
        DetectionPair(
            reference=1,
            candidate=0,
            iou=1.0,
            box_px=0.0,
            scores=(0.8, 0.7),
            class_ids=(5, 5),
        )
    ]
    (flipped,) = compared.flipped
    assert (flipped.reference, flipped.candidate, flipped.class_ids) == (0, 1, (2, 7))
    assert compared.missing == compared.extra == []


def test_a_tiny_difference_is_not_lost_in_float32() -> None:
    far = [1000.0, 1000.0, 4000.0, 3000.0]
    near = [float(np.nextafter(np.float32(1000), np.float32(2000))), *far[1:]]
    ours, theirs = image_detections((far, 0.9, 0)), image_detections((near, 0.9, 0))
    (pair,) = compare_image(ours, theirs, iou=0.5).matched
    assert pair.box_px == pytest.approx(2**-14, rel=1e-12)


def write(path: Path, arm: str, *images: ImageDetections) -> Path:
    save(path, DetectionBatch(MadeBy(arm, {}), list(images)))
    return path


def test_a_batch_is_compared_image_by_image(tmp_path: Path) -> None:
    first, second = image_detections((CAR, 0.9, 2)), image_detections((BUS, 0.8, 5), name="b.jpg")
    ours = write(tmp_path / "ours.json", "pytorch-rect", first, second)
    theirs = write(tmp_path / "theirs.json", "onnx-fp32", first, image_detections(name="b.jpg"))
    compare_batch(ours, theirs, tmp_path / "compared.json", iou=0.5)
    compared = load(tmp_path / "compared.json", ComparisonBatch)
    assert (compared.reference, compared.candidate) == ("pytorch-rect", "onnx-fp32")
    assert compared.matching == MatchingSettings(0.5)
    assert [image.name for image in compared.images] == ["a.jpg", "b.jpg"]
    assert [image.missing for image in compared.images] == [[], [0]]


@pytest.mark.parametrize(
    ("theirs", "reason"),
    [
        ([image_detections(name="b.jpg")], "another image"),
        ([image_detections(sha256="1")], "another content"),
        ([], "no image"),
        ([image_detections(), image_detections(name="b.jpg")], "one more image"),
    ],
)
def test_files_of_different_images_are_not_compared(
    tmp_path: Path, theirs: list[ImageDetections], reason: str
) -> None:
    one = write(tmp_path / "one.json", "a", image_detections())
    other = write(tmp_path / "other.json", "b", *theirs)
    with pytest.raises(UserError, match=r"list different images, .*: delete results/infer_\* and"):
        compare_batch(one, other, tmp_path / "compared.json", iou=0.5)
    assert not (tmp_path / "compared.json").exists(), reason


def test_equal_inputs_give_equal_bytes(tmp_path: Path) -> None:
    ours = write(tmp_path / "ours.json", "a", image_detections((CAR, 0.9, 2)))
    theirs = write(tmp_path / "theirs.json", "b", image_detections((CAR, 0.8, 2)))
    compare_batch(ours, theirs, tmp_path / "1.json", iou=0.5)
    compare_batch(ours, theirs, tmp_path / "2.json", iou=0.5)
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    assert json.loads((tmp_path / "1.json").read_text())["schema"] == "yolo-parity/comparison/1"


def test_an_image_that_nothing_is_stated_of_is_no_difference() -> None:
    told = image_detections((CAR, 0.9, 2))
    silent = image_detections(reason=NOT_LISTED)
    compared = compare_image(told, silent, iou=0.5)
    assert compared.reasons == ("", NOT_LISTED)
    measured = differences_of(compared)
    assert (measured.missing, measured.extra, measured.unread) == (0, 0, 0)
    nothing = compare_image(told, image_detections(), iou=0.5)
    assert differences_of(nothing).missing == 1, "no boxes is a statement"


def test_a_score_that_is_not_stated_is_no_difference_and_stays_valid_json() -> None:
    scoreless = image_detections((moved(CAR, 1, side=3), None, 2))
    compared = compare_image(image_detections((CAR, 0.9, 2)), scoreless, iou=0.5)
    measured = differences_of(compared)
    assert (measured.score, measured.box_px) == (0, 1)
    assert "NaN" not in json.dumps(to_plain(compared))


def test_what_was_printed_is_known_image_by_image(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.json", tmp_path / "theirs.json"
    sides = {"a.jpg": (100, 200), "b.jpg": (480, 640)}
    images = [
        image_detections(name=name, height=height, width=width)
        for name, (height, width) in sides.items()
    ]
    printed = Printed("fraction", 3, 2)
    save(ours, DetectionBatch(MadeBy("pytorch-as-mine", {}), images))
    save(theirs, DetectionBatch(MadeBy("external-mine", {}, printed=printed), images))
    compare_batch(ours, theirs, tmp_path / "compared.json", iou=0.5)
    compared = load(tmp_path / "compared.json", ComparisonBatch).images
    assert [image.rounding.box_px for image in compared] == pytest.approx([0.1, 0.32])
    assert [image.rounding.score for image in compared] == pytest.approx([0.005, 0.005])


@pytest.mark.parametrize(
    ("score", "extra", "reason"),
    [
        (0.02, [0], "above the floor of what is stored"),
        (0.01, [], "at it: what PyTorch scores there is not known"),
        (0.001, [], "below it, likewise"),
        (None, [0], "a box without a score is compared"),
    ],
)
def test_what_scores_below_the_stored_candidates_is_not_extra(
    tmp_path: Path, score: float | None, extra: list[int], reason: str
) -> None:
    ours, theirs = tmp_path / "ours.json", tmp_path / "theirs.json"
    save(ours, DetectionBatch(MadeBy("pytorch-as-mine", {}, floor=0.01), [image_detections()]))
    found = image_detections((CAR, score, 2))
    save(theirs, DetectionBatch(MadeBy("external-mine", {}), [found]))
    compare_batch(ours, theirs, tmp_path / "compared.json", iou=0.5)
    (compared,) = load(tmp_path / "compared.json", ComparisonBatch).images
    assert compared.extra == extra, reason


TASKS: dict[str, dict[str, Any]] = {
    "detect": {},
    "segment": {"masks": encode_masks(np.ones((1, 100, 200), np.uint8)), "mask_shape": (100, 200)},
    "pose": {"keypoints": [[[12.0, 12.0, 0.5]] * 17]},
    "obb": {"oriented": [[35.0, 25.0, 50.0, 30.0, 0.1]]},
}
EMPTY: dict[str, Any] = {"masks": [], "keypoints": [], "oriented": []}


@pytest.mark.parametrize("task", TASKS)
def test_an_arm_may_find_nothing_in_an_image(task: str) -> None:
    more = TASKS[task]
    found = image_detections((CAR, 0.9, 0), **more)
    nothing = image_detections(**more | {key: EMPTY[key] for key in more if key in EMPTY})
    for ours, theirs, missing, extra in (
        (found, nothing, [0], []),
        (nothing, found, [], [0]),
        (nothing, nothing, [], []),
    ):
        compared = compare_image(ours, theirs, iou=0.5, floor=0.0, rounding=UNROUNDED, task=task)
        assert (compared.missing, compared.extra) == (missing, extra)
        assert compared.matched == compared.flipped == []
    assert failed_checks(nothing, classes=3) == {}
