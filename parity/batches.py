"""Dividing images into batches, each the work of one job, and noticing which batch changed.

The coordinating process alone calls :func:`plan_batches`. It writes one list per batch, which
names the images and the digest of each; Snakemake compares these lists by content.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity.errors import UserError
from parity.files import atomic, read_json, write_json

BATCH = "batch/1"
INDEX = "index.json"


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


def divide(names: list[str], images_per_job: int) -> dict[str, list[str]]:
    """Divide images into batches.

    Parameters
    ----------
    names : list of str
        Paths below the images' root.
    images_per_job : int
        Images per batch on average; 1 gives every image a batch of its own, named after it.

    Returns
    -------
    dict of str to list of str
        Names by batch; no batch is empty.
    """
    if images_per_job == 1:
        return {f"{slug(name)}": [name] for name in names}
    count = -(-len(names) // images_per_job)
    batches: dict[str, list[str]] = {}
    for name in names:
        batches.setdefault(f"{assign(name, count):05d}", []).append(name)
    return dict(sorted(batches.items()))


def slug(name: str) -> str:
    """Return a file name without hostile characters that is still unique to an image's name.

    Letters, digits, dots and dashes stay; where anything else had to go, a digest of the name
    is added, so that two names never share a slug.
    """
    plain = re.sub(r"[^A-Za-z0-9.-]+", "_", name).strip("._") or "image"
    if plain == name:
        return plain
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:8]
    return f"{plain[-100:]}_{digest}"


@dataclass(frozen=True)
class Batches:
    """What was planned.

    Attributes
    ----------
    names : list of str
        The batches.
    note : str
        What a reader should know of the choice of images; may be empty.
    """

    names: list[str]
    note: str


def plan_batches(
    images: Mapping[str, Path], *, images_per_job: int, note: str, directory: str | Path
) -> Batches:
    """Write the list of every batch that is new or changed.

    An image is read only if its size or time differs from what the index remembers. The index is
    a memory and nothing more: without it every image is read once again.

    Parameters
    ----------
    images : mapping of str to Path
        Path by name.
    images_per_job : int
        Images per batch.
    note : str
        What a reader should know of the choice of images; may be empty.
    directory : str or Path
        Where the lists and the index are kept.
    """
    directory = Path(directory)
    known = _read_index(directory / INDEX)
    remembered = known.get("images", {})
    index = {name: _digest(path, remembered.get(name)) for name, path in images.items()}
    batches = divide(list(images), images_per_job)
    for batch, names in batches.items():
        records = [
            {"name": name, "path": str(images[name]), "sha256": index[name][2]} for name in names
        ]
        _write_if_changed(directory / f"{batch}.json", records)
    for stale in {path.stem for path in directory.glob("*.json")} - set(batches) - {"index"}:
        (directory / f"{stale}.json").unlink()
    planned = {"batches": list(batches), "note": note, "images": index}
    if planned != known:
        with atomic(directory / INDEX) as temporary:
            temporary.write_text(json.dumps(planned))
    return Batches(list(batches), note)


def planned_batches(directory: str | Path) -> Batches:
    """Return what the coordinating process planned; a job neither lists nor reads the images."""
    planned = json.loads((Path(directory) / INDEX).read_text())
    return Batches(planned["batches"], planned["note"])


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
    if _sha256(Path(image.path)) != image.sha256:
        raise UserError(f"{image.path} changed after the run was planned; run again.")


def _read_index(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _digest(path: Path, remembered: list | None) -> list:
    try:
        status = path.stat()
    except OSError:
        return [0, 0, ""]
    seen = [status.st_size, status.st_mtime_ns]
    if remembered is not None and remembered[:2] == seen:
        return remembered
    return [*seen, _sha256(path)]


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _write_if_changed(path: Path, records: list[dict[str, str]]) -> None:
    try:
        if read_json(path, BATCH)["images"] == records:
            return
    except (OSError, UserError):
        pass
    write_json(path, BATCH, {"images": records})
