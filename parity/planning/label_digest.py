"""Noticing whether the user's labels changed.

The coordinating process writes down a digest of all labels, and only where it differs from what
is there: Snakemake compares it by content, so that touching a label makes nothing stale.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from parity.data.digest_cache import DigestCache
from parity.data.index_fields import digest_of_name
from parity.data.listing import list_paths
from parity.documents import save_if_changed
from parity.errors import UserError
from parity.folders import files_below

LABELS_FOLDER = Path("results/plan/labels")


@dataclass(frozen=True)
class LabelDigest:
    """What the labels were when the run was planned."""

    SCHEMA: ClassVar[str] = "labels/1"

    source: str
    """A folder or a COCO JSON."""
    files: int
    """How many files they are."""
    sha256: str
    """Digest of their names and contents."""


def labels_file(model: str) -> str:
    """Return where the digest of the labels of a model is written."""
    return f"{LABELS_FOLDER}/{model}.json"


def plan_labels(sources: Mapping[str, str | None]) -> None:
    """Write the digest of the labels of each model that has some, if it is new or changed.

    Parameters
    ----------
    sources : mapping of str to str
        By model, a folder or a COCO JSON; None for a model without labels.

    Raises
    ------
    UserError
        If a source is neither.
    """
    found = {source: digest_of(source) for source in set(sources.values()) if source}
    for model, source in sources.items():
        if source:
            save_if_changed(labels_file(model), found[source])


def digest_of(source: str) -> LabelDigest:
    """Return a digest of labels, reading only what looks changed.

    Of a folder, the contents of text files count, and the names of all others, since folders may
    be named after the classes of the images in them.
    """
    path = Path(source)
    if path.is_dir():
        files = {p.relative_to(path).as_posix(): p for p in files_below(path) if p.is_file()}
        read = {name: p for name, p in files.items() if p.suffix == ".txt"}
    elif path.is_file() and path.suffix == ".json":
        files = read = {path.name: path}
    else:
        raise UserError(
            f"config: labels is {source}; it must be a folder of YOLO's text files, a folder of "
            "images for each class, or a COCO JSON."
        )
    memory = LABELS_FOLDER / f".{digest_of_name(source).hex()[:16]}.index"
    digests, changed = DigestCache.load(memory).updated(list_paths(read))
    if changed.size:
        digests.save(memory)
    content = np.ascontiguousarray(digests.digests).tobytes()
    names = "\0".join(sorted(files.keys() - read.keys())).encode("utf-8", "surrogateescape")
    digest = hashlib.sha256(digests.names + content + names).hexdigest()
    return LabelDigest(source, len(files), digest)
