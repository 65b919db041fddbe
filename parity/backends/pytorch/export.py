"""Exporting a checkpoint to ONNX with Ultralytics' own exporter."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import onnx

from parity.backends.pytorch.models import is_transformer, load_model
from parity.files import atomic
from parity.integrity import check_whole
from parity.model_files.description import load_checked
from parity.model_files.families.family import adapt_to
from parity.model_files.families.rtdetr import RTDETR

PLAIN_NAME = "model.pt"
"""Ultralytics replaces some names of files by others, such as yolov5n.pt."""


def export_onnx(checkpoint: str | Path, destination: str | Path, **options: Any) -> None:
    """Export a checkpoint.

    The exporter works beside the checkpoint, so it is given a copy in a folder of its own. The
    time of export is removed from the metadata: equal exports have equal bytes.

    Parameters
    ----------
    checkpoint : str or Path
        A ``.pt`` that is trusted.
    destination : str or Path
        The ONNX file to write.
    **options
        Arguments of ``YOLO.export``: ``opset``, ``simplify``, ``dynamic``, ``imgsz``,
        ``quantize``, ``batch``, ``nms`` and, if that is true, ``conf``, ``iou`` and ``max_det``.
    """
    check_whole(checkpoint)
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(checkpoint, Path(folder) / PLAIN_NAME)
        loaded = load_model(copy)
        exported = loaded.export(format="onnx", device="cpu", **options)
        model = load_checked(exported)
    if is_transformer(loaded.model):
        adapt_to(model, RTDETR, classes=len(loaded.names))
    dated = [entry for entry in model.metadata_props if entry.key == "date"]
    for entry in dated:
        model.metadata_props.remove(entry)
    with atomic(destination) as temporary:
        onnx.save(model, temporary)
