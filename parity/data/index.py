"""What the coordinating process remembers of the images, so that it need not read them again."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from parity.data.listing import Listing
from parity.files import write_npz
from parity.provenance import sha256

UNREADABLE = bytes(32)
"""Stands for the digest of a file that cannot be read."""

SETTLED_NS = 2_000_000_000
"""A file changed so shortly before it was read may be changed again without a new time."""

CHUNK = 10_000
MANY = 5_000


@dataclass(frozen=True)
class Index:
    """Digests of images, and what their files looked like when they were read.

    Attributes
    ----------
    names, paths : bytes
        Of all images in order, each ended by a zero byte.
    sizes, times : (N,) int64
        Bytes, and nanoseconds of the last change.
    digests : (N, 32) uint8
        SHA-256 of the content; zeros for a file that could not be read.
    numbers : (N,) int32
        Batch of each image; empty where every image has a batch of its own.
    batches : int
        How many batches there are.
    lists : (M, 2) int64
        Size and time of the batches' lists, in order.
    seen_ns : int
        When the images were looked at.
    """

    names: bytes
    paths: bytes
    sizes: np.ndarray
    times: np.ndarray
    digests: np.ndarray
    numbers: np.ndarray
    batches: int
    lists: np.ndarray
    seen_ns: int

    @classmethod
    def empty(cls) -> Self:
        """Return the index of somebody who remembers nothing."""
        none = np.zeros(0, np.int64)
        digests, numbers = np.zeros((0, 32), np.uint8), np.zeros(0, np.int32)
        return cls(b"", b"", none, none, digests, numbers, 0, np.zeros((0, 2), np.int64), 0)

    def save(self, path: str | Path) -> None:
        """Write the index; uncompressed, since digests do not compress."""
        arrays = {
            "names": np.frombuffer(self.names, np.uint8),
            "paths": np.frombuffer(self.paths, np.uint8),
            "sizes": self.sizes,
            "times": self.times,
            "digests": self.digests,
            "numbers": self.numbers,
            "lists": self.lists,
            "scalars": np.array([self.batches, self.seen_ns], np.int64),
        }
        write_npz(path, arrays, compressed=False)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read an index; one that is lost or damaged is as good as an empty one."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = dict(stored)
            names, paths = arrays.pop("names").tobytes(), arrays.pop("paths").tobytes()
            batches, seen_ns = arrays.pop("scalars").tolist()
            index = cls(names=names, paths=paths, batches=batches, seen_ns=seen_ns, **arrays)
            shapes = {index.sizes.shape, index.times.shape, index.digests.shape[:1]}
            return index if shapes == {(names.count(0),)} else cls.empty()
        except Exception:  # whatever is wrong with it, reading the images again mends it
            return cls.empty()


def joined(texts: list[str]) -> bytes:
    """Return texts end to end, each ended by a zero byte, which no path holds."""
    return "\0".join([*texts, ""]).encode(errors="surrogateescape")


def split(texts: bytes) -> list[str]:
    """Return what :func:`joined` was given."""
    return texts.decode(errors="surrogateescape").split("\0")[:-1]


def update_digests(listing: Listing, known: Index) -> tuple[np.ndarray, np.ndarray]:
    """Return the digest of every image, reading only those that look new or changed.

    Parameters
    ----------
    listing : Listing
        The images of this run.
    known : Index
        What is remembered.

    Returns
    -------
    digests : (N, 32) uint8
    read : (K,) int
        Which images had to be read.
    """
    rows = _rows(listing, known)
    found = np.flatnonzero(rows >= 0)
    old = rows[found]
    same = (known.sizes[old] == listing.sizes[found]) & (known.times[old] == listing.times[found])
    same &= known.times[old] < known.seen_ns - SETTLED_NS
    digests = np.zeros((len(listing), 32), np.uint8)
    digests[found[same]] = known.digests[old[same]]
    unknown = np.ones(len(listing), bool)
    unknown[found[same]] = False
    read = np.flatnonzero(unknown)
    if read.size > MANY:
        sys.stderr.write(f"Reading {read.size} images that are new or changed.\n")
    if read.size:
        digests[read] = _read_digests([listing.paths[i] for i in read])
    return digests, read


def _rows(listing: Listing, known: Index) -> np.ndarray:
    if known.names == joined(listing.names):
        return np.arange(len(listing))
    positions = {name: row for row, name in enumerate(split(known.names))}
    return np.fromiter((positions.get(n, -1) for n in listing.names), np.int64, len(listing))


def _read_digests(paths: list[str]) -> np.ndarray:
    digests = bytearray()
    with ThreadPoolExecutor() as pool:  # hashing lets go of the interpreter, and disks wait
        for start in range(0, len(paths), CHUNK):
            digests += b"".join(pool.map(_read_digest, paths[start : start + CHUNK]))
    return np.frombuffer(bytes(digests), np.uint8).reshape(-1, 32)


def _read_digest(path: str) -> bytes:
    try:
        return bytes.fromhex(sha256(path))
    except OSError:
        return UNREADABLE
