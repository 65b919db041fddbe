"""Loading a checkpoint with Ultralytics."""

import shutil
import tempfile
from pathlib import Path

from ultralytics import YOLO
from ultralytics.nn import tasks

from parity.backends.pytorch.transcription.excerpt import is_excerpt
from parity.backends.pytorch.transcription.transcription import transcribe
from parity.backends.trust import is_checkpoint_trusted
from parity.integrity import check_whole

PLAIN_NAME = "model.pt"
"""Ultralytics replaces some names of files by others, such as yolov5n.pt."""


def load_model(path: str | Path) -> YOLO:
    """Load a checkpoint that rule ``load_checkpoint`` wrote.

    Raises
    ------
    UserError
        If it is damaged, or its model is not the one that its architecture describes.
    """
    with tempfile.TemporaryDirectory() as folder:
        return load_model_in(folder, path)


def load_model_in(folder: str | Path, path: str | Path) -> YOLO:
    """Load a checkpoint by way of a file in a folder, see :func:`load_model`.

    What Ultralytics loads was transcribed: it holds only classes of torch and its own, and nothing
    of it is evaluated (``ULTRALYTICS_SAFE_LOAD``). A ``.pt`` that this job trusts is loaded as it
    is; that of an export is none, and is transcribed.
    """
    check_whole(path)
    private = Path(folder, PLAIN_NAME)
    as_it_is = is_checkpoint_trusted() and not is_excerpt(Path(path))
    if as_it_is:
        shutil.copyfile(path, private)
    else:
        transcribe(path, private)
    tasks.SAFE_LOAD = not as_it_is
    return YOLO(private)
