"""Dividing shards into batches that read them from one end to the other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from parity.data.batch_assignment import AUTO, SMALL, count_batches
from parity.data.batch_files import slug
from parity.data.index_fields import digest_of_name

ONE_OF = 4
"""One shard in so many ends a batch that is half full; chosen, see :func:`shards_by_batch`."""


@dataclass(frozen=True)
class Piece:
    """Consecutive images of a shard: those from ``start`` up to ``stop``."""

    shard: str
    start: int
    stop: int


def images_per_batch(images: int, images_per_job: int | str) -> int:
    """Return how many images of shards a batch holds at most.

    ``auto`` rounds what :func:`parity.data.batch_assignment.count_batches` gives for files up to a
    power of two, so that more shards seldom divide all of them anew.
    """
    if images_per_job != AUTO:
        return int(images_per_job)
    wanted = -(-images // max(count_batches(images, AUTO), 1))
    return max(SMALL, 1 << (wanted - 1).bit_length())


def shards_by_batch(counts: Mapping[str, int], images_per_job: int | str) -> dict[str, list[Piece]]:
    """Return what each batch reads; a shard is cut only if it holds more than a batch.

    Small shards that follow each other share a batch. So that one more or less does not move all
    that follow, a batch that is half full ends before a shard that the digest of its name chooses.

    Parameters
    ----------
    counts : mapping of str to int
        How many images each shard holds, by name, in order.
    images_per_job : int or str
        Images per batch at most, or ``auto``.

    Returns
    -------
    dict of str to list of Piece
        By batch, which is named after its first shard; no batch is empty.

    References
    ----------
    A. Muthitacharoen, B. Chen, D. Mazieres, "A low-bandwidth network file system", SOSP 2001, cuts
    files in this way.
    """
    size = images_per_batch(sum(counts.values()), images_per_job)
    batches: dict[str, list[Piece]] = {}
    open_batch, held = "", 0
    for name, count in counts.items():
        if count > size:
            batches.update(_cut(name, count, size))
            open_batch = ""
        elif count:
            if not open_batch or held + count > size or (2 * held >= size and _ends_a_batch(name)):
                open_batch, held = slug(name), 0
            batches.setdefault(open_batch, []).append(Piece(name, 0, count))
            held += count
    return batches


def _cut(name: str, count: int, size: int) -> Iterator[tuple[str, list[Piece]]]:
    """Yield batches that are as equal as they can be."""
    pieces = -(-count // size)
    for number in range(pieces):
        start, stop = count * number // pieces, count * (number + 1) // pieces
        yield f"{slug(name)}-{number:05d}", [Piece(name, start, stop)]


def _ends_a_batch(name: str) -> bool:
    return digest_of_name(name)[0] % ONE_OF == 0
