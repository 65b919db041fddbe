"""Documents that several tests need, with what does not matter filled in."""

from typing import Any

from parity.detection.candidate_files import NetworkRun
from parity.detection.detection_files import ImageDetections
from parity.detection.head import NetworkHead
from parity.model_files.results import ExportDescription, TensorDescription, WeightComparison

EXPORT = ExportDescription(
    sha256="cd" * 32,
    bytes=10_741_288,
    opset=18,
    ir_version=8,
    producer="pytorch 2.14.1",
    inputs=[TensorDescription("images", [1, 3, 640, 640], "float")],
    outputs=[TensorDescription("output0", [1, 84, 8400], "float")],
    operators={"Conv": 88, "Mul": 79},
    baked=None,
    weights={"float": 2_600_000},
    metadata={},
    weights_compared=WeightComparison(7, 0, 0, [], 0.0, []),
)


def network_run(**own: Any) -> NetworkRun:
    """Return what made some candidates."""
    known: dict[str, Any] = {
        "model_sha256": "ab" * 32,
        "imgsz": (640, 640),
        "rect": False,
        "head": NetworkHead(),
        "names": {0: "a", 1: "b", 2: "c"},
        "floor": 0.01,
        "threads": 1,
        "versions": {},
    }
    return NetworkRun(**{**known, **own})


def image_detections(*found: tuple[list[float], float | None, int], **own: Any) -> ImageDetections:
    """Return the detections, each of box, score and class id, of an image of 200 by 100 px."""
    known: dict[str, Any] = {
        "name": "a.jpg",
        "sha256": "0",
        "height": 100,
        "width": 200,
        "reason": "",
        "non_finite": 0,
        "boxes": [box for box, _, _ in found],
        "scores": [score for _, score, _ in found],
        "class_ids": [class_id for _, _, class_id in found],
    }
    return ImageDetections(**{**known, **own})
