"""The folder that a run writes into."""

import os
import re
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from itertools import product
from pathlib import Path

from parity.errors import UserError
from parity.integrity import ASIDE, RESULTS
from parity.snakemake_records import RECORDS, UNFINISHED, noted_outputs

WILDCARD = re.compile(r"\{(\w+)\}")
"""A wildcard in the path of a rule's output, without constraints."""

ESCAPED_WILDCARD = re.compile(r"\\\{\w+\\\}")
"""The same where the path is escaped for a regular expression."""

BRACES = re.compile("[{}]")
UNDECODED = re.compile("[\ud800-\udfff]")
"""What Python makes of bytes of a path that are no UTF-8 (PEP 383)."""

SNAKEMAKES = tuple(
    f".snakemake/{name}" for name in ("locks", "log", "metadata", "incomplete", "scripts")
)
"""Folders that Snakemake 9 makes for itself in each run."""


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


def check_run_folders(folders: Iterable[str | Path]) -> None:
    """Check that Snakemake can start scripts in the folders of the run and of the project.

    Raises
    ------
    UserError
        If a path holds what Snakemake takes for a placeholder, or bytes that are no UTF-8.
    """
    for path in map(str, folders):
        if BRACES.search(path) or UNDECODED.search(path):
            raise UserError(
                f"Snakemake starts no script in {path}, whose name holds braces or is no UTF-8; "
                "rename the folder, or use another one."
            )


def check_written(written: Iterable[str], names: Mapping[str, Collection[str]]) -> None:
    """Check that rules, and Snakemake itself, can make their folders and write into them.

    Parameters
    ----------
    written : iterable of str
        Paths of all that rules write, with wildcards.
    names : mapping
        What each wildcard may be that stands in the name of a folder.

    Raises
    ------
    UserError
        As :func:`check_folders`.
    """
    folders = {str(parent) for path in written for parent in Path(path).parents}
    filled = {each for folder in folders - {"."} for each in _filled(folder, names)}
    check_folders(sorted({*filled, ".snakemake", *SNAKEMAKES}))


def _filled(pattern: str, names: Mapping[str, Collection[str]]) -> Iterable[str]:
    """Return the paths that a pattern stands for; another workflow's wildcards stand for none."""
    wildcards = sorted(set(WILDCARD.findall(pattern)))
    for chosen in product(*(names.get(each, ()) for each in wildcards)):
        path = pattern
        for name, value in zip(wildcards, chosen, strict=True):
            path = path.replace(f"{{{name}}}", value)
        yield path


def check_folders(folders: Iterable[str]) -> None:
    """Check that each of the paths is a folder that can be written to, or nothing so far.

    Parameters
    ----------
    folders : iterable of str
        Outer folders come first.

    Raises
    ------
    UserError
        If something else stands there.
    """
    for folder in folders:
        if os.path.lexists(folder) and not Path(folder).is_dir():
            raise UserError(
                f"{folder} is not a folder, and a run writes into it; move it away, or run in a "
                "folder of your own (--directory)."
            )
        if Path(folder).exists() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise UserError(
                f"{folder} cannot be written to, and a run writes into it; change its permissions, "
                "or run in a folder of your own (--directory)."
            )


def check_links(folder: str) -> None:
    """Check that no link below a folder leads nowhere; Snakemake could neither read nor replace it.

    Raises
    ------
    UserError
        If one does.
    """
    if not os.path.isdir(folder):  # noqa: PTH112 - as below
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_symlink():
                if entry.is_dir():
                    check_links(entry.path)
            elif entry.name.startswith("."):
                continue  # a lock of an editor, say
            elif not os.path.exists(entry.path):  # noqa: PTH110 - there may be a million of them
                raise UserError(
                    f"{entry.path} is a link that leads nowhere; bring back what it leads to, or "
                    "delete it, and run again."
                )


def date_back(folder: str) -> None:
    """Give files below a folder that are dated in the future, as where a clock was set back, now.

    Snakemake makes a result again where it is older than what it is made of. One from the future
    would pass for new beside whatever is made from now on.
    """
    now = time.time_ns()
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)  # noqa: PTH118 - as above
            with suppress(OSError):
                if os.lstat(path).st_mtime_ns > now:
                    os.utime(path, ns=(now, now), follow_symlinks=False)


def check_records(written: Iterable[str]) -> None:
    """Check that Snakemake's records are there if results are: without them, it takes all for new.

    Parameters
    ----------
    written : iterable of str
        Paths of what rules write; of those among all results, each is in a folder of its rule.

    Raises
    ------
    UserError
        If the folder of Snakemake's records was deleted or emptied, or results came without it.
    """
    if any(any(folder.glob("*")) for folder in (RECORDS, UNFINISHED)):
        return
    of_rules = {Path(path).parts[1] for path in written if Path(path).parts[0] == RESULTS}
    found = (path for rule in of_rules for path in Path(RESULTS, rule).rglob("[!.]*"))
    if any(path.is_file() and ASIDE not in str(path) for path in found):
        raise UserError(
            f"there are {RESULTS}, but {RECORDS}, where Snakemake notes what they were made of, is "
            f"gone, so nothing tells whether they are up to date; move {RESULTS} away and run "
            "again."
        )


def unrecorded(written: Iterable[str]) -> list[str]:
    """Return the results of rules of which Snakemake has no record; they would pass for new.

    Parameters
    ----------
    written : iterable of str
        Paths of all that rules write, with wildcards.
    """
    escaped = (re.escape(path) for path in written if Path(path).parts[0] == RESULTS)
    of_rules = re.compile("|".join(ESCAPED_WILDCARD.sub("[^/]+", each) for each in escaped))
    noted = noted_outputs()
    return [
        path
        for folder, folders, files in os.walk(RESULTS)
        for name in sorted(folders + files)
        if not name.startswith(".") and not name.endswith(ASIDE)
        if (path := f"{folder}/{name}") not in noted and of_rules.fullmatch(path)
    ]


def irregular(folder: str) -> list[str]:
    """Return what is below a folder and neither file nor folder, such as a pipe or a device."""
    return [
        path
        for place, _, files in os.walk(folder)
        for name in files
        if not name.startswith(".") and not name.endswith(ASIDE)
        if not os.path.isfile(path := f"{place}/{name}")  # noqa: PTH113 - as above
        and os.path.exists(path)  # noqa: PTH110 - as above
    ]
