"""Exporting a checkpoint to ONNX with Ultralytics' own exporter."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from parity.backends.pytorch.fused_weights import fused_weights
from parity.backends.pytorch.loading import load_model_in
from parity.backends.pytorch.models import is_transformer
from parity.files import atomic
from parity.model_files.description import load_checked
from parity.model_files.families.family import adapt_to
from parity.model_files.families.rtdetr import RTDETR


def export_onnx(
    checkpoint: str | Path, destination: str | Path, **options: Any
) -> dict[str, np.ndarray]:
    """Export a checkpoint, and return its weights as :func:`fused_weights` does.

    The exporter works beside the checkpoint, so it is given a folder of its own. The time of
    export is removed from the metadata: equal exports have equal bytes.

    Parameters
    ----------
    checkpoint : str or Path
        What rule ``load_checkpoint`` wrote.
    destination : str or Path
        The ONNX file to write.
    **options
        Arguments of ``YOLO.export``: ``opset``, ``simplify``, ``dynamic``, ``imgsz``,
        ``quantize``, ``batch``, ``nms`` and, if that is true, ``conf``, ``iou`` and ``max_det``.
    """
    with tempfile.TemporaryDirectory() as folder:
        loaded = load_model_in(folder, checkpoint)
        exported = loaded.export(format="onnx", device="cpu", **options)
        model = load_checked(exported)
    if is_transformer(loaded.model):
        adapt_to(model, RTDETR, classes=len(loaded.names))
    dated = [entry for entry in model.metadata_props if entry.key == "date"]
    for entry in dated:
        model.metadata_props.remove(entry)
    with atomic(destination) as temporary:
        onnx.save(model, temporary)
    return fused_weights(loaded.model)
