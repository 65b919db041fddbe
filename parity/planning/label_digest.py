"""Noticing whether the user's labels changed.

The coordinating process writes down a digest of all labels, and only where it differs from what
is there: Snakemake compares it by content, so that touching a label makes nothing stale.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from parity.data.digest_cache import DigestCache
from parity.data.listing import list_paths
from parity.errors import UserError
from parity.records import save_if_changed

DIRECTORY = Path("results/labels")
LABELS_FILE = f"{DIRECTORY}/labels.json"


@dataclass(frozen=True)
class LabelDigest:
    """Which labels a run uses.

    Attributes
    ----------
    source : str
        The folder or file that the configuration names.
    files : int
        How many files there are.
    sha256 : str
        Digest of their names and contents.
    """

    SCHEMA: ClassVar[str] = "labels/1"

    source: str
    files: int
    sha256: str


def plan_labels(config: dict[str, Any]) -> None:
    """Write the digest of the labels, if there are any and it is new or changed.

    Raises
    ------
    UserError
        If they are neither a folder nor a JSON file.
    """
    source = config.get("labels")
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
    memory = DIRECTORY / ".index"
    digests, read = DigestCache.load(memory).updated(list_paths(named))
    if read.size:
        digests.save(memory)
    content = np.ascontiguousarray(digests.digests).tobytes()
    return hashlib.sha256(digests.names + content).hexdigest()
