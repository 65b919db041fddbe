"""How names, times and digests of files are written into an index."""

import hashlib

UNREADABLE = bytes(32)
"""Stands for the digest of a file that cannot be read."""

SETTLED_NS = 2_000_000_000
"""A file that changed less than so long before it was looked at may change again without a new
time; chosen: FAT, the coarsest file system, stores times in steps of 2 s."""


LATEST_NS = (1 << 63) - 1
"""The latest time that 64 bits hold, in the year 2262, ns."""


def in_64_bits(nanoseconds: int) -> int:
    """Return a time as an array of whole numbers can hold it: some file systems allow any date."""
    return min(max(nanoseconds, -LATEST_NS), LATEST_NS)


def digest_of_name(name: str) -> bytes:
    """Return the SHA-256 of a name of a file, whatever bytes it holds."""
    return hashlib.sha256(name.encode(errors="surrogateescape")).digest()


def join_names(names: list[str]) -> bytes:
    """Return names end to end, each ended by a zero byte, which no name of a file holds."""
    return "\0".join([*names, ""]).encode(errors="surrogateescape")


def split_names(names: bytes) -> list[str]:
    """Return what :func:`join_names` was given."""
    return names.decode(errors="surrogateescape").split("\0")[:-1]
