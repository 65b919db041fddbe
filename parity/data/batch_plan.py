"""Planning batches: writing the list of every batch that is new or changed, and no other.

The coordinating process alone calls :func:`plan_batches`. Snakemake compares the lists by content,
so a batch runs again exactly if its images changed.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from parity.data.batch_assignment import count_batches, number_images, rows_by_batch
from parity.data.batch_files import CHANGED, Batch, BatchImage
from parity.data.digest_cache import DigestCache
from parity.data.index_fields import UNREADABLE, join_names
from parity.data.listing import Listing, list_paths
from parity.data.regular_files import open_regular
from parity.data.shard_plan import plan_shards
from parity.documents import load, save_if_changed
from parity.errors import UserError
from parity.files import write_npz

MEMORY = ".index"
PLAN = ".plan.json"


@dataclass(frozen=True)
class BatchPlan:
    """The batches of a run."""

    SCHEMA: ClassVar[str] = "plan/2"

    names: list[str]
    note: str
    """What a reader should know of the choice of images; may be empty."""
    source: str
    """The images that the configuration names."""
    images_per_job: int | str
    """Images per batch, or ``auto``."""


@dataclass(frozen=True)
class Memory:
    """What the last planning did, kept to notice what changed since."""

    cache: DigestCache
    """The images and their digests."""
    paths: bytes
    """Where the images are, in order, see :func:`parity.data.index_fields.join_names`."""
    numbers: np.ndarray
    """(N,) int32. Number of the batch of each image."""
    batches: int
    """How many batches the images are divided into."""
    lists: np.ndarray
    """(M, 2) int64. Size and time of the batches' lists, in order; zeros for one that is
    missing."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a memory; one that is lost or damaged is as good as an empty one."""
        try:
            with open_regular(path) as stream, np.load(stream, allow_pickle=False) as stored:
                return cls(
                    cache=DigestCache.from_arrays(stored),
                    paths=stored["paths"].tobytes(),
                    numbers=stored["numbers"],
                    batches=int(stored["batches"]),
                    lists=stored["lists"],
                )
        except Exception:  # planning anew repairs a damaged plan
            none = np.zeros(0, np.int32)
            return cls(DigestCache.empty(), b"", none, 0, np.zeros((0, 2), np.int64))

    def save(self, path: Path) -> None:
        """Write the memory; uncompressed, since digests do not compress."""
        arrays = {
            **self.cache.as_arrays(),
            "paths": np.frombuffer(self.paths, np.uint8),
            "numbers": self.numbers,
            "batches": np.array(self.batches, np.int64),
            "lists": self.lists,
        }
        write_npz(path, arrays, compressed=False)


def plan_batches(
    images: Listing | Mapping[str, Path],
    *,
    images_per_job: int | str,
    note: str,
    directory: str | Path,
    source: str = "",
) -> BatchPlan:
    """Write the list of every batch that is new or changed, and the plan.

    An image, or a shard, is read only if its size or time differs from what is remembered, or a
    job noted that it changed. Without the memory everything is read once again.

    Parameters
    ----------
    images : Listing, or mapping of str to Path
        The images, or path by name.
    images_per_job : int or str
        Images per batch, or ``auto``, see :func:`parity.data.batch_assignment.count_batches`.
    note : str
        What a reader should know of the choice of images; may be empty.
    directory : str or Path
        Where the lists, the plan and the memory are kept.
    source : str
        The images that the configuration names; it is kept with the plan.
    """
    directory = Path(directory)
    listing = images if isinstance(images, Listing) else list_paths(images)
    known = Memory.load(directory / MEMORY)
    changed_names = [*(directory.parent / CHANGED).glob("*")]
    doubted = [path.read_bytes() for path in changed_names]
    cache, read = known.cache.doubting(doubted).updated(listing)
    paths = join_names(listing.paths)
    count = count_batches(len(listing), images_per_job)
    as_before = (cache.names, count) == (known.cache.names, known.batches)
    numbers = known.numbers
    if not as_before or len(numbers) != len(listing):
        numbers = number_images(listing.names, images_per_job)
    batches = rows_by_batch(listing.names, numbers, images_per_job)
    files = [directory / f"{batch}.json" for batch in batches]
    stale = np.ones(len(files), bool)
    if as_before and paths == known.paths and len(known.lists) == len(files):
        changed = (cache.digests != known.cache.digests).any(axis=1)
        stale = np.array([changed[rows].any() for rows in batches.values()], bool)
        stale |= (known.lists != _sizes_and_times(files)).any(axis=1)
    for is_stale, file, rows in zip(stale, files, batches.values(), strict=True):
        if is_stale:
            save_if_changed(file, _batch(listing, cache.digests, rows))
    names = list(batches)
    names += plan_shards(
        listing.shards, images_per_job=images_per_job, directory=directory, doubted=doubted
    )
    if stale.any() or listing.shards:
        _delete_others(directory, set(names))
    if stale.any() or read.size:
        memory = Memory(cache, paths, numbers, count, _sizes_and_times(files))
        memory.save(directory / MEMORY)
    for path in changed_names:
        path.unlink(missing_ok=True)
    plan = BatchPlan(names, note, source, images_per_job)
    save_if_changed(directory / PLAN, plan)
    return plan


def load_batch_plan(directory: str | Path) -> BatchPlan:
    """Return what the coordinating process planned; a job neither lists nor reads the images.

    Raises
    ------
    UserError
        If nothing has been planned yet.
    """
    path = Path(directory) / PLAN
    try:
        return load(path, BatchPlan)
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run again.") from None


def _batch(listing: Listing, digests: np.ndarray, rows: np.ndarray) -> Batch:
    images = []
    for row in rows.tolist():
        digest = digests[row].tobytes()
        sha256 = "" if digest == UNREADABLE else digest.hex()
        images.append(BatchImage(listing.names[row], listing.paths[row], sha256))
    return Batch(images)


def _sizes_and_times(files: list[Path]) -> np.ndarray:
    seen = np.zeros((len(files), 2), np.int64)
    for row, file in enumerate(files):
        with suppress(OSError):
            status = file.stat()
            seen[row] = status.st_size, status.st_mtime_ns
    return seen


def _delete_others(directory: Path, batches: set[str]) -> None:
    for path in directory.glob("[!.]*.json"):
        if path.stem not in batches:
            path.unlink()
