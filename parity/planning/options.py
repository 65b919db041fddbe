"""What a run is started with: the options of Snakemake and the encoding of Python."""

import codecs
import locale
from collections.abc import Iterable

from parity.errors import UserError

NEEDED = frozenset({"mtime", "params", "input", "code"})
"""What makes Snakemake run a job again: a change of the files that it reads, of the set of them, of
its parameters (what the configuration says of it, and digests of files) and of its code."""


def check_options(*, touch: bool, triggers: Iterable[str], cores: int | None) -> list[str]:
    """Check that jobs can run, and what has changed is made again; return no file, as an input.

    Parameters
    ----------
    touch : bool
        Whether results are to be taken for new as they are (``--touch``).
    triggers : iterable of str
        What makes Snakemake run a job again (``--rerun-triggers``).
    cores : int or None
        Of this machine (``--cores``); None where jobs run elsewhere.

    Raises
    ------
    UserError
        If something that has changed would go unnoticed, or no job could ever begin.
    """
    if cores is not None and cores < 1:
        raise UserError(f"--cores is {cores}, with which no job can run; give 1 or more, or all.")
    lacking = NEEDED - set(triggers)
    if touch or lacking:
        option = "--touch" if touch else "--rerun-triggers"
        raise UserError(
            f"{option} would let results of other settings, files or code pass for those of this "
            "run; leave it out: what is up to date runs no job, whatever its date."
        )
    return []


def check_encoding() -> None:
    """Check that files are read and written as UTF-8, and so are names of files.

    Raises
    ------
    UserError
        If the system is set to another encoding, and Python was told to follow it.
    """
    encoding = locale.getpreferredencoding(do_setlocale=False)
    if codecs.lookup(encoding).name != "utf-8":
        raise UserError(
            f"Python reads text as {encoding} here, and files of a run are UTF-8; set PYTHONUTF8=1 "
            "in the environment."
        )
