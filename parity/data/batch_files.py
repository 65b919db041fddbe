"""A batch: the images of one job, listed in a file with the digest of each."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from parity.data.image_files import image_digest
from parity.documents import load
from parity.errors import UserError

PLAN_FOLDER = Path("results/plan")
CHANGED = "changed"
"""Name of the folder of the names of images that a job found changed, beside the batches."""

LONGEST = 100
"""Characters of an image's name that stay in its slug; chosen, far below the 255 bytes that file
systems allow."""


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


@dataclass(frozen=True)
class Batch:
    """The list of a batch, ``results/plan/batches/<batch>.json``.

    Attributes
    ----------
    images : list of BatchImage
        In the order of their names.
    """

    SCHEMA: ClassVar[str] = "batch/1"

    images: list[BatchImage]


def load_batch(path: str | Path) -> list[BatchImage]:
    """Read the images of a batch."""
    return load(path, Batch).images


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
        what = "changed" if Path(image.path).exists() else "was deleted"
        raise UserError(f"{image.path} {what} after the run was planned; run again.")


def note_changed(name: str) -> None:
    """Note the name of an image for the next planning, if there was one."""
    if PLAN_FOLDER.is_dir():
        encoded = name.encode(errors="surrogateescape")
        note = PLAN_FOLDER / CHANGED / hashlib.sha256(encoded).hexdigest()
        note.parent.mkdir(exist_ok=True)
        note.write_bytes(encoded)


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
