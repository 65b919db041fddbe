"""The configuration of a run that diagnoses one deployment."""

from pathlib import Path
from typing import Any

from parity.backends.onnx_network import OnnxNetwork

MODEL, EXPORT, EXTERNAL = "model", "deployed", "mine"
"""What the model, the export and the deployment are called."""

FLOOR = 0.01
"""Lowest score of the candidates that are stored, unless the deployment reports lower ones; the
default of ``candidates.floor``."""

PUBLISHED = ("yolo", "rtdetr")
"""How the names of the checkpoints begin that Ultralytics publishes for the supported tasks."""


def configuration_of(
    onnx: Path, detections: Path, images: Path, weights: Path | None, said: dict[str, Any]
) -> dict[str, Any]:
    """Return the configuration.

    Parameters
    ----------
    onnx, detections, images : Path
        What the deployment runs, its boxes, and the images.
    weights : Path or None
        The checkpoint that was exported, or the name of a published one; without it, the ONNX file
        is the reference.
    said : dict
        What is known of the deployment: keys of ``external.<name>``.

    Raises
    ------
    UserError
        If the ONNX file is no model of a supported task.
    """
    conf = said.get("conf") or FLOOR
    floor = min(FLOOR, conf) if conf > 0 else FLOOR
    return {
        **(of_checkpoint(onnx, weights) if weights else of_file(onnx)),
        "images": str(images.resolve()),
        "candidates": {"floor": floor},
        "external": {EXTERNAL: {"detections": str(detections.resolve()), **said}},
        "gate": [f"external-{EXTERNAL}"],
        "layers": {"images": 0},
        "annotate": 0,
    }


def of_file(onnx: Path) -> dict[str, Any]:
    """Return the part of a configuration in which an ONNX file is its own reference."""
    path = str(onnx.resolve())
    return {
        "models": {MODEL: {"reference": {"onnx": path}}},
        "exports": {EXPORT: {"onnx": path}},
    }


def may_be_published(weights: Path) -> bool:
    """Return whether weights are no file but may be the name of a published checkpoint."""
    is_name = len(weights.parts) == 1 and weights.suffix == ".pt"
    return is_name and weights.name.startswith(PUBLISHED) and not weights.exists()


def of_checkpoint(onnx: Path, weights: Path) -> dict[str, Any]:
    """Return the part of a configuration in which an ONNX file was exported from a checkpoint."""
    network = OnnxNetwork.load(onnx, threads=1)
    height, width = network.imgsz
    published = may_be_published(weights)
    export: dict[str, Any] = {
        "onnx": str(onnx.resolve()),
        "imgsz": [height, width],
        "dynamic": network.rect,
    }
    if network.finished:
        export["nms"] = network.suppressed
    return {
        "models": {MODEL: {"weights": str(weights if published else weights.resolve())}},
        "imgsz": [height, width],
        "exports": {EXPORT: export},
    }
