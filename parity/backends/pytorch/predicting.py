"""Ultralytics' own ``predict``, called as a program would: what the arms are timed against."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from ultralytics import YOLO

from parity.backends.pytorch.loading import load_model


def predictor(
    path: str | Path, *, task: str, thresholds: dict[str, Any], threads: int, **options: Any
) -> Callable[[str], dict[str, float]]:
    """Return a function that predicts one image file and says the seconds of each stage.

    Parameters
    ----------
    path : str or Path
        What rule ``load_checkpoint`` wrote, or an ONNX file.
    task : str
        What the model was trained to find.
    thresholds : dict
        ``conf``, ``iou`` and ``max_det``.
    threads : int
        Threads that torch may use; set after Ultralytics has set its own number.
    **options
        Further arguments of ``predict``.
    """
    model = YOLO(path, task=task) if Path(path).suffix == ".onnx" else load_model(path)

    def predict(image: str) -> dict[str, float]:
        (result,) = model.predict(image, verbose=False, **thresholds, **options)
        torch.set_num_threads(threads)
        return {stage: spent / 1000 for stage, spent in result.speed.items()}

    return predict
