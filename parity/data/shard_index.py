"""The index of a tar shard: its images, where the bytes of each are, and their digests.

Planning builds the index of a shard that is new or changed; jobs read members by it.
"""

import hashlib
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BufferedReader
from pathlib import Path
from typing import Self

import numpy as np

from parity.data.index_fields import (
    SETTLED_NS,
    UNREADABLE,
    digest_of_name,
    in_64_bits,
    join_names,
    split_names,
)
from parity.data.regular_files import open_regular
from parity.data.shards import Member, scan
from parity.errors import UnreadableImageError
from parity.files import write_npz

INDEX_FOLDER = Path("results/plan/shards")

PIECE_BYTES = 1 << 20
"""Bytes that are hashed at a time; chosen."""

TWICE = "the shard holds several members of this name"

KEPT_SHARDS = 4
"""Shards whose members a job keeps in memory; chosen: it reads one after the other."""


@dataclass(frozen=True)
class ShardIndex:
    """What a shard held when it was read."""

    names: bytes
    """Names of its images in the order of their bytes, see
    :func:`parity.data.index_fields.join_names`; an empty name stands for the shard as a whole."""
    offsets: np.ndarray
    sizes: np.ndarray
    """(N,) int64. Where the bytes of each are in the shard, and how many."""
    digests: np.ndarray
    """(N, 32) uint8. SHA-256 of each; zeros for one that cannot be read."""
    reasons: bytes
    """Why each cannot be read, joined as the names; empty for one that can be."""
    shard: np.ndarray
    """(2,) int64. Bytes of the shard, and nanoseconds of its last change; zeros if it cannot be
    opened."""
    seen_ns: int
    """When it was looked at, nanoseconds."""

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.offsets)

    @classmethod
    def build(cls, path: str, *, digests: bool = True) -> Self:
        """Read a shard.

        Parameters
        ----------
        path : str
            The shard; if it cannot be read, the index holds the reason.
        digests : bool
            Whether to read the images, or only the headers.
        """
        seen, looks = time.time_ns(), np.zeros(2, np.int64)
        listed: list[tuple[Member, bytes]] = []
        try:
            with open_regular(path) as stream:
                looks = look_of(os.fstat(stream.fileno()))
                for member in scan(stream):
                    listed.append((member, _digest(stream, member) if digests else UNREADABLE))
        except UnreadableImageError as error:
            listed.append((Member("", 0, 0, str(error)), UNREADABLE))
        except OSError as error:
            reason = f"the shard cannot be read to its end ({error.strerror})"
            listed.append((Member("", 0, 0, reason), UNREADABLE))
        listed = _without_doubles(listed)
        members = [member for member, _ in listed]
        return cls(
            names=join_names([member.name for member in members]),
            offsets=np.array([member.offset for member in members], np.int64),
            sizes=np.array([member.size for member in members], np.int64),
            digests=np.frombuffer(b"".join(digest for _, digest in listed), np.uint8).reshape(
                -1, 32
            ),
            reasons=join_names([member.reason for member in members]),
            shard=looks,
            seen_ns=seen,
        )

    @classmethod
    def load(cls, path: str) -> Self | None:
        """Return the index of a shard that was saved; None if it is lost or damaged."""
        try:
            with (
                open_regular(index_file(path)) as stream,
                np.load(stream, allow_pickle=False) as stored,
            ):
                index = cls(
                    names=stored["names"].tobytes(),
                    offsets=stored["offsets"],
                    sizes=stored["sizes"],
                    digests=stored["digests"],
                    reasons=stored["reasons"].tobytes(),
                    shard=stored["shard"],
                    seen_ns=int(stored["seen_ns"]),
                )
        except Exception:  # reading the shard again repairs a damaged index
            return None
        lengths = {
            index.names.count(0),
            index.reasons.count(0),
            *map(len, (index.sizes, index.digests)),
        }
        return index if lengths == {len(index)} else None

    def save(self, path: str) -> None:
        """Keep the index of a shard; uncompressed, since digests do not compress."""
        arrays = {
            "names": np.frombuffer(self.names, np.uint8),
            "offsets": self.offsets,
            "sizes": self.sizes,
            "digests": self.digests,
            "reasons": np.frombuffer(self.reasons, np.uint8),
            "shard": self.shard,
            "seen_ns": np.array(self.seen_ns, np.int64),
        }
        write_npz(index_file(path), arrays, compressed=False)

    def is_of(self, looks: np.ndarray) -> bool:
        """Return whether a shard that looks so, see :func:`look_of`, is what it was."""
        return bool((self.shard == looks).all() and self.shard[1] < self.seen_ns - SETTLED_NS)

    def digest_of(self, rows: np.ndarray) -> str:
        """Return a digest of the names and contents of some images, by their rows."""
        names = self.names if len(rows) == len(self) else join_names(self.names_of(rows))
        return hashlib.sha256(names + self.digests[rows].tobytes()).hexdigest()

    def names_of(self, rows: np.ndarray) -> list[str]:
        """Return the names of some images, by their rows."""
        names = split_names(self.names)
        return [names[row] for row in rows.tolist()]


def index_file(path: str) -> Path:
    """Return where the index of a shard is kept."""
    return INDEX_FOLDER / f"{digest_of_name(path).hex()[:32]}.npz"


def look_of(status: os.stat_result) -> np.ndarray:
    """Return the bytes of a shard and nanoseconds of its last change, (2,) int64."""
    return np.array([status.st_size, in_64_bits(status.st_mtime_ns)], np.int64)


def members_of(path: str, status: os.stat_result) -> Mapping[str, Member]:
    """Return the images of a shard by name.

    Parameters
    ----------
    path : str
        The shard; without an index of it as it is now, its headers are read.
    status : os.stat_result
        Of the shard.
    """
    return _members(path, *look_of(status).tolist())


@lru_cache(KEPT_SHARDS)
def _members(path: str, size: int, time_ns: int) -> Mapping[str, Member]:
    index = ShardIndex.load(path)
    if index is None or (index.shard != (size, time_ns)).any():
        index = ShardIndex.build(path, digests=False)
    names, reasons = split_names(index.names), split_names(index.reasons)
    rows = zip(names, index.offsets.tolist(), index.sizes.tolist(), reasons, strict=True)
    return {row[0]: Member(*row) for row in rows}


def _digest(stream: BufferedReader, member: Member) -> bytes:
    """Return the SHA-256 of a member."""
    if member.reason:
        return UNREADABLE
    digest, left = hashlib.sha256(), member.size
    stream.seek(member.offset)
    while left and (piece := stream.read(min(left, PIECE_BYTES))):
        digest.update(piece)
        left -= len(piece)
    return digest.digest()


def _without_doubles(listed: Iterable[tuple[Member, bytes]]) -> list[tuple[Member, bytes]]:
    """Return each name once; one that several members have cannot be read."""
    once: dict[str, tuple[Member, bytes]] = {}
    for member, digest in listed:
        if member.name in once:
            once[member.name] = replace(once[member.name][0], reason=TWICE), UNREADABLE
        else:
            once[member.name] = member, digest
    return list(once.values())
