"""Opening files of users: regular ones only, since a pipe or a device never ends."""

import os
import stat
from io import BufferedReader
from pathlib import Path

from parity.errors import UnreadableImageError
from parity.foreign import is_of_system

KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def open_regular(path: str | Path, *, largest: int | None = None) -> BufferedReader:
    """Open a file without ever waiting for it.

    Parameters
    ----------
    path : str or Path
        The file.
    largest : int or None
        Bytes that it may have; None for any number.

    Raises
    ------
    UnreadableImageError
        If it cannot be opened, is no regular file or too large; the message is the reason.
    """
    try:
        _check(Path(path).stat(), path, largest)
        stream: BufferedReader = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 - it is returned
    except OSError as error:
        raise UnreadableImageError(error.strerror or str(error)) from None
    except ValueError:  # a character that no path holds
        raise UnreadableImageError("no file has such a name") from None
    try:
        _check(os.fstat(stream.fileno()), path, largest)  # another file may have taken its name
    except UnreadableImageError:
        stream.close()
        raise
    return stream


def check_bytes(size: int, largest: int) -> None:
    """Check the bytes of an image.

    Raises
    ------
    UnreadableImageError
        If they are more than the largest has.
    """
    if size > largest:
        raise UnreadableImageError(f"the file has {size:,} bytes, more than {largest:,}")


def _check(status: os.stat_result, path: str | Path, largest: int | None) -> None:
    if stat.S_ISDIR(status.st_mode):
        os.scandir(path).close()  # says why if the folder cannot be searched
        raise UnreadableImageError("it is a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        kind = KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        raise UnreadableImageError(f"it is {kind}, not a file")
    if is_of_system(os.path.realpath(path)):
        raise UnreadableImageError("it is what the system says of itself, not a file")
    if largest is not None:
        check_bytes(status.st_size, largest)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)
