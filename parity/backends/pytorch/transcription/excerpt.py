"""What a foreign checkpoint comes down to: plain data, of which all jobs build its model."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from parity.backends.pytorch.transcription.architecture import checked_architecture
from parity.backends.pytorch.transcription.archive import Archive, open_archive
from parity.backends.pytorch.transcription.transcript import Transcript, read_transcript
from parity.documents import from_plain, to_plain
from parity.errors import about
from parity.files import atomic
from parity.integrity import note_place
from parity.model_files.results import ReferenceFacts

TRANSCRIPT = "transcript.json"
"""The first member, which says what the model is; the others are the numbers of its tensors."""
LOCAL_HEADER = 30
"""Bytes before the name of a member in an archive, by the ZIP format."""


def write_excerpt(source: Path, destination: str | Path) -> ReferenceFacts:
    """Write what a checkpoint says of its model, and the numbers of that.

    Nothing of it is loaded, nothing else of it is kept, and no torch is needed. Whether the model
    is the one that its architecture describes is seen by whoever builds it, see
    :func:`parity.backends.pytorch.transcription.transcription.transcribed`.

    Parameters
    ----------
    source : Path
        A ``.pt`` that Ultralytics saved.
    destination : str or Path
        The archive to write. Equal models give equal bytes, apart from the place that is noted.

    Returns
    -------
    ReferenceFacts
        What the checkpoint says of its model.

    Raises
    ------
    UserError
        If it is no such file, or its numbers are not whole.
    """
    with about(source), open_archive(source) as archive:
        transcript = read_transcript(archive)
        sizes = {tensor.key: tensor.size for tensor in transcript.tensors.values()}
        with atomic(destination) as temporary:
            with zipfile.ZipFile(temporary, "w") as excerpt:
                excerpt.writestr(zipfile.ZipInfo(TRANSCRIPT), json.dumps(to_plain(transcript)))
                for key, size in sizes.items():
                    excerpt.writestr(zipfile.ZipInfo(f"data/{key}"), archive.numbers(key, size))
            note_place(temporary)
    return ReferenceFacts(transcript.names, transcript.stride, transcript.size)


@contextmanager
def open_transcript(path: Path) -> Iterator[tuple[Transcript, Archive]]:
    """Open an excerpt, or a checkpoint of which none was written: its transcript and its numbers.

    Raises
    ------
    UserError
        If it is neither; the message follows the name of the file.
    """
    if not is_excerpt(path):
        with open_archive(path) as archive:
            yield read_transcript(archive), archive
        return
    with zipfile.ZipFile(path) as opened:
        excerpt = Archive(opened, {info.filename: info for info in opened.infolist()})
        stored = from_plain(json.loads(excerpt.text(TRANSCRIPT)), Transcript)
        checked = checked_architecture(stored.architecture, stored.model_class)
        yield replace(stored, architecture=checked), excerpt


def is_excerpt(path: Path) -> bool:
    """Return whether a file begins as :func:`write_excerpt` writes it."""
    with path.open("rb") as stream:
        return stream.read(LOCAL_HEADER + len(TRANSCRIPT))[LOCAL_HEADER:] == TRANSCRIPT.encode()
