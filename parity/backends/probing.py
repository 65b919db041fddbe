"""Running a file that is given, to see what it takes and returns."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from parity.backends.given_file import Given
from parity.backends.onnx_metadata import DTYPES
from parity.backends.onnx_network import run_session
from parity.backends.runtimes.onnxruntime import PROVIDERS, load_session
from parity.backends.runtimes.runtime import Session
from parity.data.sample_images import OWN_SAMPLE, find_samples
from parity.detection.letterbox import planes
from parity.errors import UserError
from parity.model_files.adapting import TYPES, apply_chain
from parity.model_files.cells import Size
from parity.model_files.graph_limits import graph_limit

GREY = 114
"""Value of the pixels of a constant image, as Ultralytics pads images."""
THREADS = 2


def outputs_for_a_photograph(given: Given, size: Size) -> list[np.ndarray]:
    """Return what a file returns for a photograph, stretched, red, green and blue from 0 to 1.

    Returns
    -------
    list of (1, ...) float32
        Nothing if an output is no number.
    """
    session = opened(given)
    tensor = planes(probes(*size)[0])[None]
    fed = fed_as(given.deviations, tensor, session)
    if not all(output.dtype in (*DTYPES, "int64", "int32") for output in session.outputs):
        return []
    found = run_session(session, fed, given.path)
    return [output[:1].astype(np.float32) for output in found if output.ndim]


def outputs_for_photographs(given: Given, size: Size) -> list[np.ndarray]:
    """Return what a file returns first for each photograph, (1, ...); nothing if no number."""
    session = opened(given)
    if session.outputs[0].dtype not in DTYPES:
        return []
    tensors = [planes(image)[None] for image in photographs(*size)]
    fed = [fed_as(given.deviations, tensor, session) for tensor in tensors]
    return [first_output(session, each, given.path) for each in fed]


def first_output(session: Session, fed: np.ndarray, path: str | Path) -> np.ndarray:
    """Return what a file returns first for an image, (1, ...) float32.

    Raises
    ------
    UserError
        If it cannot be run, or returns no number.
    """
    first = run_session(session, fed, path)[0]
    if not first.size:
        raise UserError(f"{path} returns {list(first.shape)} for a photograph; export it again.")
    return np.asarray(first[:1], np.float32)


def opened(given: Given) -> Session:
    """Load a file within the limits of time and memory."""
    with graph_limit(given.path, "loading it"):
        return load_session(given.runnable, threads=THREADS, providers=PROVIDERS)


def fed_as(names: Sequence[str], tensor: np.ndarray, session: Session) -> np.ndarray:
    """Return an input, (1, 3, H, W), as a deviating model takes it."""
    batch = session.input.shape[0]
    copies = batch if isinstance(batch, int) and batch > 0 else 1
    fed = np.concatenate([apply_chain(names, tensor, rows=0, classes=0)] * copies)
    return fed if set(names) & set(TYPES) else fed.astype(session.input.dtype)


def probes(height: int, width: int) -> list[np.ndarray]:
    """Return images of an input's size: a photograph, with objects if there is one, and grey."""
    samples = find_samples()
    others = [path for name, path in samples.items() if name != OWN_SAMPLE.name]
    photograph = cv2.imread(str(next(iter(others), OWN_SAMPLE)))
    return [
        cv2.resize(photograph, (width, height)),
        np.full((height, width, 3), GREY, np.uint8),
    ]


def photographs(height: int, width: int) -> list[np.ndarray]:
    """Return all photographs that are there, of an input's size."""
    samples = [cv2.imread(str(path)) for path in find_samples().values()]
    return [cv2.resize(each, (width, height)) for each in samples]
