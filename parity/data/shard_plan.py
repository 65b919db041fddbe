"""Planning batches of shards: bringing their indices up to date, and listing what a batch reads.

A list names a shard and rows of its index, so that planning does not touch single images.
"""
# ruff: noqa: PTH113, PTH116, PTH202

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from parity.data.batch_files import ShardBatch, ShardRows
from parity.data.listing import ListedShard
from parity.data.shard_assignment import Piece, shards_by_batch
from parity.data.shard_index import ShardIndex, index_file, look_of
from parity.documents import save_if_changed
from parity.errors import UserError

MANY_BYTES = 100_000_000
"""Reading shards of more bytes than so many is announced on the console; chosen: as many bytes of
empty members, the slowest, are read in 6 s (measured)."""


def plan_shards(
    shards: Sequence[ListedShard],
    *,
    images_per_job: int | str,
    directory: Path,
    doubted: Iterable[bytes],
) -> list[str]:
    """Write the list of every batch of shards that is new or changed.

    Parameters
    ----------
    shards : sequence of ListedShard
        Sorted by name.
    images_per_job : int or str
        Images per batch at most, or ``auto``.
    directory : Path
        Where the lists are kept.
    doubted : iterable of bytes
        Names of images that a job found changed; their shards are read again.

    Returns
    -------
    list of str
        The batches.
    """
    names = {os.fsdecode(name) for name in doubted}
    update_indices([shard.path for shard in shards], {s.path for s in shards if s.holds(names)})
    listed = {shard.name: shard for shard in shards}
    counts = {name: len(rows_of(shard)[1]) for name, shard in listed.items()}
    batches = shards_by_batch(counts, images_per_job)
    for batch, pieces in batches.items():
        parts = [_part(listed[piece.shard], piece) for piece in pieces]
        save_if_changed(directory / f"{batch}.json", ShardBatch(parts))
    return list(batches)


def update_indices(paths: Iterable[str], doubted: set[str]) -> None:
    """Read every shard that has no index, looks changed or is doubted."""
    stale = [path for path in paths if path in doubted or not _is_current(path)]
    size = sum(os.path.getsize(path) for path in stale if os.path.isfile(path))
    if size > MANY_BYTES:
        sys.stderr.write(f"Reading {len(stale)} shards, {size / 1e9:.1f} GB, new or changed.\n")
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # hashing lets go of the interpreter
        for _ in pool.map(_read, stale):
            pass


def _read(path: str) -> None:
    ShardIndex.build(path).save(path)


def _is_current(path: str) -> bool:
    index = ShardIndex.load(path)
    try:
        return index is not None and index.is_of(look_of(os.stat(path)))
    except OSError:
        return False


def rows_of(shard: ListedShard) -> tuple[ShardIndex, np.ndarray]:
    """Return the index of a shard and the rows of the images that are asked for.

    Raises
    ------
    UserError
        If the shard does not hold one.
    """
    index = ShardIndex.load(shard.path)
    if index is None:
        raise UserError(f"{index_file(shard.path)} cannot be read; run again.")
    everything = np.arange(len(index))
    if shard.members is None:
        return index, everything
    names = index.names_of(everything)
    if missing := shard.members - set(names):
        raise UserError(f"images: {shard.path} does not hold {min(missing)}, which is listed.")
    return index, np.array([row for row, name in enumerate(names) if name in shard.members], int)


def _part(shard: ListedShard, piece: Piece) -> ShardRows:
    index, rows = rows_of(shard)
    chosen = rows[piece.start : piece.stop]
    return ShardRows(shard.name, shard.path, list(_ranges(chosen)), index.digest_of(chosen))


def _ranges(rows: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield the first row of each run of consecutive rows, and the one after its last."""
    for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1):
        yield int(run[0]), int(run[-1]) + 1
