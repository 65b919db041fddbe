"""Run a Python program and record what it feeds to its network: ``python -m parity.record``.

The program takes the place of this process, so its output, exit code and signals are its own.
"""

import argparse
import json
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from parity.record.manifest import MANIFEST, RECORDED, Manifest
from parity.record.watching import SETTINGS

MOST = 50
"""Images that are recorded unless ``--most`` is given: 250 MB at 640 x 640; chosen."""

SCHEMAS = "yolo-parity/recording/"
"""How the schema of a recording begins, of whichever version."""

ISOLATED = {"I", "E", "S"}
"""Options of Python that keep it from reading ``PYTHONPATH`` or from running what is there."""


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m parity.record",
        description="Run a Python program unchanged and record, image by image, the tensor that "
        "it feeds to its network and the network's raw output.",
        usage="%(prog)s [--output FOLDER] [--most N] -- python my_detect.py ...",
    )
    parser.add_argument(
        "--output", type=Path, default=Path("recorded"), help="where to (default: recorded)"
    )
    most = f"stop recording after so many images (default: {MOST})"
    parser.add_argument("--most", type=int, default=MOST, help=most)
    own, command = arguments, []
    if "--" in arguments:
        cut = arguments.index("--")
        own, command = arguments[:cut], arguments[cut + 1 :]
    parsed = parser.parse_args(own, argparse.Namespace(command=command))
    if not command:
        parser.error("name the program after --, as in: -- python my_detect.py")
    if parsed.most < 1:
        parser.error(f"--most is {parsed.most}; it must be at least 1.")
    if ISOLATED & options_of_python(parsed.command):
        parser.error("a Python with -I, -E or -S cannot be recorded; leave the option out.")
    return parsed


def options_of_python(command: list[str]) -> set[str]:
    """Return the letters of Python's own options in a command; empty for another program."""
    letters: set[str] = set()
    if Path(command[0]).name.startswith("python"):
        arguments = iter(command[1:])
        for argument in arguments:
            if not argument.startswith("-") or argument.startswith("--") or argument[1:2] in "cm":
                break
            if argument in ("-W", "-X"):
                next(arguments, None)  # their value
            elif argument[1] not in "WX":
                letters.update(argument[1:])
    return letters


def empty(folder: Path) -> None:
    """Make a folder for a recording; an earlier recording in it is removed, nothing else.

    Raises
    ------
    FileExistsError
        If it holds something, but no recording.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()) and not is_recording(folder / MANIFEST):
        raise FileExistsError(f"{folder} holds other files; name another folder with --output.")
    for pattern in RECORDED:
        for path in folder.glob(pattern):
            path.unlink()


def is_recording(path: Path) -> bool:
    """Return whether a file is the manifest of a recording; other programs have one, too."""
    try:
        document = json.loads(path.read_bytes()) if path.is_file() else None
    except (ValueError, RecursionError):
        return False
    schema = document.get("schema") if isinstance(document, dict) else None
    return str(schema).startswith(SCHEMAS)


def environment_of(folder: Path, most: int, command: list[str]) -> dict[str, str]:
    """Return the environment in which a program is recorded."""
    settings = {"folder": str(folder), "most": most, "pid": os.getpid(), "command": command}
    startup = str(Path(__file__).resolve().parent / "startup")
    environment = given_environment()
    before = environment.get("PYTHONPATH")
    path = startup if not before else startup + os.pathsep + before
    return environment | {"PYTHONPATH": path, SETTINGS: json.dumps(settings)}


def given_environment() -> dict[str, str]:
    """Return the environment as it was before Python set a locale in it (PEP 538)."""
    environment = dict(os.environ)
    with suppress(OSError):
        given = Path("/proc/self/environ").read_bytes().split(b"\0")
        if not any(entry.startswith(b"LC_CTYPE=") for entry in given):
            environment.pop("LC_CTYPE", None)
    return environment


def main(arguments: list[str]) -> None:
    """Take the place of this process by the program, recorded."""
    parsed = parse(arguments)
    if shutil.which(parsed.command[0]) is None:
        sys.exit(f"error: {parsed.command[0]} is not a program that can be run.")
    try:
        empty(parsed.output)
        folder = parsed.output.resolve()
        Manifest(parsed.command, str(Path.cwd()), parsed.most).write(folder / MANIFEST)
    except OSError as error:
        if error.filename is None:
            sys.exit(f"error: {error}")
        sys.exit(
            f"error: nothing can be recorded in {parsed.output} ({error.strerror}); name another "
            "folder with --output."
        )
    environment = environment_of(folder, parsed.most, parsed.command)
    try:
        os.execvpe(parsed.command[0], parsed.command, environment)  # noqa: S606 - as it was typed
    except OSError as error:  # as of a script that does not say what runs it
        sys.exit(
            f"error: {parsed.command[0]} cannot be run ({error.strerror}); name the Python that "
            "runs it before it, as in: -- python my_detect.py"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
