"""The thresholds of a sweep."""

from dataclasses import replace
from typing import Any

import pytest

from parity.comparison.threshold_grid import MAX_POINTS, Axes, Steps, ThresholdAxis, points
from parity.detection.detection_files import Thresholds
from parity.errors import UserError
from parity.planning.checks import checked
from parity.planning.config import Config
from parity.planning.schema import complete

THRESHOLDS = Thresholds(conf=0.25, iou=0.45, max_det=300)


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        ((0.5, 0.25, 0.5), [0.25, 0.5]),
        (Steps(0.1, 0.5, 0.1), [0.1, 0.2, 0.3, 0.4, 0.5]),
        (Steps(0.05, 0.2, 0.1), [0.05, 0.15]),
        (Steps(0.3, 0.3, 0.1), [0.3]),
    ],
    ids=["sorted, each once", "decimals without dust", "a stop off the grid", "one point"],
)
def test_points(axis: ThresholdAxis, expected: list[float]) -> None:
    assert points(axis) == expected


def asking_for(conf: list | dict, exports: dict | None = None) -> Config:
    return checked(
        complete(
            {
                "models": {"m": {"weights": "m.pt"}},
                "sweep": {"conf": conf, "iou": [0.5]},
                "candidates": {"floor": 0.05},
                "exports": exports or {"fp32": {}},
            }
        )
    )


@pytest.mark.parametrize(
    "axis",
    [[], {"start": 0.5, "stop": 0.1, "step": 0.1}, {"start": 0.1, "stop": 0.9, "step": 1e-9}],
    ids=["none", "backwards", "a thousand million"],
)
def test_an_axis_of_too_few_or_too_many_points_is_refused(axis: list | dict) -> None:
    with pytest.raises(UserError, match=rf"sweep\.conf must have 1 to {MAX_POINTS:,} values\."):
        asking_for(axis)


@pytest.mark.parametrize(
    ("exports", "sentence"),
    [
        ({"a": {}}, r"sweep\.conf has 0\.04, below candidates\.floor, which is 0\.05; "),
        (
            {"a": {"nms": True, "conf": 0.1}, "b": {"nms": False}},
            r"sweep\.conf has 0\.06, below exports\.a\.conf, which is 0\.1 and baked",
        ),
        ({"a": {"nms": True}}, r"below exports\.a\.conf, which is 0\.25 and baked"),
    ],
    ids=["the floor", "a graph", "a graph made for the operating point"],
)
def test_a_grid_below_what_there_is_is_refused(exports: dict, sentence: str) -> None:
    lowest = 0.04 if "floor" in sentence else 0.06
    with pytest.raises(UserError, match=sentence):
        asking_for([0.5, lowest], exports)


def test_without_the_section_there_is_no_sweep() -> None:
    config = asking_for([0.5])
    assert config.grid == {"conf": [0.5], "iou": [0.5]}
    assert replace(config, sweep=None).grid == {}


def test_the_tuned_confidences_are_hundredths_between_the_ends_and_what_was_asked_for() -> None:
    axes = Axes.build({"conf": [0.125, 0.2], "iou": [0.7]}, replace(THRESHOLDS, conf=0.225))
    hundredths = [n / 100 for n in range(13, 23)]
    assert list(axes.tuned_conf) == sorted([0.125, *hundredths, 0.225])
    assert axes.tuned_iou == (0.45, 0.7)


@pytest.mark.parametrize(
    ("sweep", "sentence"),
    [
        ({"conf": [0.5, 0.001]}, "sweep.conf has 0.001, below candidates.floor, which is 0.01;"),
        ({"conf": []}, "sweep.conf must have 1 to 1,000 values."),
        ({"conf": 0.3}, "sweep.conf is 0.3; it must be a list or keys with values."),
        ({"conf": {"start": 0.3, "step": 0.1}}, "sweep.conf lacks the key 'stop'."),
        (
            {"conf": {"start": 0.3, "end": 1}},
            "unknown key 'end' in sweep.conf; it may have start, ",
        ),
        ({"iou": [0.5, 1.5]}, "sweep.iou.1 is 1.5; it must be at most 1."),
        ({"conf": ["0.3"]}, 'sweep.conf.0 is "0.3"; it must be a finite number'),
        (
            {"iou": {"start": 0.1, "stop": 0.5, "step": 0}},
            "sweep.iou.step is 0; it must be above 0",
        ),
    ],
    ids=["floor", "empty", "number", "half a range", "unknown", "out of range", "text", "no step"],
)
def test_a_grid_that_cannot_be_gets_a_sentence(sweep: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        checked(complete({"models": {"m": {"weights": "m.pt"}}, "sweep": sweep}))
    assert sentence in str(raised.value)


def test_an_empty_section_asks_for_the_default_grid() -> None:
    grid = checked(complete({"models": {"m": {"weights": "m.pt"}}, "sweep": {}})).grid
    assert grid["conf"] == [round(0.05 * n, 2) for n in range(1, 19)]
    assert grid["iou"] == [0.45, 0.5, 0.6, 0.7]
