"""Dividing images into batches, each the work of one job, and noticing which batch changed.

The coordinating process alone calls :func:`plan_batches`. It writes one list per batch, which
names the images and the digest of each; Snakemake compares these lists by content.
"""

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from parity.data.index import UNREADABLE, Index, joined, update_digests
from parity.data.listing import Listing, list_paths
from parity.errors import UserError
from parity.files import as_json, atomic, read_json

BATCH = "batch/1"
PLANNED = "plan/1"
INDEX = ".index"
PLAN = ".plan.json"
LONGEST = 100
AUTO = "auto"
SMALL, LARGE = 64, 256
"""Images per batch that ``auto`` means for few and for many images."""

FEW = 4
"""Batches up to which ``auto`` makes small ones."""


@dataclass(frozen=True)
class BatchImage:
    """One image of a batch.

    Attributes
    ----------
    name : str
        Path below the images' root.
    path : str
        Where the file is.
    sha256 : str
        Digest of its content when the run was planned; empty if it could not be read.
    """

    name: str
    path: str
    sha256: str


def assign(name: str, batches: int) -> int:
    """Return the number of the batch an image belongs to, by linear hashing.

    Between M and M + 1 batches the images of a single batch are divided anew; all others stay.

    Parameters
    ----------
    name : str
        Path below the images' root.
    batches : int
        M, at least 1.

    References
    ----------
    W. Litwin, "Linear hashing: a new tool for file and table addressing", VLDB 1980.
    """
    level = 1 << (batches - 1).bit_length()
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).digest()
    number = int.from_bytes(digest[:8], "big") % level
    return number if number < batches else number - level // 2


def count_batches(images: int, images_per_job: int | str) -> int:
    """Return how many batches images are divided into.

    ``auto`` balances two costs: a process spends as long on its start as on some thirty images,
    and a changed image reruns its whole batch. It means 64 images a batch up to four batches, 256
    a batch beyond 1,024 images, and beyond 32,768 as many batches as the cube root of 64 times
    the images: 186 of 538 for 100,000 images, 400 of 2,500 for a million. The graph of jobs
    stays small that way, and yet the number only ever grows by one at a time, so that an image
    more or less never divides all images anew.

    Parameters
    ----------
    images : int
        How many images there are.
    images_per_job : int or str
        Images per batch, or ``auto``.
    """
    if images_per_job != AUTO:
        return -(-images // int(images_per_job))
    root = round((SMALL * images) ** (1 / 3))
    while root**3 < SMALL * images:
        root += 1
    while (root - 1) ** 3 >= SMALL * images:
        root -= 1
    return min(-(-images // SMALL), max(FEW, -(-images // LARGE)), max(FEW, root))


def divide(names: list[str], images_per_job: int | str) -> dict[str, list[str]]:
    """Divide images into batches.

    Parameters
    ----------
    names : list of str
        Paths below the images' root.
    images_per_job : int or str
        Images per batch on average; 1 gives every image a batch of its own, named after it.

    Returns
    -------
    dict of str to list of str
        Names by batch; no batch is empty.
    """
    numbers = _number(names, count_batches(len(names), images_per_job), images_per_job)
    batches = _rows_by_batch(names, numbers, images_per_job)
    return {batch: [names[row] for row in rows] for batch, rows in batches.items()}


def slug(name: str) -> str:
    """Return a file name without hostile characters that is still unique to an image's name.

    Letters, digits, dots, dashes and underscores stay; where anything else had to go, or the
    name could be mistaken for a slug, a digest of the name is added, so that two names never
    share a slug.
    """
    plain = re.sub(r"[^A-Za-z0-9.-]+", "_", name).strip("._") or "image"
    if plain == name and len(name) <= LONGEST and not re.search(r"_[0-9a-f]{8}$", name):
        return plain
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:8]
    return f"{plain[-LONGEST:]}_{digest}"


@dataclass(frozen=True)
class Batches:
    """What was planned.

    Attributes
    ----------
    names : list of str
        The batches.
    note : str
        What a reader should know of the choice of images; may be empty.
    request : dict
        What the configuration asked for.
    """

    names: list[str]
    note: str
    request: dict[str, Any] = field(default_factory=dict)


def plan_batches(
    images: Listing | Mapping[str, Path],
    *,
    images_per_job: int | str,
    note: str,
    directory: str | Path,
    request: dict[str, Any] | None = None,
) -> Batches:
    """Write the list of every batch that is new or changed.

    An image is read only if its size or time differs from what the index remembers. The index is
    a memory and nothing more: without it every image is read once again.

    Parameters
    ----------
    images : Listing, or mapping of str to Path
        The images, or path by name.
    images_per_job : int or str
        Images per batch, or ``auto``, see :func:`count_batches`.
    note : str
        What a reader should know of the choice of images; may be empty.
    directory : str or Path
        Where the lists and the index are kept.
    request : dict
        What the configuration asked for; it is kept with the plan.
    """
    directory = Path(directory)
    listing = images if isinstance(images, Listing) else list_paths(images)
    known = Index.load(directory / INDEX)
    digests, read = update_digests(listing, known)
    names, paths = joined(listing.names), joined(listing.paths)
    count = count_batches(len(listing), images_per_job)
    if names == known.names and count == known.batches and len(known.numbers) == len(listing):
        numbers = known.numbers
    else:
        numbers = _number(listing.names, count, images_per_job)
    batches = _rows_by_batch(listing.names, numbers, images_per_job)
    files = [directory / f"{batch}.json" for batch in batches]
    stale = np.ones(len(files), bool)
    same = (names, paths, count) == (known.names, known.paths, known.batches)
    if same and len(known.lists) == len(files):
        changed = (digests != known.digests).any(axis=1)
        stale = np.array([changed[rows].any() for rows in batches.values()], bool)
        stale |= (known.lists != _look_at(files)).any(axis=1)
    for is_stale, file, rows in zip(stale, files, batches.values(), strict=True):
        if is_stale:
            _write_if_changed(file, _records(listing, digests, rows))
    if stale.any():
        _delete_others(directory, set(batches))
    if stale.any() or read.size:
        index = Index(
            names=names,
            paths=paths,
            sizes=listing.sizes,
            times=listing.times,
            digests=digests,
            numbers=numbers,
            batches=count,
            lists=_look_at(files),
            seen_ns=listing.seen_ns,
        )
        index.save(directory / INDEX)
    planned = Batches(list(batches), note, request or {})
    _write_text_if_changed(directory / PLAN, as_json(PLANNED, asdict(planned)))
    return planned


def planned_batches(directory: str | Path) -> Batches:
    """Return what the coordinating process planned; a job neither lists nor reads the images.

    Raises
    ------
    UserError
        If nothing has been planned yet.
    """
    path = Path(directory) / PLAN
    try:
        document = read_json(path, PLANNED)
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run again.") from None
    return Batches(document["names"], document["note"], document["request"])


def load_batch(path: str | Path) -> list[BatchImage]:
    """Read the list of a batch."""
    return [BatchImage(**record) for record in read_json(path, BATCH)["images"]]


def check_unchanged(image: BatchImage) -> None:
    """Check that an image is still what it was when the run was planned.

    Raises
    ------
    UserError
        If its content is another or it is gone.
    """
    path = Path(image.path)
    if _sha256(path) != image.sha256:
        what = "changed" if path.exists() else "was deleted"
        raise UserError(f"{image.path} {what} after the run was planned; run again.")


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _number(names: list[str], count: int, images_per_job: int | str) -> np.ndarray:
    if images_per_job == 1:
        return np.arange(len(names), dtype=np.int32)
    return np.fromiter((assign(name, count) for name in names), np.int32, len(names))


def _rows_by_batch(
    names: list[str], numbers: np.ndarray, images_per_job: int | str
) -> dict[str, np.ndarray]:
    if images_per_job == 1:
        return {slug(name): np.array([row]) for row, name in enumerate(names)}
    order = np.argsort(numbers, kind="stable")
    starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    groups = np.split(order, starts[1:])
    return {f"{numbers[rows[0]]:05d}": rows for rows in groups if rows.size}


def _records(listing: Listing, digests: np.ndarray, rows: np.ndarray) -> list[dict[str, str]]:
    records = []
    for row in rows.tolist():
        digest = digests[row].tobytes()
        sha256 = "" if digest == UNREADABLE else digest.hex()
        records.append({"name": listing.names[row], "path": listing.paths[row], "sha256": sha256})
    return records


def _look_at(files: list[Path]) -> np.ndarray:
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


def _write_if_changed(path: Path, records: list[dict[str, str]]) -> None:
    _write_text_if_changed(path, as_json(BATCH, {"images": records}))


def _write_text_if_changed(path: Path, text: str) -> None:
    try:
        if path.read_text() == text:
            return
    except (OSError, ValueError):
        pass
    with atomic(path) as temporary:
        temporary.write_text(text)
