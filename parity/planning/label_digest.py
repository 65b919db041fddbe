"""Noticing whether the user's labels changed.

The coordinating process writes down a digest of all labels, and only where it differs from what
is there: Snakemake compares it by content, so that touching a label makes nothing stale.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from parity.data.index import Index, joined, update_digests
from parity.data.listing import list_paths
from parity.errors import UserError
from parity.files import read_json, write_json

LABELS = "labels/1"
DIRECTORY = Path("results/labels")
LABELS_FILE = f"{DIRECTORY}/labels.json"


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
    content = {"source": source, "files": len(named), "sha256": digest_of(named)}
    if content != _known():
        write_json(LABELS_FILE, LABELS, content)


def digest_of(named: dict[str, Path]) -> str:
    """Return a digest of the names and contents of files, reading only what looks changed."""
    listing = list_paths(named)
    memory = DIRECTORY / ".index"
    digests, read = update_digests(listing, Index.load(memory))
    names = joined(listing.names)
    if read.size:
        DIRECTORY.mkdir(parents=True, exist_ok=True)
        none = Index.empty()
        index = Index(
            names=names,
            paths=joined(listing.paths),
            sizes=listing.sizes,
            times=listing.times,
            digests=digests,
            numbers=none.numbers,
            batches=none.batches,
            lists=none.lists,
            seen_ns=listing.seen_ns,
        )
        index.save(memory)
    return hashlib.sha256(names + np.ascontiguousarray(digests).tobytes()).hexdigest()


def _known() -> dict[str, Any]:
    try:
        known = read_json(LABELS_FILE, LABELS)
    except (OSError, UserError):
        return {}
    return {key: known.get(key) for key in ("source", "files", "sha256")}
