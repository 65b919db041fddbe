"""What ``make run`` starts: Snakemake, once the configurations that its arguments name are checked.

Snakemake reads a file that ``--configfile`` names before it reads the Snakefile, and answers both a
broken one and Ctrl-C in its first second with a traceback.
"""

import argparse
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from parity.errors import UserError, in_one_sentence
from parity.foreign import read_text
from parity.planning.config_file import check_config_file
from parity.planning.run_folder import check_writable

USUAL = "config.yaml"
"""The configuration that the Snakefile reads in the folder of a run."""

ELSEWHERE = (
    f"copy {USUAL} into a folder of your own and name that: "
    'make run ARGS="--directory /path/of/the/folder"'
)
"""What to do where a folder cannot be written to."""

INTERRUPTED_STATUS = 130
"""Exit status of a program that Ctrl-C ended, by convention of shells."""


def check_named_files(arguments: Sequence[str]) -> None:
    """Check the folder and the configurations that arguments of Snakemake name.

    Raises
    ------
    UserError
        If the folder cannot be written to, a configuration does not exist, or as
        :func:`parity.planning.config_file.check_config_file`.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--configfile", "--configfiles", type=Path, nargs="*", default=[])
    parser.add_argument("--directory", "-d", type=Path, default=Path())
    named = parser.parse_known_args(arguments)[0]
    check_writable(named.directory, ELSEWHERE)
    if not named.configfile and not (named.directory / USUAL).is_file():
        raise UserError(
            f"{named.directory / USUAL} is missing; copy the one of the project, or name another "
            "file with --configfile."
        )
    for path in named.configfile:
        read_text(path)
        check_config_file(path)


def main(arguments: Sequence[str]) -> None:
    """Become the process that ``python -m snakemake`` would be, with the same arguments."""
    try:
        with in_one_sentence():
            check_named_files(arguments)
        sys.argv = ["snakemake", *arguments]
        runpy.run_module("snakemake", run_name="__main__")
    except KeyboardInterrupt:
        sys.stderr.write("The run was interrupted before it began; nothing was changed.\n")
        sys.exit(INTERRUPTED_STATUS)


if __name__ == "__main__":
    main(sys.argv[1:])
