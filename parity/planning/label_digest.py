"""Noticing whether the user's labels changed.

The coordinating process writes down a digest of all labels, and only where it differs from what
is there: Snakemake compares it by content, so that touching a label makes nothing stale.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from parity.data.digest_cache import DigestCache
from parity.data.listing import list_paths
from parity.documents import save_if_changed
from parity.errors import UserError

LABELS_FOLDER = Path("results/plan/labels")
LABELS_FILE = f"{LABELS_FOLDER}/labels.json"


@dataclass(frozen=True)
class LabelDigest:
    """What the labels were when the run was planned.

    Attributes
    ----------
    source : str
        A folder of YOLO's text files or a COCO JSON.
    files : int
        How many files they are.
    sha256 : str
        Digest of their names and contents.
    """

    SCHEMA: ClassVar[str] = "labels/1"

    source: str
    files: int
    sha256: str


def plan_labels(source: str | None) -> None:
    """Write the digest of the labels, if there are any and it is new or changed.

    Parameters
    ----------
    source : str or None
        A folder of YOLO's text files or a COCO JSON.

    Raises
    ------
    UserError
        If they are neither.
    """
    if source is None:
        return
    path = Path(source)
    if path.is_dir():
        named = {p.relative_to(path).as_posix(): p for p in path.rglob("*.txt") if p.is_file()}
    elif path.is_file() and path.suffix == ".json":
        named = {path.name: path}
    else:
        raise UserError(
            f"config: labels is {source}; it must be a folder of YOLO's text files or a COCO JSON."
        )
    save_if_changed(LABELS_FILE, LabelDigest(source, len(named), digest_of(named)))


def digest_of(named: dict[str, Path]) -> str:
    """Return a digest of the names and contents of files, reading only what looks changed."""
    memory = LABELS_FOLDER / ".index"
    digests, read = DigestCache.load(memory).updated(list_paths(named))
    if read.size:
        digests.save(memory)
    content = np.ascontiguousarray(digests.digests).tobytes()
    return hashlib.sha256(digests.names + content).hexdigest()
