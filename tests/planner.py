"""Snakemake, imported once: every line on standard input is a call, made in a fork of this process.

Importing Snakemake takes a second, half of what a dry run costs, and the tests make a hundred.
Scripts run in forks, too: a stand-in (``tests/stand_in.py``) takes less time than starting Python.
A line is JSON: the arguments, the folder to stand in, the environment, and where the output goes.
The answer is the exit status on a line.
"""

import json
import os
import runpy
import subprocess
import sys
import traceback
from typing import Any

import jsonschema  # noqa: F401  what every call would import
import numpy as np  # noqa: F401
import snakemake.cli
import snakemake.executors.dryrun
import snakemake.executors.local
import snakemake.report.html_reporter
import yaml  # noqa: F401
from snakemake.benchmark import benchmarked
from snakemake.script import PythonScript


def execute_in_fork(script: PythonScript, path: str, *, edit: bool = False) -> None:  # noqa: ARG001
    """Run the script of a job as Snakemake would, without starting Python anew."""
    process = os.fork()
    if process == 0:
        status = 1
        try:
            runpy.run_path(path, run_name="__main__")
            status = 0
        except SystemExit as ended:
            sys.stderr.write(f"{ended}\n")
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    with benchmarked(process, script.bench_record):
        _, status = os.waitpid(process, 0)
    if status:
        raise subprocess.CalledProcessError(os.waitstatus_to_exitcode(status), path)


PythonScript.execute_script = execute_in_fork


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
