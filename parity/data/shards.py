"""Tar shards: which of their members are images, and where the bytes of each are.

Members are read in place and never extracted. What a header says is data: names lead nowhere, and
links, devices and sparse files are refused.
"""
# ruff: noqa: PTH112, PTH122

import errno
import os
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path

from parity.data.regular_files import check_bytes, open_regular
from parity.data.suffixes import SUFFIXES
from parity.errors import UnreadableImageError, in_one_line, shown
from parity.foreign import LFS, POINTER

SHARD = ".tar"
"""Suffix of a shard; a compressed archive cannot be read in place."""

LARGEST_BYTES = 1 << 30
"""A larger file is no photograph; chosen: one of 150 megapixels at 16 bits a colour, uncompressed,
has 0.9 GB."""

LARGEST_HEADER = 1 << 16
"""Bytes that the headers of one member may take; chosen: a path has 4,096 at most, and what else
programs keep in headers is as small."""

PIECE_BYTES = 1 << 20
"""Bytes that are read at a time where no image is; chosen."""

SHARD_IN_PATH = re.compile(re.escape(SHARD) + r"(?=/|\Z)", re.IGNORECASE)

KINDS = {
    tarfile.SYMTYPE: "a link",
    tarfile.LNKTYPE: "a link",
    tarfile.FIFOTYPE: "a named pipe",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
}


@dataclass(frozen=True)
class Member:
    """A member of a shard."""

    name: str
    """Path in the shard; empty for what is wrong with the shard as a whole."""
    offset: int
    size: int
    """Where its bytes are in the shard, and how many."""
    reason: str = ""
    """Why it cannot be read; empty if it can be."""


def split_member(path: str) -> tuple[str, str] | None:
    """Return the shard that a path leads into and the member, empty for the shard; None if none."""
    for found in SHARD_IN_PATH.finditer(path):
        if not os.path.isdir(path[: found.end()]):
            return path[: found.end()], path[found.end() + 1 :]
    return None


LARGEST_OFFSET = (1 << 63) - 1
"""Bytes before a member, at most: what a file system can address."""


class Headers:
    """A shard as :mod:`tarfile` reads it: header by header, each of limited length."""

    def __init__(self, stream: BufferedReader) -> None:
        """Read a stream from its start."""
        self._stream, self._left = stream, LARGEST_HEADER

    def read(self, size: int) -> bytes:
        """Return the next bytes.

        Raises
        ------
        tarfile.ReadError
            If the headers of a member are longer than they may be.
        """
        if not 0 <= size <= self._left:
            raise tarfile.ReadError(f"a header has more than {LARGEST_HEADER:,} bytes")
        self._left -= size
        return self._stream.read(size)

    def tell(self) -> int:
        """Return the position, bytes."""
        return self._stream.tell()

    def seek(self, position: int) -> None:
        """Go to a position, bytes."""
        self._stream.seek(position)

    def begin_member(self) -> None:
        """Let the next member have headers of its own."""
        self._left = LARGEST_HEADER


def scan(stream: BufferedReader) -> Iterator[Member]:
    """Yield the images of a shard, and last what is wrong with it, in the order of their bytes.

    Parameters
    ----------
    stream : BufferedReader
        The shard; it may be read elsewhere between two members.
    """
    length = os.fstat(stream.fileno()).st_size
    before, last = 0, "its start"
    if stream.peek(len(LFS)).startswith(LFS):
        yield _damage(before, f"it {POINTER}")
        return
    try:
        headers = Headers(stream)
        shard = tarfile.TarFile(fileobj=headers, mode="r")  # type: ignore[arg-type]
        while (header := shard.next()) is not None:
            if shard.offset <= before or header.size < 0:
                raise tarfile.ReadError("a size is negative")
            if shard.offset > LARGEST_OFFSET:
                raise tarfile.ReadError("a size is larger than any file's")
            before, last = shard.offset, shown(header.name)
            shard.members.clear()  # type: ignore[attr-defined]  # else they stay in memory
            shard.pax_headers.clear()  # type: ignore[attr-defined]
            headers.begin_member()
            ends_within = header.offset_data + header.size > length
            if (member := _image(header, ends_within=ends_within)) is not None:
                yield member
            if ends_within:
                if member is None:
                    yield _damage(length, f"the shard ends within {last}")
                return
        stream.seek(shard.offset)
        block = stream.read(tarfile.BLOCKSIZE)
    except MemoryError:
        raise
    except Exception as error:  # a header may break the parser in any way
        said = shown(in_one_line(error))
        yield _damage(before, f"it is no tar file, or damaged after {last} ({said})")
        return
    if block.strip(b"\0"):
        yield _damage(shard.offset, f"the shard is damaged after {last}")
    elif len(block) < tarfile.BLOCKSIZE:
        yield _damage(shard.offset, f"the shard ends after {last} without an end mark")
    elif _holds_more(stream.fileno(), shard.offset + tarfile.BLOCKSIZE):
        yield _damage(shard.offset, f"the shard goes on after its end mark, which follows {last}")


def _holds_more(file: int, place: int) -> bool:
    """Return whether anything but zeros follows a place; holes of a sparse file are not read."""
    while piece := os.pread(file, PIECE_BYTES, place := _next_data(file, place)):
        if piece.strip(b"\0"):
            return True
        place += len(piece)
    return False


def _next_data(file: int, place: int) -> int:
    """Return where a file goes on after a hole; the place itself where the system knows of none."""
    try:
        return os.lseek(file, place, os.SEEK_DATA)
    except OSError as error:
        return os.fstat(file).st_size if error.errno == errno.ENXIO else place


def _image(header: tarfile.TarInfo, *, ends_within: bool) -> Member | None:
    """Return a member that is an image by its suffix, and why it cannot be read."""
    parts = header.name.replace("\0", "").split("/")
    name = "/".join(part for part in parts if part not in ("", "."))
    if header.isdir() or os.path.splitext(name)[1].lower() not in SUFFIXES:
        return None
    member = Member(name, header.offset_data, header.size)
    if not header.isreg():
        kind = KINDS.get(header.type, "something else")
        return replace(member, reason=f"it is {kind} in the shard, not a file")
    if header.issparse():
        return replace(member, reason="it is stored as a sparse file, which is not read in place")
    if ends_within:
        return replace(member, reason="the shard ends within it")
    try:
        check_bytes(header.size, LARGEST_BYTES)
    except UnreadableImageError as error:
        return replace(member, reason=str(error))
    return member


def _damage(offset: int, reason: str) -> Member:
    return Member("", offset, 0, reason)


def images_in(path: str) -> list[str]:
    """Return the names of the images of a shard.

    Raises
    ------
    UnreadableImageError
        If it cannot be opened.
    """
    with open_regular(path) as stream:
        return [member.name for member in scan(stream) if member.name]


def is_shard(path: str | Path) -> bool:
    """Return whether a path has the suffix of a shard."""
    return os.path.splitext(path)[1].lower() == SHARD
