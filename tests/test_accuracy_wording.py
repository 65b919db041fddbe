"""What the exports of a model cost in accuracy, in a sentence."""

from dataclasses import replace

import pytest

from parity.accuracy.results import Accuracy, AccuracyComparison, AccuracyLoss, Metric
from parity.reporting.accuracy_wording import accuracy_sentence
from tests.report_documents import accuracy


def loss(percent: float, margin: float) -> AccuracyLoss:
    """Return a loss of 0.4, in per cent, of which the interval ends at a margin around it."""
    ends = percent - margin, percent + margin
    interval = -0.004 * ends[1], -0.004 * ends[0]
    return AccuracyLoss(-0.004 * percent, interval, percent, ends)


def measured(**losses: AccuracyLoss) -> Accuracy:
    """Return the accuracy of PyTorch and of some exports."""
    found = accuracy()
    arm = next(iter(found.arms.values()))
    values = {"pytorch-rect": 0.4} | {
        f"onnx-{name}": 0.4 + each.difference for name, each in losses.items()
    }
    return replace(
        found,
        arms={
            name: replace(arm, metrics={"mAP50-95": Metric(value, (0.3, 0.5))})
            for name, value in values.items()
        },
        comparisons={
            f"deployment-{name}": AccuracyComparison(
                "pytorch-rect", f"onnx-{name}", {"mAP50-95": each}, {}
            )
            for name, each in losses.items()
        },
    )


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        (
            {"fp32": loss(0.25, 0.5)},
            "no loss of accuracy shows: mAP50-95 is 0.400 for PyTorch and 0.399 for `fp32`.",
        ),
        (
            {"fp32": loss(0.0, 0.1), "int8": loss(10.0, 2.0)},
            (
                "`int8` is less accurate: mAP50-95 is 0.400 for PyTorch, 0.400 for `fp32` and "
                "0.360 for `int8` (10 % less, 95 % interval 8 to 12 %)."
            ),
        ),
        (
            {"a": loss(5.0, 1.0), "b": loss(10.0, 2.0), "c": loss(-5.0, 2.0)},
            (
                "`a` and `b` are less accurate and `c` is more accurate: mAP50-95 is 0.400 for "
                "PyTorch, 0.380 for `a` (5 % less, 95 % interval 4 to 6 %), 0.360 for `b` (10 % "
                "less, 95 % interval 8 to 12 %) and 0.420 for `c` (5 % more, 95 % interval 3 to "
                "7 %)."
            ),
        ),
    ],
)
def test_what_loses_accuracy_is_said_first(losses: dict[str, AccuracyLoss], said: str) -> None:
    assert accuracy_sentence(measured(**losses)) == f"Against the labels of 4 images, {said}"
