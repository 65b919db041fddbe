"""Dividing images into batches so that an image more or less disturbs one or two of them."""

import numpy as np

from parity.data.batch_files import slug
from parity.data.index_fields import digest_of_name

AUTO = "auto"
SMALL, LARGE = 64, 256
"""Images per batch that ``auto`` means for few and for many images; chosen, see
:func:`count_batches`."""

FEW = 4
"""Batches up to which ``auto`` makes small ones; chosen."""


def assign(name: str, batches: int) -> int:
    """Return the number of the batch that an image belongs to, by linear hashing.

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
    number = int.from_bytes(digest_of_name(name)[:8], "big") % level
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
    returned: int = min(-(-images // SMALL), max(FEW, -(-images // LARGE)), max(FEW, root))
    return returned


def number_images(names: list[str], images_per_job: int | str) -> np.ndarray:
    """Return the number of the batch of every image, (N,) int32; one each if a job gets one."""
    if images_per_job == 1:
        return np.arange(len(names), dtype=np.int32)
    count = count_batches(len(names), images_per_job)
    return np.fromiter((assign(name, count) for name in names), np.int32, len(names))


def rows_by_batch(
    names: list[str], numbers: np.ndarray, images_per_job: int | str
) -> dict[str, np.ndarray]:
    """Return which images belong to each batch.

    Parameters
    ----------
    names : list of str
        Paths below the images' root.
    numbers : (N,) int32
        What :func:`number_images` returned.
    images_per_job : int or str
        Images per batch on average; with 1, a batch is named after its image.

    Returns
    -------
    dict of str to (K,) int
        Rows of ``names`` by batch; no batch is empty.
    """
    if images_per_job == 1:
        return {slug(name): np.array([row]) for row, name in enumerate(names)}
    order = np.argsort(numbers, kind="stable")
    starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    groups = np.split(order, starts[1:])
    return {f"{numbers[rows[0]]:05d}": rows for rows in groups if rows.size}
