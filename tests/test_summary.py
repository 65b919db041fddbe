"""The summary: numbers of a run, compared with tolerances, the worst image first."""

from array import array
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.comparison.differences import (
    ComparisonBatch,
    ImageComparison,
    MatchingSettings,
    compare_batch,
    compare_image,
)
from parity.comparison.results import (
    AlsoDiffering,
    ArmResults,
    ComparisonSettings,
    Distribution,
    ImageArm,
    ImageDifferences,
    ImageResults,
    RunDifferences,
)
from parity.comparison.rounding import Rounding
from parity.comparison.summary import _rank_of, by_batch, by_folder, summarise
from parity.comparison.tolerances import Tolerance
from parity.comparison.totals import ArmTotals, ComparisonTotals, distribution
from parity.detection.detection_files import DetectionBatch, ImageDetections, MadeBy, Thresholds
from parity.documents import save
from tests.conftest import examples
from tests.documents import EXPORT, image_detections

Found = tuple[list[float], float, int]

NAN = float("nan")
CAR, BUS = [10.0, 10.0, 60.0, 40.0], [100.0, 20.0, 180.0, 90.0]
NAMES = dict(enumerate(["person", "bicycle", "car", "motorcycle", "aeroplane", "bus"]))


def summarise_arm(images: list[ImageDetections]) -> tuple[ArmResults, dict[str, ImageArm]]:
    totals = ArmTotals()
    by_image = {image.name: totals.add(image, NAMES) for image in images}
    return totals.results(MadeBy("onnx-fp32", NAMES)), by_image


def summarise_comparison(
    compared: list[ImageComparison], tolerance: Tolerance
) -> tuple[RunDifferences, dict[str, ImageDifferences]]:
    totals = ComparisonTotals(tolerance)
    by_image = {image.name: totals.add(image) for image in compared}
    return totals.results(), by_image


def image(name: str, *found: Found, **own: Any) -> ImageDetections:
    return image_detections(*found, name=name, **own)


def rank(images: list[ImageResults]) -> list[str]:
    return [image.name for image in sorted(images, key=_rank_of)]


def row(name: str, **numbers: float) -> ImageResults:
    """Return an image with the numbers of one comparison."""
    nothing = {"missing": 0, "extra": 0, "unread": 0, "box_px": 0.0, "score": 0.0}
    others: dict[str, Any] = {"matched": 0, "flipped": 0, "iou": 1.0, "passed": True}
    compared = {"runtime": ImageDifferences(**nothing | others | numbers)}
    return ImageResults(name, "0", 100, 200, {}, [], {}, compared)


@pytest.mark.parametrize(
    ("images", "order", "reason"),
    [
        ([row("a", missing=1), row("b", extra=2)], "ba", "most lost and added first"),
        ([row("a", box_px=99), row("b", missing=1)], "ba", "a lost one before any distance"),
        ([row("a", box_px=1), row("b", box_px=2)], "ba", "the largest distance"),
        ([row("a", score=0.9), row("b", box_px=0.1)], "ba", "a distance before a score"),
        ([row("a", score=0.1), row("b", score=0.2)], "ba", "the largest score"),
        ([row("a"), row("b", unread=1)], "ba", "an image that one arm alone read"),
        ([row("b"), row("a"), row("c")], "abc", "equal images by name"),
        ([row("a", box_px=5), row("b", box_px=NAN)], "ba", "what is no number is worst"),
        ([row("b", box_px=NAN), row("a", box_px=5)], "ba", "wherever it stood"),
        ([row("a", score=0.5), row("b", score=NAN), row("c", score=1)], "bca", "scores, too"),
    ],
)
def test_the_worst_image_comes_first(images: list[ImageResults], order: str, reason: str) -> None:
    assert "".join(rank(images)) == order, reason


NUMBERS = st.fixed_dictionaries(
    {
        "missing": st.integers(0, 2),
        "box_px": st.sampled_from([0.0, 1.0, NAN]),
        "score": st.sampled_from([0.0, 0.5, NAN]),
    }
)


@examples(50)
@given(st.lists(NUMBERS, max_size=6), st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_where_images_stood(numbers: list, random: Any) -> None:
    images = [row(f"{i}", **each) for i, each in enumerate(numbers)]
    shuffled = list(images)
    random.shuffle(shuffled)
    assert rank(images) == rank(shuffled)


def test_arms_are_counted() -> None:
    images = [
        image("a.jpg", (CAR, 0.9, 2), (BUS, 0.5, 5)),
        image("b.jpg", (CAR, 0.7, 2), ([0, 0, 0, 0], 0.3, 99)),
        image("c.jpg", reason="the file is empty", width=0, height=0),
        image("d.jpg", non_finite=7),
    ]
    totals, by_image = summarise_arm(images)
    assert totals == ArmResults(
        made_by=MadeBy("onnx-fp32", NAMES),
        images=4,
        unreadable=1,
        detections=4,
        mean_score=pytest.approx(0.6),
        classes={"car": 2, "bus": 1, "class 99": 1},
        failed_checks={"no area": 1, "unknown class": 1, "non-finite output": 1},
    )
    assert by_image["a.jpg"] == ImageArm(2, {})
    assert by_image["b.jpg"].failed_checks == {"no area": [1], "unknown class": [1]}
    assert by_image["d.jpg"] == ImageArm(0, {"non-finite output": []})


def test_an_arm_without_detections_has_no_mean() -> None:
    assert summarise_arm([image("a.jpg")])[0].mean_score is None


def compared(*pairs: tuple[ImageDetections, ImageDetections]) -> list[ImageComparison]:
    return [compare_image(one, other, iou=0.5) for one, other in pairs]


def test_a_comparison_is_the_sum_of_its_images() -> None:
    near = [10.0, 10.0, 60.5, 40.0]
    records = compared(
        (image("a.jpg", (CAR, 0.9, 2)), image("a.jpg", (CAR, 0.9, 2))),
        (image("b.jpg", (CAR, 0.9, 2)), image("b.jpg", (near, 0.8, 2))),
        (image("c.jpg", (CAR, 0.9, 2)), image("c.jpg", (BUS, 0.9, 5))),
        (image("d.jpg", (CAR, 0.9, 2)), image("d.jpg", (CAR, 0.9, 5))),
        (image("e.jpg"), image("e.jpg", reason="the file is empty")),
        (image("f.jpg"), image("f.jpg")),
    )
    totals, by_image = summarise_comparison(records, Tolerance())
    counts = ("images", "images_differing", "matched", "missing", "extra", "flipped", "unread")
    assert [getattr(totals, count) for count in counts] == [6, 4, 2, 2, 2, 1, 1]
    assert (totals.box_px, totals.score) == (0.5, pytest.approx(0.1))
    assert totals.iou == pytest.approx(50 / 50.5)
    assert not totals.passed
    assert totals.exceeded == ["missing", "extra", "unread", "box_px", "score"]
    assert totals.required.missing == 2
    assert {name for name, each in by_image.items() if each.passed} == {"a.jpg", "f.jpg"}
    spread = totals.distributions.box_px
    assert spread is not None
    assert (spread.max, spread.median) == (0.5, 0.25)


def test_a_tolerance_of_the_run_counts_the_whole_run() -> None:
    """Each image loses one, which is allowed once: every image passes, the run does not."""
    lost = compared(*((image(name, (CAR, 0.9, 2)), image(name)) for name in ("a.jpg", "b.jpg")))
    totals, _ = summarise_comparison(lost, Tolerance(missing=1))
    assert not totals.passed
    assert totals.required.missing == 2
    assert summarise_comparison(lost[:1], Tolerance(missing=1))[0].passed


def test_what_is_no_number_fails_and_is_not_lost_among_numbers() -> None:
    records = compared(
        (image("a.jpg", (CAR, 0.9, 2)), image("a.jpg", (CAR, 0.9, 2))),
        (image("b.jpg", (CAR, NAN, 2)), image("b.jpg", (CAR, 0.9, 2))),
        (image("c.jpg", (CAR, 0.9, 2)), image("c.jpg", (CAR, 0.5, 2))),
    )
    totals, _ = summarise_comparison(records, Tolerance(score=10))
    assert np.isnan(totals.score)
    assert (totals.passed, totals.exceeded) == (False, ["score"])


def test_rounding_is_known_image_by_image_and_never_lent_to_another() -> None:
    def off_by(px: float, allowed: float) -> ImageComparison:
        one = image("a.jpg", (CAR, 0.9, 2))
        other = image("a.jpg", ([CAR[0] + px, *CAR[1:]], 0.9, 2))
        return compare_image(one, other, iou=0.5, rounding=Rounding(allowed, 0.005))

    within, _ = summarise_comparison([off_by(0.3, 0.32), off_by(0.05, 0.1)], Tolerance())
    assert within.passed
    assert within.box_px == pytest.approx(0.3, abs=1e-5)
    assert within.required.box_px == 0
    assert within.rounding == Rounding(0.32, 0.005), "the largest"
    beyond, _ = summarise_comparison([off_by(0.3, 0.32), off_by(0.2, 0.1)], Tolerance())
    assert beyond.exceeded == ["box_px"], "the second, though 0.2 is less than 0.32"
    assert beyond.required.box_px == pytest.approx(0.1, abs=1e-5)


def test_comparing_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="there is nothing to compare"):
        summarise_comparison([], Tolerance())


def test_distributions() -> None:
    assert distribution(array("d")) is None
    assert distribution(array("d", [3, 0, 100, 2, 1])) == Distribution(
        mean=21.2, median=2.0, p95=pytest.approx(80.6), min=0.0, max=100.0
    )


def test_a_value_that_is_no_number_is_not_lost_in_a_distribution() -> None:
    assert all(np.isnan(list(vars(distribution(array("d", [1, NAN, 2]))).values())))


@given(st.lists(st.floats(0, 1, width=32), min_size=1), st.randoms(use_true_random=False))
def test_the_order_of_values_changes_no_bit(values: list[float], random: Any) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)
    assert distribution(array("d", values)) == distribution(array("d", shuffled))


def test_files_are_grouped_by_their_folders() -> None:
    paths = ["r/b/1.json", "r/a/1.json", "r/b/2.json"]
    assert by_folder(paths) == {"b": ["r/b/1.json", "r/b/2.json"], "a": ["r/a/1.json"]}
    assert list(by_batch(paths, ["c/x/1.json"])) == [
        ({"b": "r/b/1.json", "a": "r/a/1.json"}, {"x": "c/x/1.json"}),
        ({"b": "r/b/2.json"}, {}),
    ]


def test_a_run_of_two_batches_becomes_one_set_of_results(tmp_path: Path) -> None:
    thresholds = Thresholds(conf=0.25, iou=0.45, max_det=300)
    torn = image("c.jpg", reason="the file is empty")
    found = {
        "pytorch-square": [
            [image("b.jpg", (CAR, 0.9, 2))],
            [image("a.jpg", (BUS, 0.9, 5)), torn],
        ],
        "onnx-fp32": [[image("b.jpg", (CAR, 0.9, 2))], [image("a.jpg"), torn]],
    }
    detections, comparisons = [], []
    for arm, batches in found.items():
        for number, images in enumerate(batches):
            path = tmp_path / arm / f"{number:05d}.json"
            save(path, DetectionBatch(MadeBy(arm, NAMES, thresholds), images))
            detections.append(str(path))
    for number in range(2):
        path = tmp_path / "runtime-fp32" / f"{number:05d}.json"
        compare_batch(detections[number], detections[2 + number], path, iou=0.5)
        comparisons.append(str(path))
    save(tmp_path / "fp32.json", EXPORT)
    runtime = ComparisonSettings("runtime", "pytorch-square", "onnx-fp32", True, Tolerance())
    results = summarise(
        "yolo11n",
        exports=[str(tmp_path / "fp32.json")],
        detections=detections,
        comparisons=comparisons,
        settings={"runtime-fp32": runtime},
    )
    assert [image.name for image in results.images] == ["a.jpg", "b.jpg", "c.jpg"]
    assert results.thresholds == thresholds
    assert results.arms["pytorch-square"].detections == 2
    assert results.arms["onnx-fp32"].detections == 1
    assert results.exports == {"fp32": EXPORT}
    comparison = results.comparisons["runtime-fp32"]
    assert (comparison.effect, comparison.gated) == ("runtime", True)
    assert (comparison.images, comparison.missing, comparison.passed) == (3, 1, False)
    assert (results.images_total, results.images_unreadable) == (3, 1)
    assert [image.name for image in results.unreadable] == ["c.jpg"]
    worst = results.images[0]
    assert worst.arms["onnx-fp32"].detections == 0
    assert worst.comparisons["runtime-fp32"].missing == 1
    assert results.images[2].reasons == dict.fromkeys(found, "the file is empty")


@pytest.mark.parametrize(
    ("effects", "expected"),
    [
        ({"deployment", "runtime"}, AlsoDiffering(runtime=1)),
        ({"deployment", "geometry"}, AlsoDiffering(geometry=1)),
        ({"deployment", "runtime", "geometry"}, AlsoDiffering(both=1)),
        ({"deployment"}, AlsoDiffering(neither=1)),
        ({"runtime", "geometry"}, AlsoDiffering()),
    ],
)
def test_where_a_deployment_differs_its_effects_are_counted(
    tmp_path: Path, effects: set[str], expected: AlsoDiffering
) -> None:
    arms = {
        "geometry": ("pytorch-rect", "pytorch-square"),
        "runtime": ("pytorch-square", "onnx-fp32"),
        "deployment": ("pytorch-rect", "onnx-fp32"),
    }
    settings = {
        name: ComparisonSettings(name, *both, False, Tolerance()) for name, both in arms.items()
    }
    paths: dict[str, str] = {}
    for arm in ("pytorch-rect", "pytorch-square", "onnx-fp32"):
        paths[arm] = str(tmp_path / arm / "0.json")
        made_by = MadeBy(arm, NAMES, Thresholds(conf=0.25, iou=0.45, max_det=300))
        save(paths[arm], DetectionBatch(made_by, [image("a.jpg", (CAR, 0.9, 2))]))
    compared = []
    for name, (reference, candidate) in arms.items():
        lost = [0] if name in effects else []
        found = ImageComparison("a.jpg", ("", ""), [], [], lost, [])
        compared.append(str(tmp_path / name / "0.json"))
        save(compared[-1], ComparisonBatch(reference, candidate, MatchingSettings(0.5), [found]))
    results = summarise(
        "m", exports=[], detections=list(paths.values()), comparisons=compared, settings=settings
    )
    assert results.comparisons["deployment"].also_differing == expected
    assert results.comparisons["runtime"].also_differing is None
