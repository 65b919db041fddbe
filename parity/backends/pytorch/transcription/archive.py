"""The files in a checkpoint: its pickle, and the numbers of its tensors."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from parity.backends.trust import REMEDY
from parity.errors import UserError, shown
from parity.model_files import first_bytes

MAX_PICKLE_BYTES = 32 * 2**20
"""30 times the largest pickle of a model of Ultralytics (measured: 1.1 MB, YOLOv9e)."""
MAX_READ_BYTES = 4 * 2**20
"""Bytes of a single read, chosen: 40,000 entries of a table of contents, of which a checkpoint of
YOLOv9e with its optimizer has 6,400."""
PIECE_BYTES = MAX_READ_BYTES // 4
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 1
LITTLE = b"little"
PICKLE = "data.pkl"
FOLDER = re.compile(r"([^/]+)/data\.pkl")
WANTED = "a .pt checkpoint of Ultralytics"
TEXT = re.compile(r"[^\x00-\x08\x0e-\x1f\x7f]*")
OLD = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""First bytes of what torch wrote before version 1.6."""
ZIP = b"PK"
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError, ValueError, OverflowError, OSError),
    *(RuntimeError, NotImplementedError),
)
"""What ``zipfile`` raises for what it cannot read: OSError for a place before the beginning, and
NotImplementedError for a newer version of the format."""


@dataclass(frozen=True)
class Archive:
    """A checkpoint that is open."""

    _zip: zipfile.ZipFile
    entries: dict[str, zipfile.ZipInfo]
    """Its files by their names within its one folder."""

    def pickled(self) -> bytes:
        """Return the pickle."""
        entry = self.entries[PICKLE]
        if entry.file_size > MAX_PICKLE_BYTES:
            raise UserError(f"has a pickle that is larger than that of any YOLO model; {REMEDY}")
        return bytes(self._read(entry))

    def numbers(self, key: str, size: int) -> bytearray:
        """Return the bytes of a tensor's storage, which are ``size`` many."""
        entry = self.entries.get(f"data/{key}")
        if entry is None:
            raise UserError("lacks the numbers of a tensor; it may be truncated")
        if entry.file_size != size:
            raise UserError("has numbers of another size than it says; it is damaged")
        return self._read(entry)

    def text(self, name: str) -> str:
        """Return a file of text."""
        return self._read(self.entries[name]).decode()

    def is_little_endian(self) -> bool:
        """Return whether its numbers are stored as this machine has them."""
        entry = self.entries.get("byteorder")
        if entry is None:  # before torch 2.1
            return True
        return entry.file_size == len(LITTLE) and self._read(entry) == LITTLE

    def _read(self, entry: zipfile.ZipInfo) -> bytearray:
        if entry.compress_type not in COMPRESSIONS or entry.flag_bits & ENCRYPTED:
            raise UserError("is encrypted, or compressed in a way that torch does not read")
        read = bytearray()
        try:
            with self._zip.open(entry) as stream:
                while piece := stream.read(PIECE_BYTES):
                    read += piece
        except DAMAGED as error:
            raise UserError(f"is damaged ({shown(str(error))})") from None
        if len(read) != entry.file_size:
            raise UserError("is truncated")
        return read


class _ShortReads(io.BufferedReader):
    """A file that refuses to read much at once, as a false table of contents would ask for."""

    def read(self, size: int | None = -1, /) -> bytes:
        most = MAX_READ_BYTES + 1
        read = super().read(most if size is None or size < 0 else min(size, most))
        if len(read) == most:
            raise zipfile.BadZipFile("its table of contents is larger than that of any YOLO model")
        return read


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open a checkpoint that ``torch.save`` wrote.

    Raises
    ------
    UserError
        If it is something else; the message says what, to follow the name of the file.
    """
    with _ShortReads(io.FileIO(path)) as stream:
        head = stream.read(first_bytes.HEAD_BYTES)
        try:
            opened = zipfile.ZipFile(stream)
        except DAMAGED:
            raise UserError(why_no_archive(head)) from None
        with opened:
            archive = Archive(opened, _entries(opened))
            if not archive.is_little_endian():
                raise UserError("was written on a big-endian machine; save it again on another")
            yield archive


def _entries(opened: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    infos = opened.infolist()
    folders = [found[1] for info in infos if (found := FOLDER.fullmatch(info.filename))]
    if len(folders) != 1:
        raise UserError("is damaged, or an archive that holds no checkpoint of torch")
    entries = {info.filename.removeprefix(f"{folders[0]}/"): info for info in infos}
    if "constants.pkl" in entries:
        raise UserError("is a TorchScript archive; a .pt checkpoint of Ultralytics is needed")
    return entries


def why_no_archive(head: bytes) -> str:
    """Return what a file is that is no archive, from its first bytes, to follow its name."""
    if head.startswith(OLD):
        return f"is in the format of torch before version 1.6, which no YOLOv8 needs; {REMEDY}"
    said = "" if head.startswith(ZIP) else first_bytes.what_it_is(head, WANTED)
    if said:
        return said
    if TEXT.fullmatch(head.decode(errors="ignore")) and b"\0" not in head:
        return "is a text file, which is not a checkpoint; give the .pt file itself"
    return "is not a checkpoint that torch.save wrote; it may be truncated"
