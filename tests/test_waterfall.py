"""From the reference to each export, one factor at a time."""

import pytest

from parity.comparison.results import (
    ArmResults,
    ComparisonResults,
    Distribution,
    Distributions,
    Results,
)
from parity.comparison.rounding import UNROUNDED
from parity.comparison.settings import Effect
from parity.comparison.tolerances import Tolerance
from parity.reporting.views.causes import factor_rows
from parity.reporting.waterfall import factor_waterfalls
from tests.synthetic import THRESHOLDS, made_by

ARMS = {
    "pytorch-rect": ((640, 640), True),
    "pytorch-square": ((640, 640), False),
    "pytorch-square-320": ((320, 320), False),
}


def arm(name: str) -> ArmResults:
    imgsz, rect = ARMS.get(name, ((640, 640), False))
    return ArmResults(made_by(name, imgsz=imgsz, rect=rect), 1, 0, 10, 0.5, {}, {})


def compared(effect: Effect, reference: str, candidate: str, matched: int) -> ComparisonResults:
    """Return a comparison of ten objects, so many of them matched exactly."""
    exact = Distribution(mean=1.0, median=1.0, p95=1.0, min=1.0, max=1.0)
    return ComparisonResults(
        effect=effect,
        reference=reference,
        candidate=candidate,
        gated=False,
        tolerance=Tolerance(),
        rounding=UNROUNDED,
        matched=matched,
        missing=10 - matched,
        extra=10 - matched,
        flipped=0,
        unread=0,
        box_px=0.0,
        score=0.0,
        iou=1.0,
        images=1,
        images_read=1,
        images_differing=0,
        distributions=Distributions(None, None, exact if matched else None),
        passed=True,
        required=Tolerance(),
        exceeded=[],
    )


def results(*comparisons: ComparisonResults) -> Results:
    return Results(
        model="m",
        images_note="",
        names={},
        thresholds=THRESHOLDS,
        arms={name: arm(name) for name in (*ARMS, *(c.candidate for c in comparisons))},
        exports={},
        comparisons={f"{c.effect}-{c.candidate}": c for c in comparisons},
        images_total=1,
        images_listed=0,
        images_unreadable=0,
        images=[],
        unreadable=[],
    )


SQUARE = compared("geometry", "pytorch-rect", "pytorch-square", 8)
SMALL = compared("geometry", "pytorch-rect", "pytorch-square-320", 5)
FP32 = (
    compared("runtime", "pytorch-square", "onnx-fp32", 10),
    compared("deployment", "pytorch-rect", "onnx-fp32", 8),
)
INT8 = (
    compared("runtime", "pytorch-square", "onnx-int8", 7),
    compared("deployment", "pytorch-rect", "onnx-int8", 6),
)
AT_320 = (
    compared("runtime", "pytorch-square-320", "onnx-small", 10),
    compared("deployment", "pytorch-rect", "onnx-small", 5),
)
DYNAMIC = (
    compared("runtime", "pytorch-rect", "onnx-dynamic", 10),
    compared("deployment", "pytorch-rect", "onnx-dynamic", 10),
)
MODEL_FILE = "precision and graph of the model file"


@pytest.mark.parametrize(
    ("comparisons", "arm", "expected", "reason"),
    [
        (
            [SQUARE, *FP32],
            "onnx-fp32",
            [("shape of the input tensor", 1.0), ("ONNX Runtime", 0.0)],
            "all of it is the geometry",
        ),
        (
            [SQUARE, *FP32, *INT8],
            "onnx-int8",
            [("shape of the input tensor", 0.5), ("ONNX Runtime", 0.0), (MODEL_FILE, 0.5)],
            "an export that is exact tells the runtime from the model file",
        ),
        (
            [SQUARE, *INT8],
            "onnx-int8",
            [("shape of the input tensor", 0.5), (f"ONNX Runtime, {MODEL_FILE}", 0.5)],
            "without one they are not told apart",
        ),
        (
            [SQUARE, SMALL, *AT_320],
            "onnx-small",
            [
                ("shape of the input tensor", 0.4),
                ("size of the input tensor", 0.6),
                ("ONNX Runtime", 0.0),
            ],
            "an own size is a factor of its own",
        ),
    ],
)
def test_shares(
    comparisons: list[ComparisonResults], arm: str, expected: list[tuple[str, float]], reason: str
) -> None:
    steps = factor_waterfalls(results(*comparisons))[arm]
    assert [step.factor for step in steps] == [factor for factor, _ in expected], reason
    assert [step.share for step in steps] == pytest.approx([share for _, share in expected])
    assert sum(step.share or 0 for step in steps) == pytest.approx(1)


def test_where_nothing_is_lost_nothing_is_said() -> None:
    assert factor_rows(results(SQUARE, *DYNAMIC)) == []


def test_the_row_of_a_step() -> None:
    first, second = factor_rows(results(SQUARE, *FP32))
    assert first == ("onnx-fp32", "pytorch-square", "shape of the input tensor", "0.8000", "100 %")
    assert second == ("onnx-fp32", "onnx-fp32", "ONNX Runtime", "0.8000", "0 %")
