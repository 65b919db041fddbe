"""From the reference to each export, one factor at a time."""

from typing import Any

import pytest
from parity.reporting.views.waterfall import percent, waterfall_rows, waterfalls

ARMS = {
    "pytorch-rect": ([640, 640], True),
    "pytorch-square": ([640, 640], False),
    "pytorch-square-320": ([320, 320], False),
}


def made_by(imgsz: list[int], rect: bool) -> dict[str, Any]:
    return {"made_by": {"imgsz": imgsz, "rect": rect, "end2end": False}}


def compared(effect: str, reference: str, candidate: str, matched: int) -> dict[str, Any]:
    """Return the totals of a comparison with ten objects, so many of them matched exactly."""
    return {
        "effect": effect,
        "reference": reference,
        "candidate": candidate,
        "matched": matched,
        "missing": 10 - matched,
        "extra": 10 - matched,
        "unread": 0,
        "box_px": 0.0,
        "score": 0.0,
        "distributions": {"iou": {"mean": 1.0} if matched else None},
        "also_differing": {},
    }


def results(*comparisons: dict[str, Any]) -> dict[str, Any]:
    return {
        "arms": {arm: made_by(*how) for arm, how in ARMS.items()},
        "comparisons": {f"{c['effect']}-{c['candidate']}": c for c in comparisons},
    }


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
            [("geometry of the input", 1.0), ("ONNX Runtime", 0.0)],
            "all of it is the geometry",
        ),
        (
            [SQUARE, *FP32, *INT8],
            "onnx-int8",
            [("geometry of the input", 0.5), ("ONNX Runtime", 0.0), (MODEL_FILE, 0.5)],
            "an export that is exact tells the runtime from the model file",
        ),
        (
            [SQUARE, *INT8],
            "onnx-int8",
            [("geometry of the input", 0.5), (f"ONNX Runtime, {MODEL_FILE}", 0.5)],
            "without one they are not told apart",
        ),
        (
            [SQUARE, SMALL, *AT_320],
            "onnx-small",
            [
                ("geometry of the input", 0.4),
                ("size of the input", 0.6),
                ("ONNX Runtime", 0.0),
            ],
            "an own size is a factor of its own",
        ),
    ],
)
def test_shares(
    comparisons: list[dict[str, Any]], arm: str, expected: list[tuple[str, float]], reason: str
) -> None:
    steps = waterfalls(results(*comparisons))[arm]
    assert [step.factor for step in steps] == [factor for factor, _ in expected], reason
    assert [step.share for step in steps] == pytest.approx([share for _, share in expected])
    assert sum(step.share or 0 for step in steps) == pytest.approx(1)


def test_where_nothing_is_lost_nothing_is_said() -> None:
    assert waterfall_rows(results(SQUARE, *DYNAMIC)) == []


def test_the_row_of_a_step() -> None:
    first, second = waterfall_rows(results(SQUARE, *FP32))
    assert first == ["onnx-fp32", "pytorch-square", "geometry of the input", "0.8000", "100 %"]
    assert second == ["onnx-fp32", "onnx-fp32", "ONNX Runtime", "0.8000", "0 %"]


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "–"),
        (0.0, "0 %"),
        (0.001, "less than 1 %"),
        (0.5, "50 %"),
        (-0.2, "−20 %"),
        (0.999, "more than 99 %"),
        (1.0, "100 %"),
        (1.2, "120 %"),
    ],
)
def test_shares_in_words(share: float | None, text: str) -> None:
    assert percent(share) == text
