"""Watching the libraries of this process from its first line on, to record what it does."""

from __future__ import annotations

import atexit
import functools
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from parity.record.libraries import (
    onnx_runtime,
    opencv,
    openvino,
    pillow,
    pytorch,
    torchvision,
)
from parity.record.recording import Recording
from parity.record.wrapping import AfterImport

SETTINGS = "YOLO_PARITY_RECORD"
"""Environment variable that tells a program that it is recorded, and where to."""


def begin() -> None:
    """Begin to record this process, if its environment asks for it."""
    settings = os.environ.get(SETTINGS)
    if not settings:
        return
    given = json.loads(settings)
    recording = Recording(Path(given["folder"]), given["most"], given["command"], given["pid"])
    watched = {
        "cv2": opencv.watch,
        "PIL.Image": pillow.watch_opening,
        "PIL.ImageFile": pillow.watch_decoding,
        "torchvision.io.image": torchvision.watch,
        "onnxruntime.capi.onnxruntime_inference_collection": onnx_runtime.watch,
        "openvino._ov_api": openvino.watch,
        "torch.nn.modules.module": pytorch.watch,
    }
    actions: dict[str, Callable[[Any], None]] = {
        name: functools.partial(watch, recording=recording) for name, watch in watched.items()
    }
    sys.meta_path.insert(0, AfterImport(actions, recording.failed))
    recording.log.watch_files()
    os.register_at_fork(after_in_child=recording.continue_in_fork)
    atexit.register(recording.finish)
