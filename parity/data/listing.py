"""Finding images: names, sizes and times of a hundred thousand files within a second.

It uses plain strings and ``os``, since a :class:`pathlib.Path` for each file costs seconds, and it
imports nothing that decodes images, since it runs whenever Snakemake reads the workflow.
"""
# ruff: noqa: PTH100, PTH112, PTH116, PTH118, PTH119, PTH122, PTH207

import glob
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from parity.data.index_fields import in_64_bits
from parity.data.path_table import TABLE, read_path_table
from parity.data.shards import images_in, is_shard, split_member
from parity.data.suffixes import SUFFIXES
from parity.errors import UserError, shown
from parity.folders import Folder, folders_below
from parity.foreign import is_file, is_of_system
from parity.integrity import REPORTS, RESULTS

LONGEST_LINE = 8192
"""Bytes of a line in a list of paths; chosen: twice the longest path that Linux allows."""

EVERY_SECONDS = 5.0
"""Between two lines that say how far a search is; chosen."""

RECURSIVE = "**"
"""The part of a glob that stands for a folder and all that is in it."""

COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")


class LongSearch:
    """A search for images, which says every few seconds how far it is."""

    def __init__(self, source: str) -> None:
        """Begin to search a folder or a glob."""
        self._source, self._folders, self._said = source, 0, time.monotonic()

    def enter_folder(self) -> None:
        """Count a folder."""
        self._folders += 1
        if time.monotonic() - self._said >= EVERY_SECONDS:
            self._said = time.monotonic()
            sys.stderr.write(
                f"Searching {shown(self._source)}: {self._folders:,} folders so far.\n"
            )


@dataclass(frozen=True)
class ListedShard:
    """A tar shard, whose images are asked for."""

    name: str
    """Path below the images' root; an image is called ``<name>/<member>``."""
    path: str
    """Where it is."""
    members: frozenset[str] | None = None
    """The images that are listed; None for all of the shard."""

    def holds(self, images: Iterable[str]) -> bool:
        """Return whether one of some images is in the shard, by name."""
        return any(name == self.name or name.startswith(f"{self.name}/") for name in images)


@dataclass(frozen=True)
class Listing:
    """Images as the file system shows them; none has been opened."""

    names: list[str]
    """Paths below the images' root, sorted; what the results call the images."""
    paths: list[str]
    """Where the files are."""
    sizes: np.ndarray
    times: np.ndarray
    """(N,) int64. Bytes, and nanoseconds of the last change; 0 for a file without a status."""
    seen_ns: int
    """When the listing began."""
    shards: tuple[ListedShard, ...] = ()
    """Tar shards, sorted by name, which hold further images."""

    def __len__(self) -> int:
        """Return the number of images that are files."""
        return len(self.names)


def list_images(source: str) -> Listing:
    """Return the images that a folder, a glob, a text file of paths or a Parquet file names.

    Parameters
    ----------
    source : str
        A folder is searched recursively for image suffixes, links to folders included, each folder
        once; if there is no image, for tar shards. A file with such a suffix is the one image or
        the one shard. A glob, a text file (one path a line, relative to the file) and a Parquet
        file (see :func:`parity.data.path_table.read_path_table`) name images, with any suffix, and
        shards, and the files name members of shards, ``shard.tar/member.jpg``, too.

    Returns
    -------
    Listing
        Empty if a folder holds no image. What cannot be read keeps its row, a folder that cannot
        be searched too: :func:`parity.data.image_files.open_image` says why.

    Raises
    ------
    UserError
        If the source does not exist, cannot be read or is no folder or file, holds the system, or
        names a file twice or one that does not exist.
    """
    path = Path(source)
    if os.path.isdir(source):
        _check_folder(source)
        listing = _listing(_images_in(str(path)))
        return listing if listing.names else replace(listing, shards=_shards_in(str(path)))
    if is_file(path):
        return _named(_read_source(path), source)
    if os.path.lexists(source):
        raise UserError(
            f"images: {source} is neither a folder nor a file that can be read; name a folder, a "
            "glob or a list of paths."
        )
    if glob.has_magic(source):
        inner = source.rstrip("/")
        pattern = f"{inner}/*" if os.path.basename(inner) == RECURSIVE else source
        found = _expand(pattern, LongSearch(source))
        matches = sorted({path for path in found if _may_be_image(path)})
        if not matches:
            raise UserError(f"images: {source} names no file.")
        return _named(matches, source)
    raise UserError(
        f"images: {source} does not exist; name a folder, a glob or a text file of paths."
    )


def list_paths(named: Mapping[str, str | Path]) -> Listing:
    """Return the listing of files by name."""
    return _listing(_look(name, str(path)) for name, path in named.items())


def find_images(source: str) -> dict[str, Path]:
    """Return the path of each image by its name; see :func:`list_images`.

    Of tar shards, the headers are read.
    """
    listing = list_images(source)
    found = dict(zip(listing.names, map(Path, listing.paths), strict=True))
    for shard in listing.shards:
        for member in sorted(shard.members or images_in(shard.path)):
            found[f"{shard.name}/{member}"] = Path(shard.path, member)
    return found


def _check_folder(folder: str) -> None:
    """Check that a folder is neither the system's nor the one that a run writes into.

    Raises
    ------
    UserError
        If it is.
    """
    if os.path.realpath(folder) in map(os.path.realpath, (RESULTS, REPORTS)):
        raise UserError(
            f"images: {folder} is where a run writes its own pictures; name the folder of yours."
        )
    if is_of_system(os.path.realpath(folder)):
        raise UserError(
            f"images: {folder} is a folder of the system; name the one that holds the images."
        )


def _listing(seen: Iterable[tuple[str, str, int, int]]) -> Listing:
    begun = time.time_ns()
    entries = sorted(seen)
    return Listing(
        [entry[0] for entry in entries],
        [entry[1] for entry in entries],
        np.fromiter((entry[2] for entry in entries), np.int64, len(entries)),
        np.fromiter((entry[3] for entry in entries), np.int64, len(entries)),
        begun,
    )


def _look(name: str, path: str) -> tuple[str, str, int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return name, path, 0, 0
    return name, path, status.st_size, in_64_bits(status.st_mtime_ns)


def _images_in(root: str) -> Iterator[tuple[str, str, int, int]]:
    """Yield name, path, size and time of each image below a folder."""
    for folder in _folders(root, LongSearch(root)):
        if folder.error is not None:
            if not folder.prefix:
                raise UserError(f"images: {root} cannot be searched; make the folder readable.")
            yield folder.prefix.rstrip("/"), folder.path, 0, 0
        for entry in folder.entries:
            if os.path.splitext(entry.name)[1].lower() in SUFFIXES:
                yield _look(f"{folder.prefix}{entry.name}", entry.path)


def _shards_in(root: str) -> tuple[ListedShard, ...]:
    """Return the shards below a folder."""
    found = (
        ListedShard(f"{folder.prefix}{entry.name}", entry.path)
        for folder in _folders(root, LongSearch(root))
        for entry in folder.entries
        if is_shard(entry.name)
    )
    return tuple(sorted(found, key=lambda shard: shard.name))


def _folders(root: str, search: LongSearch) -> Iterator[Folder]:
    """Yield each folder below a root once, but none into which a run writes pictures."""
    for folder in folders_below(root, without=(RESULTS, REPORTS)):
        search.enter_folder()
        yield folder


def _may_be_image(path: str) -> bool:
    return not (os.path.isdir(path) or is_of_system(os.path.abspath(path)))


def _expand(pattern: str, search: LongSearch) -> Iterator[str]:
    """Yield what matches a glob; unlike in :mod:`glob`, ``**`` is each folder once."""
    parent, name = os.path.split(pattern)
    if glob.has_magic(parent):
        parents: Iterable[str] = _expand(parent, search)
    elif name == RECURSIVE:
        parents = [parent or os.curdir]
        _check_folder(parents[0])
    else:
        yield from glob.iglob(pattern)
        return
    for folder in parents:
        search.enter_folder()
        if name != RECURSIVE:
            yield from glob.iglob(os.path.join(glob.escape(folder), name))
            continue
        for inner in _folders(folder, search):
            if not any(part.startswith(".") for part in inner.prefix.split("/")):
                yield inner.path


def _read_source(path: Path) -> list[str]:
    """Return the files that a file names: itself, or those that it lists."""
    suffix = path.suffix.lower()
    if suffix in SUFFIXES or is_shard(path):
        return [str(path)]
    if suffix != TABLE:
        return _read_list(path)
    listed = [os.path.join(path.parent, entry) for entry in read_path_table(path)]
    for entry in listed:
        _check_listed(entry, path)
    return listed


def _read_list(path: Path) -> list[str]:
    """Return the files that a text file lists."""
    listed: dict[str, None] = {}
    number = 0
    with path.open("rb") as stream:
        while line := stream.readline(LONGEST_LINE):
            number += 1
            text = os.fsdecode(line).removeprefix("\ufeff" if number == 1 else "").strip()
            if len(line) == LONGEST_LINE or "\0" in text:
                raise UserError(
                    f"images: line {number} of {path} is not a path; list one per line."
                )
            if text and not text.startswith("#"):
                entry = os.path.join(path.parent, text)
                if entry in listed:
                    raise UserError(
                        f"images: {path} names the same file twice, the second time in line "
                        f"{number}: {shown(text)}."
                    )
                listed[entry] = None
                _check_listed(entry, path)
    return [*listed]


def _check_listed(entry: str, path: Path) -> None:
    if os.path.isdir(entry):
        raise UserError(f"images: {path} lists {shown(entry)}, which is a folder; list files.")
    shard = split_member(entry)
    if not os.path.lexists(shard[0] if shard else entry):
        raise UserError(f"images: {path} lists {shown(entry)}, which does not exist.")


def _named(paths: Iterable[str], source: str) -> Listing:
    """Return the listing of files, shards and members of shards by their paths."""
    files: dict[str, str] = {}  # path by absolute path
    shards: dict[str, str] = {}
    members: dict[str, set[str]] = {}  # of a shard; an empty name stands for all of them
    listed = 0
    for listed, path in enumerate(paths, 1):  # noqa: B007
        if path.lower().endswith(COMPRESSED):
            raise UserError(
                f"images: {shown(path)} is compressed, and a shard is read in place; decompress it."
            )
        if parts := split_member(path):
            shard = os.path.abspath(parts[0])
            shards[shard] = parts[0]
            members.setdefault(shard, set()).add(parts[1])
        else:
            files[os.path.abspath(path)] = path
    if not listed:
        raise UserError(f"images: {source} names no file.")
    if listed > len(files) + sum(map(len, members.values())) or any(
        "" in inner and len(inner) > 1 for inner in members.values()
    ):
        raise UserError(f"images: {source} names the same file twice.")
    root = os.path.commonpath(set(map(os.path.dirname, [*files, *shards])))
    start = len(root) if root.endswith("/") else len(root) + 1
    listing = list_paths({whole[start:]: path for whole, path in files.items()})
    found = []
    for whole, path in sorted(shards.items()):
        inner = None if "" in members[whole] else frozenset(members[whole])
        found.append(ListedShard(whole[start:], path, inner))
    return replace(listing, shards=tuple(found))
