"""The size that a checkpoint was trained at, read before anything is loaded."""

from pathlib import Path
from typing import Any

import onnx

from parity.backends.pytorch.transcription.archive import open_archive
from parity.backends.pytorch.transcription.pickle_reader import MalformedError, read_pickle
from parity.errors import UserError
from parity.foreign import is_file
from parity.model_files.exporter_metadata import LARGEST_SIDE, read_metadata

DEFAULT_SIZE = 640
"""What Ultralytics takes where a checkpoint says nothing, px."""
MULTIPLE = 32
"""What sides are rounded up to, as ``predict`` does with the usual stride, px."""


def trained_size(weights: str) -> tuple[int, int]:
    """Return height and width that ``predict`` takes of itself for a checkpoint, px.

    Parameters
    ----------
    weights : str
        Path of a ``.pt`` or ``.onnx``, or a published name. What cannot be read has the usual size;
        the rule that loads it says what is wrong with it.
    """
    path = Path(weights)
    said = _stated(path) if is_file(path) else None
    sides = [said, said] if isinstance(said, int) else said
    if not isinstance(sides, list | tuple) or len(sides) != 2:
        return DEFAULT_SIZE, DEFAULT_SIZE
    if not all(type(side) is int and 0 < side <= LARGEST_SIDE for side in sides):
        return DEFAULT_SIZE, DEFAULT_SIZE
    height, width = (-(-side // MULTIPLE) * MULTIPLE for side in sides)
    return height, width


def _stated(path: Path) -> Any:
    if path.suffix == ".onnx":
        try:
            model = onnx.load(path, load_external_data=False)
        except Exception:  # protobuf's errors share no base class
            return None
        return read_metadata({entry.key: entry.value for entry in model.metadata_props}).imgsz
    try:
        with open_archive(path) as archive:
            value = read_pickle(archive.pickled()).value
    except (UserError, MalformedError, OSError):
        return None
    arguments = value.get("train_args") if isinstance(value, dict) else None
    return arguments.get("imgsz") if isinstance(arguments, dict) else None
