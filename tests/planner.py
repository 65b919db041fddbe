"""Snakemake, imported once: every line on standard input is a call, made in a fork of this process.

Importing Snakemake takes a second, half of what a dry run costs, and the tests make a hundred.
A line is JSON: the arguments, the folder to stand in, the environment, and where the output goes.
The answer is the exit status on a line.
"""

import json
import os
import sys
from typing import Any

import jsonschema  # noqa: F401  what every call would import
import numpy as np  # noqa: F401
import snakemake.cli
import snakemake.executors.dryrun
import snakemake.executors.local
import snakemake.report.html_reporter
import yaml  # noqa: F401


def call(arguments: list[str], folder: str, environment: dict[str, str], output: str) -> None:
    """Become the process that ``python -m snakemake`` would be, and end with its exit status."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[0] = folder
    sys.argv = ["snakemake", *arguments]
    stream = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (stream, 1), (stream, 2)):
        os.dup2(source, target)
    snakemake.cli.main(arguments)


def serve() -> None:
    """Answer call after call until the input ends."""
    for line in sys.stdin:
        order: dict[str, Any] = json.loads(line)
        process = os.fork()
        if process == 0:
            call(**order)
            return
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    serve()
