"""The command line of the Python programs in this folder: model, folder of images, output."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnxruntime

Detect = Callable[[onnxruntime.InferenceSession, str], list[dict[str, Any]]]
"""Takes a session and the path of an image, and returns a record for each box."""


def open_session(model: str | bytes) -> onnxruntime.InferenceSession:
    """Return a session that runs a model, a path or its bytes, on one thread of the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run(detect: Detect, load: Callable[[str], str | bytes] = str) -> None:
    """Detect in all images of a folder and write the boxes.

    Parameters
    ----------
    detect : callable
        Takes a session and the path of an image.
    load : callable, optional
        Takes the path of the model and returns what the session opens.
    """
    model, folder, output = sys.argv[1:]
    session = open_session(load(model))
    paths = sorted(Path(folder).iterdir())
    detections = [
        {"image": path.name} | record for path in paths for record in detect(session, str(path))
    ]
    document = {"images": [path.name for path in paths], "detections": detections}
    Path(output).write_text(json.dumps(document))
