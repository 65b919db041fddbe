"""Running deployments that were written independently, and keeping the boxes that they write."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from parity.errors import UserError
from parity.files import atomic

INTERPRETERS = {".py": sys.executable, ".cjs": "node"}
"""What runs a program, by suffix."""

COMMAND = "command"
"""Stem of the files that several programs share."""

MODULES = "node_modules"
"""Folder of what the JavaScript programs need."""


def find_programs(folder: str | Path) -> dict[str, Path]:
    """Return the programs of a folder by name, without those that nothing here can run."""
    programs = {
        path.stem: path
        for path in sorted(Path(folder).iterdir())
        if path.suffix in INTERPRETERS and path.stem != COMMAND
    }
    return {name: path for name, path in programs.items() if can_run(path)}


def can_run(program: Path) -> bool:
    """Return whether what a program needs is installed."""
    if program.suffix == ".py":
        return True
    return shutil.which("node") is not None and (program.parent / MODULES).is_dir()


def boxes_of(program: Path, model: str | Path, images: str | Path, kept: str | Path) -> Path:
    """Return the file that a program writes for a folder of images.

    Parameters
    ----------
    program : Path
        Takes a model, a folder of images and the file to write.
    model : str or Path
        An ONNX file.
    images : str or Path
        A folder that holds images only.
    kept : str or Path
        Folder in which the files are kept; one is written anew when the program, the model or an
        image changes.

    Raises
    ------
    UserError
        If the program fails.
    """
    shared = program.with_name(f"{COMMAND}{program.suffix}")
    digest = files_digest([program, shared, Path(model), *sorted(Path(images).iterdir())])
    target = Path(kept) / f"{program.stem}-{digest}.json"
    if target.is_file():
        return target
    with atomic(target) as temporary:
        done = subprocess.run(  # noqa: S603
            [INTERPRETERS[program.suffix], program, model, images, temporary],
            capture_output=True,
            check=False,
            text=True,
        )
        if done.returncode:
            raise UserError(f"{program.name} fails: {done.stderr.strip().splitlines()[-1]}")
    return target


def files_digest(paths: Iterable[Path]) -> str:
    """Return a digest of the names and the content of files."""
    digest = hashlib.blake2b(digest_size=8)
    for path in paths:
        with path.open("rb") as stream:
            content = hashlib.file_digest(stream, "blake2b").digest()
        digest.update(path.name.encode() + content)
    return digest.hexdigest()
