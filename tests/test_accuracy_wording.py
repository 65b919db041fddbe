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
    values = {"pytorch-square": 0.4} | {
        f"onnx-{name}": 0.4 + each.difference for name, each in losses.items()
    }
    return replace(
        found,
        arms={
            name: replace(arm, metrics={"mAP50-95": Metric(value, (0.3, 0.5))})
            for name, value in values.items()
        },
        comparisons={
            f"runtime-{name}": AccuracyComparison(
                "pytorch-square", f"onnx-{name}", {"mAP50-95": each}, {}
            )
            for name, each in losses.items()
        },
    )


@pytest.mark.parametrize(
    ("losses", "start", "values"),
    [
        ({"fp32": loss(0.25, 0.5)}, "no loss of accuracy shows", " and 0.399 for `fp32`"),
        (
            {"fp32": loss(0.0, 0.1), "int8": loss(10.0, 2.0)},
            "`int8` is less accurate",
            ", 0.400 for `fp32` and 0.360 for `int8` (10 % less, 95 % interval 8 to 12 %)",
        ),
        (
            {"a": loss(5.0, 1.0), "b": loss(10.0, 2.0), "c": loss(-5.0, 2.0)},
            "`a` and `b` are less accurate and `c` is more accurate",
            (
                ", 0.380 for `a` (5 % less, 95 % interval 4 to 6 %), 0.360 for `b` (10 % less, "
                "95 % interval 8 to 12 %) and 0.420 for `c` (5 % more, 95 % interval 3 to 7 %)"
            ),
        ),
    ],
)
def test_what_loses_accuracy_is_said_first(
    losses: dict[str, AccuracyLoss], start: str, values: str
) -> None:
    assert accuracy_sentence(measured(**losses)) == (
        f"Against the labels of 4 images, {start}: mAP50-95 is 0.400 for PyTorch on the same input "
        f"tensor{values}."
    )


def test_exports_of_other_inputs_stand_beside_their_own_reference() -> None:
    found = measured(fixed=loss(0.0, 0.1), dynamic=loss(0.0, 0.1))
    own = replace(found.comparisons["runtime-dynamic"], reference="pytorch-rect")
    rect = {"pytorch-rect": found.arms["pytorch-square"]}
    told = replace(
        found,
        arms=found.arms | rect,
        comparisons=found.comparisons | {"runtime-dynamic": own, "deployment-fixed": own},
    )
    assert accuracy_sentence(told).endswith(
        ": mAP50-95 is 0.400 for PyTorch on the same input tensor and 0.400 for `fixed`; 0.400 for "
        "PyTorch on the same input tensor and 0.400 for `dynamic`."
    )
