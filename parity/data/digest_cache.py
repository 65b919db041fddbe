"""Remembering the digests of files, so that only those that look changed are read again."""

import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from parity.data.image_files import image_digest
from parity.data.index_fields import SETTLED_NS, UNREADABLE, join_names, split_names
from parity.data.listing import Listing
from parity.data.regular_files import open_regular
from parity.files import write_npz

NEVER = -1
"""A time that no file has, nanoseconds."""

CHUNK = 10_000
"""Files that wait for a thread at a time; chosen, so that a million need no queue of a million."""

MANY = 5_000
"""Reading more files than so many is announced on the console; chosen."""


@dataclass(frozen=True)
class DigestCache:
    """Digests of files, and what the files looked like when they were read."""

    names: bytes
    """Names of all files in order, see :func:`parity.data.index_fields.join_names`."""
    sizes: np.ndarray
    times: np.ndarray
    """(N,) int64. Bytes, and nanoseconds of the last change."""
    digests: np.ndarray
    """(N, 32) uint8. SHA-256 of the content; zeros for a file that could not be read."""
    seen_ns: int
    """When the files were looked at, nanoseconds."""

    @classmethod
    def empty(cls) -> Self:
        """Return a cache that remembers nothing."""
        none = np.zeros(0, np.int64)
        return cls(b"", none, none, np.zeros((0, 32), np.uint8), 0)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a cache; one that is lost or damaged is as good as an empty one."""
        try:
            with open_regular(path) as stream, np.load(stream, allow_pickle=False) as stored:
                return cls.from_arrays(stored)
        except Exception:  # reading the files again repairs a damaged cache
            return cls.empty()

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """Return the cache that :meth:`as_arrays` described.

        Raises
        ------
        KeyError, ValueError
            If an array is missing, or they do not fit each other.
        """
        cache = cls(
            names=arrays["names"].tobytes(),
            sizes=arrays["sizes"],
            times=arrays["times"],
            digests=arrays["digests"],
            seen_ns=int(arrays["seen_ns"]),
        )
        shapes = {cache.sizes.shape, cache.times.shape, cache.digests.shape[:1]}
        if shapes != {(cache.names.count(0),)}:
            raise ValueError("the arrays differ in length")
        return cache

    def as_arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays that an npz stores."""
        return {
            "names": np.frombuffer(self.names, np.uint8),
            "sizes": self.sizes,
            "times": self.times,
            "digests": self.digests,
            "seen_ns": np.array(self.seen_ns, np.int64),
        }

    def save(self, path: str | Path) -> None:
        """Write the cache; uncompressed, since digests do not compress."""
        write_npz(path, self.as_arrays(), compressed=False)

    def doubting(self, names: Iterable[bytes]) -> Self:
        """Return the cache as if some files looked changed.

        Parameters
        ----------
        names : iterable of bytes
            The files; those that are not in the cache do not matter.
        """
        doubted = set(names)
        if not doubted:
            return self
        times = self.times.copy()
        times[[name in doubted for name in self.names.split(b"\0")[:-1]]] = NEVER
        return replace(self, times=times)

    def updated(
        self, listing: Listing, *, digest: Callable[[str], str] = image_digest
    ) -> tuple["DigestCache", np.ndarray]:
        """Return the cache of the files of a listing, reading those that look new or changed.

        Parameters
        ----------
        listing : Listing
            The files as they are now.
        digest : callable
            Returns the SHA-256 of a file; empty if it cannot be read.

        Returns
        -------
        cache : DigestCache
            Of exactly these files, in their order.
        read : (K,) int
            Rows of the files that had to be read.
        """
        names = join_names(listing.names)
        rows = self._rows(listing, names)
        found = np.flatnonzero(rows >= 0)
        old = rows[found]
        same = self.sizes[old] == listing.sizes[found]
        same &= self.times[old] == listing.times[found]
        same &= self.times[old] < self.seen_ns - SETTLED_NS
        digests = np.zeros((len(listing), 32), np.uint8)
        digests[found[same]] = self.digests[old[same]]
        changed = np.ones(len(listing), bool)
        changed[found[same]] = False
        read = np.flatnonzero(changed)
        if read.size > MANY:
            sys.stderr.write(f"Reading {read.size} files that are new or changed.\n")
        if read.size:
            digests[read] = _read_digests([listing.paths[row] for row in read], digest)
        return DigestCache(names, listing.sizes, listing.times, digests, listing.seen_ns), read

    def _rows(self, listing: Listing, names: bytes) -> np.ndarray:
        if self.names == names:
            return np.arange(len(listing))
        positions = {name: row for row, name in enumerate(split_names(self.names))}
        return np.fromiter((positions.get(n, -1) for n in listing.names), np.int64, len(listing))


def _read_digests(paths: list[str], digest: Callable[[str], str]) -> np.ndarray:
    def read(path: str) -> bytes:
        return bytes.fromhex(digest(path)) or UNREADABLE

    digests = bytearray()
    with ThreadPoolExecutor() as pool:  # hashing lets go of the interpreter, and disks wait
        for start in range(0, len(paths), CHUNK):
            digests += b"".join(pool.map(read, paths[start : start + CHUNK]))
    return np.frombuffer(bytes(digests), np.uint8).reshape(-1, 32)
