"""Opening the files of images: regular ones only, since a pipe or a device never ends."""

import hashlib
import os
import stat
from io import BufferedReader
from pathlib import Path

from parity.errors import UnreadableImageError

LARGEST_BYTES = 1 << 30
"""A larger file is no photograph; chosen: one of 150 megapixels at 16 bits a colour, uncompressed,
has 0.9 GB."""

KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def open_image(path: str | Path) -> BufferedReader:
    """Open a file without ever waiting for it.

    Raises
    ------
    UnreadableImageError
        If it cannot be opened, is no regular file or larger than :data:`LARGEST_BYTES`; the message
        is the reason.
    """
    try:
        _check(Path(path).stat(), path)
        stream: BufferedReader = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 - it is returned
    except OSError as error:
        raise UnreadableImageError(error.strerror or str(error)) from None
    try:
        _check(os.fstat(stream.fileno()), path)  # another file may have taken its name
    except UnreadableImageError:
        stream.close()
        raise
    return stream


def image_digest(path: str | Path) -> str:
    """Return the SHA-256 of a file; empty if :func:`open_image` refuses it or it breaks off."""
    try:
        with open_image(path) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (UnreadableImageError, OSError):
        return ""


def _check(status: os.stat_result, path: str | Path) -> None:
    if stat.S_ISDIR(status.st_mode):
        os.scandir(path).close()  # says why if the folder cannot be searched
        raise UnreadableImageError("it is a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        kind = KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        raise UnreadableImageError(f"it is {kind}, not a file")
    if status.st_size > LARGEST_BYTES:
        raise UnreadableImageError(
            f"the file has {status.st_size:,} bytes, more than {LARGEST_BYTES:,}"
        )


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)
