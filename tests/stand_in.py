"""Stands in for the script of any rule: what it writes names all that the real one is given.

A file is a digest of the rule, its parameters and the content of its inputs, so the verdict is one
of everything that it rests on. ``fail`` in the working folder holds the name of a rule: the next
job of it removes that file and fails.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from parity.files import write_json, write_text
from parity.integrity import SEALS

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

FAIL = Path("fail")


def digest_of(paths: list[str], stated: object) -> str:
    """Return a digest of files, of those in folders, and of plain values."""
    digest = hashlib.sha256(json.dumps(stated, sort_keys=True, default=str).encode())
    for path in map(Path, paths):
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            digest.update(f"{file}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def write(path: Path, digest: str) -> None:
    """Write a digest as a file of the kind that the name of an output tells."""
    if not path.suffix:
        path.mkdir(parents=True)
        path = path / "picture.jpg"
    if path.suffix == ".json":
        write_json(path, "stand_in/1", {"made_of": digest})
    elif path.suffix in SEALS:
        write_text(path, digest)
    else:
        path.write_text(digest)


if __name__ == "__main__":
    if FAIL.exists() and FAIL.read_text() == snakemake.rule:
        FAIL.unlink()
        sys.exit("error: as the test wants it.")
    stated = [snakemake.rule, dict(snakemake.wildcards), list(snakemake.params)]
    for output in snakemake.output:
        write(Path(output), digest_of(list(snakemake.input), [*stated, output]))
