"""Opening images: regular files, and members of tar shards, which are read in place."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from parity.data.regular_files import open_regular
from parity.data.shard_index import members_of
from parity.data.shards import LARGEST_BYTES, split_member
from parity.errors import UnreadableImageError


def open_image(path: str | Path) -> BinaryIO:
    """Open an image without ever waiting for it.

    Parameters
    ----------
    path : str or Path
        A file, or a member of a tar shard, such as ``shards/0.tar/bus.jpg``.

    Raises
    ------
    UnreadableImageError
        If it cannot be opened, is no regular file or larger than
        :data:`parity.data.shards.LARGEST_BYTES`; the message is the reason.
    """
    parts = split_member(str(path))
    if parts is None:
        return open_regular(path, largest=LARGEST_BYTES)
    shard, name = parts
    with open_regular(shard) as stream:
        member = members_of(shard, os.fstat(stream.fileno())).get(name)
        if member is None:
            raise UnreadableImageError("the shard does not hold it")
        if member.reason:
            raise UnreadableImageError(member.reason)
        stream.seek(member.offset)
        return BytesIO(stream.read(member.size))


def image_digest(path: str | Path) -> str:
    """Return the SHA-256 of an image; empty if :func:`open_image` refuses it or it breaks off."""
    try:
        with open_image(path) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
    except (UnreadableImageError, OSError):
        return ""


@contextmanager
def as_file(path: str | Path) -> Iterator[Path]:
    """Yield the file of an image, for a program that reads nothing else.

    A member of a shard is written to a temporary file, whose name is not the member's.

    Raises
    ------
    UnreadableImageError
        As :func:`open_image`, for a member of a shard.
    """
    if split_member(str(path)) is None:
        yield Path(path)
        return
    with open_image(path) as stream, NamedTemporaryFile(suffix=Path(path).suffix) as copy:
        copy.write(stream.read())
        copy.flush()
        yield Path(copy.name)
