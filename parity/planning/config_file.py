"""What the text of ``config.yaml`` may be, before Snakemake reads it, and what it may hold.

Snakemake takes the second of two equal keys, evaluates a template, and answers some mistakes with a
traceback. What it read may refer to itself or hold what no key can mean; that is found here, too.

A file that is named with ``--configfile`` is read by Snakemake before the Snakefile is. So ``make
run`` first runs this module as a program, with the same arguments.
"""

import argparse
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from parity.errors import UserError, in_one_sentence
from parity.foreign import UTF_16, is_file, name_in_words, parse_json, read_text, shorten
from parity.planning.run_folder import check_writable

TEMPLATE = "__use_yte__"
"""The key with which Snakemake evaluates the Python in a configuration."""

MOST_VALUES = 100_000
"""Values of a configuration, each counted as often as it is referred to; chosen."""

LARGEST_BYTES = 1_000_000
"""Bytes of its text, at most; chosen: PyYAML reads them in two seconds."""

DEEPEST = 20
"""Levels of keys and lists within each other, at most; chosen: the schema has five."""

LONGEST_PATH = 4095
LONGEST_NAME = 255
"""Bytes of a path and of a part of it, at most: Linux's PATH_MAX, less its end, and NAME_MAX."""

USUAL = "config.yaml"
"""The configuration that the Snakefile reads in the folder of a run."""

ELSEWHERE = (
    f"copy {USUAL} into a folder of your own and name that: "
    'make run ARGS="--directory /path/of/the/folder"'
)
"""What to do where a folder cannot be written to."""

LARGEST_WHOLE = 1 << 53
"""Whole numbers are below this in size, so that a float can be each of them."""

CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class StrictLoader(yaml.SafeLoader):
    """Reads plain YAML in which each key stands once, and says where something is wrong."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Return the value of a node; a number or a date that is none is a mistake in it."""
        try:
            return super().construct_object(node, deep=deep)
        except ValueError as error:
            raise yaml.constructor.ConstructorError(
                None, None, str(error).split(";", maxsplit=1)[0], node.start_mark
            ) from None

    merged = 0
    """Keys of mappings so far, each counted again where it is merged into another (``<<``)."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge other mappings into one: two of the same, again and again, would never end."""
        super().flatten_mapping(node)
        self.merged += len(node.value)
        if self.merged > MOST_VALUES:
            problem = f"it merges more than {MOST_VALUES:,} keys"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return keys with their values."""
        counts = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and counts[key.value] > 1 and key.value != "<<":
                problem = f"the key {shorten(key.value)} appears twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
        return super().construct_mapping(node, deep=deep)


def check_config_file(path: str | Path) -> None:
    """Check that Snakemake can read a configuration, and what it then reads is what stands there.

    Parameters
    ----------
    path : str or Path
        YAML or JSON; a file that does not exist is left to Snakemake.

    Raises
    ------
    UserError
        If it is neither, holds a key twice, is a template, or as :func:`check_plain`.
    """
    path = Path(path)
    if not is_file(path):
        return
    if (size := path.stat().st_size) > LARGEST_BYTES:
        raise UserError(
            f"{path} has {size:,} bytes; a configuration has {LARGEST_BYTES:,} at most."
        )
    if path.read_bytes().startswith(UTF_16):
        raise UserError(f"{path} is text in UTF-16; save it as UTF-8.")
    text = read_text(path)
    try:
        content = _parse(text, path)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        said = name_in_words(error.problem or error.context)
        raise UserError(f"{path}: not valid YAML{place} ({said}).") from None
    except yaml.YAMLError as error:
        said = name_in_words(str(error).splitlines()[0])
        raise UserError(f"{path}: not valid YAML ({said}).") from None
    except RecursionError:
        raise UserError(f"{path}: its YAML is nested too deeply.") from None
    if not isinstance(content, dict):
        raise UserError(f"{path} must hold keys with values, such as models.")
    if TEMPLATE in content:
        raise UserError(f"{path}: {TEMPLATE} evaluates Python; write its values instead.")
    check_plain(content)


def _parse(text: str, path: Path) -> Any:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return yaml.load(text, StrictLoader)  # noqa: S506 - it is a safe loader
    return parse_json(text, path)  # says which key appears twice


def check_plain(config: dict[str, Any]) -> None:
    """Check that a configuration holds nothing but text, numbers, lists and keys with values.

    Raises
    ------
    UserError
        If something in it is of another kind, refers to itself, or is too long or too large to be
        meant; the sentence names the key.
    """
    left = MOST_VALUES
    waiting: list[tuple[Any, tuple[str, ...]]] = [(config, ())]
    while waiting:
        value, place = waiting.pop()
        left -= 1
        if left < 0:
            raise UserError(f"config: it holds more than {MOST_VALUES:,} values.")
        if len(place) > DEEPEST:
            raise UserError(
                f"config: {_in_words(place)} is nested too deeply, or refers to itself."
            )
        if isinstance(value, dict):
            for key in value:
                _check_key(key, place)
            waiting += [(inner, (*place, key)) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(inner, (*place, str(i))) for i, inner in enumerate(value)]
        elif wrong := _mistake(value):
            raise UserError(f"config: {_in_words(place)} is {shorten(value)}, which {wrong}.")


def _check_key(key: Any, place: tuple[str, ...]) -> None:
    """Check that a key is text: YAML takes 8, 1.0, yes, no, on and off for something else."""
    inside = f" in {_in_words(place)}" if place else ""
    if not isinstance(key, str):
        raise UserError(f"config: the key {shorten(key)}{inside} is not text; put it in quotes.")
    if wrong := _mistake(key):
        raise UserError(f"config: the key {shorten(key)}{inside} {wrong}.")


def _in_words(place: tuple[str, ...]) -> str:
    return name_in_words(".".join(place))


def _mistake(value: Any) -> str:
    """Return what is wrong with a value that is no list and has no keys; empty if nothing is."""
    if isinstance(value, str):
        return _mistake_of_text(value)
    if isinstance(value, int) and abs(value) >= LARGEST_WHOLE:
        return "is too large a number"
    if value is None or isinstance(value, bool | int | float):
        return ""
    return f"is of the kind {type(value).__name__}; write text, put in quotes, or a number"


def _mistake_of_text(text: str) -> str:
    try:
        parts = os.fsencode(text).split(b"/")
    except UnicodeEncodeError:
        return "is no text that a file can hold"
    if CONTROL.search(text):
        return "holds a line break or another control character"
    if len(text) > LONGEST_PATH or max(map(len, parts)) > LONGEST_NAME:
        return f"is too long; a name has at most {LONGEST_NAME} bytes"
    return ""


def main(arguments: Sequence[str]) -> None:
    """Check the configurations and the folder that arguments of Snakemake name.

    Raises
    ------
    UserError
        If one does not exist, the folder cannot be written to, or as :func:`check_config_file`.
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


if __name__ == "__main__":
    with in_one_sentence():
        main(sys.argv[1:])
