"""Fail where the verdict of a run does; everything else is written before."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from parity.documents import load
from parity.logs import log_to
from parity.reporting.run_verdict import RunVerdict

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, verdict: str, destination: str) -> None:
    """Write why the run passes, or exit with 1 if a gate fails or boxes cannot be read."""
    answers = load(verdict, RunVerdict).answers
    if answers.exit_code:
        sys.stdout.write(f"{answers.because}\n")
        sys.exit(answers.exit_code)
    Path(destination).write_text(f"{answers.because}\n")


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(verdict=snakemake.input.verdict, destination=snakemake.output.passed)
