"""Tar shards for tests, as the webdataset package writes them, and as nobody should."""

import io
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

Entry = tuple[tarfile.TarInfo, bytes]


def entry(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE) -> Entry:
    """Return a member."""
    header = tarfile.TarInfo(name)
    header.type, header.size = kind, len(content)
    return header, content


def write_entries(path: Path, entries: Iterable[Entry], *, form: int = tarfile.GNU_FORMAT) -> Path:
    """Write a shard."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", format=form) as shard:
        for header, content in entries:
            shard.addfile(header, io.BytesIO(content))
    return path


def write_shard(path: Path, images: Mapping[str, bytes]) -> Path:
    """Write images, each with a class of its own beside it."""
    return write_entries(
        path,
        (
            each
            for name, content in images.items()
            for each in (entry(name, content), entry(f"{Path(name).stem}.cls", b"7"))
        ),
    )
