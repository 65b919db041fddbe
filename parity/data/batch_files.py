"""A batch: the images of one job, listed in a file with the digest of each."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from parity.data.image_files import image_digest
from parity.data.index_fields import UNREADABLE, digest_of_name
from parity.data.shard_index import ShardIndex
from parity.data.shards import split_member
from parity.documents import load_one_of
from parity.errors import UserError

PLAN_FOLDER = Path("results/plan")
CHANGED = "changed"
"""Name of the folder of the names of images that a job found changed, beside the batches."""

NO_SLUG = re.compile(r"_[0-9a-f]{8}$|(.{1,5})\1{19}$")
"""A name that ends as slugs do, or with 20 equal parts, which Snakemake refuses in a wildcard."""

LONGEST = 100
"""Characters of an image's name that stay in its slug; chosen, far below the 255 bytes that file
systems allow."""


@dataclass(frozen=True)
class BatchImage:
    """One image of a batch."""

    name: str
    """Path below the images' root."""
    path: str
    """Where the file is; that of a member of a tar shard is ``<shard>/<member>``."""
    sha256: str
    """Digest of its content when the run was planned; empty if it could not be read."""


@dataclass(frozen=True)
class Batch:
    """The list of a batch of files, ``results/plan/batches/<batch>.json``."""

    SCHEMA: ClassVar[str] = "batch/1"

    images: list[BatchImage]
    """In the order of their names."""


@dataclass(frozen=True)
class ShardRows:
    """Images of a tar shard."""

    name: str
    """Path of the shard below the images' root."""
    path: str
    """Where it is."""
    rows: list[tuple[int, int]]
    """Rows of its index, see :class:`parity.data.shard_index.ShardIndex`: the first of each run,
    and the one after its last."""
    sha256: str
    """Digest of the names and contents of these images when the run was planned."""

    def images(self) -> Iterator[BatchImage]:
        """Yield the images in the order of their bytes.

        Raises
        ------
        UserError
            If the index does not hold them any more.
        """
        index = ShardIndex.load(self.path)
        rows = np.concatenate([np.arange(start, stop) for start, stop in self.rows])
        if index is None or len(index) <= rows.max() or index.digest_of(rows) != self.sha256:
            raise UserError(f"{self.path} changed after the run was planned; run again.")
        for member, digest in zip(index.names_of(rows), index.digests[rows], strict=True):
            content = digest.tobytes()
            yield BatchImage(
                f"{self.name}/{member}" if member else self.name,
                f"{self.path}/{member}" if member else self.path,
                "" if content == UNREADABLE else content.hex(),
            )


@dataclass(frozen=True)
class ShardBatch:
    """The list of a batch of tar shards, ``results/plan/batches/<batch>.json``."""

    SCHEMA: ClassVar[str] = "shard-batch/1"

    shards: list[ShardRows]
    """In the order in which they are read."""


def load_batch(path: str | Path) -> list[BatchImage]:
    """Read the images of a batch.

    Raises
    ------
    UserError
        If a shard of it changed after the run was planned.
    """
    batch = load_one_of(path, Batch, ShardBatch)
    if isinstance(batch, Batch):
        return batch.images
    return [image for shard in batch.shards for image in shard.images()]


def check_unchanged(image: BatchImage) -> None:
    """Check that an image is still what it was when the run was planned.

    One that is not is noted for the next planning, which takes an image whose size and time are
    those that it remembers for unchanged.

    Raises
    ------
    UserError
        If its content has changed or it is gone.
    """
    if image_digest(image.path) != image.sha256:
        note_changed(image.name)
        shard = split_member(image.path)
        what = "changed" if os.path.exists(shard[0] if shard else image.path) else "was deleted"  # noqa: PTH110
        raise UserError(f"{image.path} {what} after the run was planned; run again.")


def note_changed(name: str) -> None:
    """Note the name of an image for the next planning, if there was one."""
    if PLAN_FOLDER.is_dir():
        note = PLAN_FOLDER / CHANGED / digest_of_name(name).hex()
        note.parent.mkdir(exist_ok=True)
        note.write_bytes(name.encode(errors="surrogateescape"))


def slug(name: str) -> str:
    """Return a file name without hostile characters that is still unique to an image's name.

    Letters, digits, dots, dashes and underscores stay; where anything else had to go, or the
    name could be mistaken for a slug, a digest of the name is added, so that two names never
    share a slug. It is also added to a name that Snakemake would take for an endless repetition.
    """
    plain = re.sub(r"[^A-Za-z0-9.-]+", "_", name).strip("._") or "image"
    if plain == name and len(name) <= LONGEST and not NO_SLUG.search(name):
        return plain
    return f"{plain[-LONGEST:]}_{digest_of_name(name).hex()[:8]}"
