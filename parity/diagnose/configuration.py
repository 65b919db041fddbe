"""The configuration of a run that diagnoses one deployment."""

from pathlib import Path
from typing import Any

from parity.backends.onnx_network import OnnxNetwork

MODEL, EXPORT, EXTERNAL = "model", "deployed", "mine"
"""What the model, the export and the deployment are called."""

FLOOR = 0.01
"""Lowest score of the candidates that are stored, unless the deployment reports lower ones; the
default of ``candidates.floor``."""


def configuration_of(
    onnx: Path, detections: Path, images: Path, weights: Path, said: dict[str, Any]
) -> dict[str, Any]:
    """Return the configuration.

    Parameters
    ----------
    onnx, detections, images, weights : Path
        What the deployment runs, its boxes, the images, and the checkpoint that was exported.
    said : dict
        What is known of the deployment: keys of ``external.<name>``.

    Raises
    ------
    UserError
        If the ONNX file is no model of a supported task.
    """
    network = OnnxNetwork.load(onnx, threads=1)
    height, width = network.imgsz
    export: dict[str, Any] = {
        "onnx": str(onnx.resolve()),
        "imgsz": [height, width],
        "dynamic": network.rect,
    }
    if network.end2end:
        export["nms"] = network.suppressed
    floor = min(FLOOR, said.get("conf", FLOOR))
    return {
        "models": {MODEL: {"weights": str(weights.resolve())}},
        "images": str(images.resolve()),
        "imgsz": [height, width],
        "exports": {EXPORT: export},
        "candidates": {"floor": floor},
        "external": {EXTERNAL: {"detections": str(detections.resolve()), **said}},
        "gate": [f"external-{EXTERNAL}"],
        "layers": {"images": 0},
        "annotate": 0,
    }
