"""What each fault costs: the comparison, the waterfall and the examples."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from parity.deployment.pipeline import Pipeline
from parity.detection.candidate_files import ImageCandidates
from parity.detection.detection_files import ImageDetections
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.detection.outlines import outlines_of
from parity.diagnosis.attribution import Reference, attribute_loss, compare, examples, waterfall
from parity.diagnosis.catalogue.fault import FAULTS
from parity.diagnosis.document import Severity
from parity.external.observations import Observations
from parity.reporting.figures.diagnosis import draw_example
from tests.documents import image_detections
from tests.task_detections import with_task

LEFT, RIGHT = [0.0, 0.0, 10.0, 10.0], [50.0, 0.0, 60.0, 10.0]


def record(*boxes: list[float], name: str = "a.jpg", score: float | None = 0.9) -> ImageDetections:
    return image_detections(*((box, score, 0) for box in boxes), name=name, height=20, width=100)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected", "reason"),
    [
        (record(LEFT, RIGHT), record(LEFT, RIGHT), 1.0, "all as it should be"),
        (record(), record(), 1.0, "nothing, and rightly so"),
        (record(LEFT), record(RIGHT), 0.0, "no pair at all"),
        (record(LEFT, RIGHT), record(LEFT), 1 / 1.5, "one of two is missing"),
        (record(LEFT), record([0.0, 0.0, 10.0, 8.0]), 0.8, "a pair weighs as much as it overlaps"),
    ],
)
def test_the_panoptic_quality(
    ours: ImageDetections, theirs: ImageDetections, expected: float, reason: str
) -> None:
    found = compare({"a.jpg": ours}, {"a.jpg": theirs}, iou=0.5, task="detect")
    assert found.panoptic_quality == pytest.approx(expected), reason


def test_shares_add_up_even_where_one_change_makes_up_for_another() -> None:
    references = {"a.jpg": record(LEFT, RIGHT)}
    steps = [
        ("runtime", "", {"a.jpg": record(LEFT, RIGHT)}),
        ("fault", "one", {"a.jpg": record(LEFT)}),
        ("fault", "two", {"a.jpg": record(LEFT, [50.0, 0.0, 60.0, 8.0])}),
        ("unexplained", "", {"a.jpg": record([0.0, 0.0, 10.0, 6.0])}),
    ]
    rows = waterfall(references, steps, iou=0.5, task="detect")
    assert sum(row.share for row in rows) == pytest.approx(1)
    assert rows[0].share == 0
    assert rows[2].share < 0 < rows[1].share


def test_where_nothing_is_lost_there_are_no_shares() -> None:
    same = {"a.jpg": record(LEFT)}
    assert waterfall(same, [("unexplained", "", same)], iou=0.5, task="detect")[0].share is None


def test_the_example_that_tells_most_comes_first() -> None:
    sides = [
        {name: record(box, name=name) for name, box in zip("abc", boxes, strict=True)}
        for boxes in ([LEFT, LEFT, LEFT], [LEFT, RIGHT, [0.0, 0.0, 10.0, 9.0]])
    ]
    shown = examples(sides[0], sides[1], sides[1], iou=0.5, task="detect")
    assert [example.name for example in shown] == ["b", "c", "a"]
    assert shown[0].correct.boxes == [LEFT]
    assert shown[0].observed.boxes == shown[0].reproduced.boxes == [RIGHT]


def test_a_box_that_is_not_finite_is_not_shown() -> None:
    wild = {"a.jpg": record([0.0, float("nan"), 1.0, 1.0], LEFT)}
    (shown,) = examples({"a.jpg": record(LEFT)}, wild, wild, iou=0.5, task="detect")
    assert shown.observed.boxes == [LEFT]


@pytest.mark.parametrize("task", ["segment", "pose", "obb"])
def test_what_a_task_adds_to_boxes_is_drawn(task: str) -> None:
    boxes = {"boxes": [[0.0, 0, 30, 40], [50.0, 0, 90, 40]], "scores": [0.9, 0.8]}
    found = record([], [])
    found = replace(found, **with_task(task, {**boxes, "class_ids": [0, 0]}, (50, 100)), height=50)
    found.boxes[0][1] = float("nan")
    pixels = np.zeros((50, 100, 3), np.uint8)
    (shown,) = examples(
        {"a.jpg": found}, {"a.jpg": found}, {"a.jpg": found}, iou=0.5, task="detect"
    )
    assert len(shown.observed.outlines) == 1
    assert shown.observed.outlines == outlines_of(found)[1:]
    bare = replace(shown, observed=replace(shown.observed, outlines=[]))
    drawn, boxed = (draw_example(pixels, e, {0: ""}, {"observed": ""}) for e in (shown, bare))
    assert not np.array_equal(drawn, boxed)


def test_boxes_alone_have_no_outlines() -> None:
    (shown,) = examples(
        {"a.jpg": record(LEFT)}, {"a.jpg": record()}, {"a.jpg": record()}, iou=0.5, task="detect"
    )
    assert shown.correct.outlines == []


def test_without_boxes_those_of_the_diagnosed_deployment_take_their_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    correct, wrong = Pipeline(), Pipeline(colours="bgr")
    boxes = {correct: [LEFT, RIGHT], wrong: [LEFT]}

    def found(pipeline: Pipeline, name: str) -> Detections:
        assert name == "a.jpg"
        count = len(boxes[pipeline])
        scores, class_ids = np.full(count, 0.9, np.float32), np.zeros(count, np.int32)
        return Detections(np.float32(boxes[pipeline]), scores, class_ids)

    reference = Reference({"a.jpg": ImageCandidates("a.jpg", "")}, NetworkHead(), floor=0.01)
    monkeypatch.setattr(Reference, "detections", lambda *_, **__: {"a.jpg": record(LEFT, RIGHT)})
    attribution = attribute_loss(
        SimpleNamespace(faults=(FAULTS["bgr"],), choices=(), pipeline=wrong, fixed=correct),
        Observations({}),
        SimpleNamespace(detections=found),
        reference,
        iou=0.5,
    )
    assert (attribution.fix_effect.before.missing, attribution.fix_effect.after.missing) == (1, 0)
    assert attribution.severities["bgr"].lost == 1
    assert attribution.unexplained == Severity()
