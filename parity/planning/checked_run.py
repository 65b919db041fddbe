"""What ``make run`` starts: Snakemake, once the configurations that its arguments name are checked.

Snakemake reads a file that ``--configfile`` names before it reads the Snakefile, and answers both a
broken one and Ctrl-C in its first second with a traceback.
"""

import argparse
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from parity.errors import in_one_sentence
from parity.foreign import read_text
from parity.planning.config_file import check_config_file

INTERRUPTED_STATUS = 130
"""Exit status of a program that Ctrl-C ended, by convention of shells."""


def check_named_files(arguments: Sequence[str]) -> None:
    """Check the configurations that arguments of Snakemake name.

    Raises
    ------
    UserError
        If one does not exist, or as :func:`parity.planning.config_file.check_config_file`.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--configfile", "--configfiles", type=Path, nargs="*", default=[])
    for path in parser.parse_known_args(arguments)[0].configfile:
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
