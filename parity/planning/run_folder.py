"""The folder that a run writes into."""

import os
from pathlib import Path

from parity.errors import UserError


def check_writable(folder: str | Path, advice: str) -> None:
    """Check that files can be written into a folder, or into the one in which it will be made.

    Raises
    ------
    UserError
        If not; the sentence ends with the advice.
    """
    path = Path(folder).absolute()
    there = next(each for each in (path, *path.parents) if each.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        raise UserError(f"the folder {there} cannot be written to; {advice}.")
