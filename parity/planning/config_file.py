"""What the text of ``config.yaml`` may be, before Snakemake reads it, and what it may hold.

Snakemake takes the second of two equal keys, evaluates a template, and answers some mistakes with a
traceback. What it read may refer to itself or hold what no key can mean; that is found here, too.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

from parity.errors import UserError
from parity.foreign import UTF_16, is_file, parse_json, read_text, shorten
from parity.foreign_yaml import keys_in_words, parse_yaml, values_in

TEMPLATE = "__use_yte__"
"""The key with which Snakemake evaluates the Python in a configuration."""

LARGEST_CONFIG = 250_000
"""Bytes of a configuration, at most; chosen: PyYAML reads them in less than a second."""

LONGEST_PATH = 4095
LONGEST_NAME = 255
"""Bytes of a path and of a part of it, at most: Linux's PATH_MAX, less its end, and NAME_MAX."""

LARGEST_WHOLE = 1 << 53
"""Whole numbers are below this in size, so that a float can be each of them."""

CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def check_config_file(path: str | Path) -> None:
    """Check that Snakemake can read a configuration, and what it then reads is what stands there.

    Parameters
    ----------
    path : str or Path
        YAML or JSON; one of which there is nothing at all is left to Snakemake.

    Raises
    ------
    UserError
        If it is neither, holds a key twice, is a template, or as :func:`check_plain`.
    """
    path = Path(path)
    if not is_file(path):
        if os.path.lexists(path):
            raise UserError(f"{path} is not a file, or a link that leads nowhere; replace it.")
        return
    if (size := path.stat().st_size) > LARGEST_CONFIG:
        raise UserError(
            f"{path} has {size:,} bytes; a configuration has {LARGEST_CONFIG:,} at most."
        )
    if path.read_bytes().startswith(UTF_16):
        raise UserError(f"{path} is text in UTF-16; save it as UTF-8.")
    content = _parse(read_text(path), path)
    if not isinstance(content, dict):
        raise UserError(f"{path} must hold keys with values, such as models.")
    if TEMPLATE in content:
        raise UserError(f"{path}: {TEMPLATE} evaluates Python; write its values instead.")
    check_plain(content)


def _parse(text: str, path: Path) -> Any:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return parse_yaml(text, path)
    return parse_json(text, path)  # says which key appears twice


def check_plain(config: dict[str, Any]) -> None:
    """Check that a configuration holds nothing but text, numbers, lists and keys with values.

    Raises
    ------
    UserError
        If something in it is of another kind, refers to itself, or is too long or too large to be
        meant; the sentence names the key.
    """
    for value, place in values_in(config, "config"):
        if isinstance(value, dict):
            for key in value:
                _check_key(key, place)
        elif not isinstance(value, list) and (wrong := _mistake(value)):
            raise UserError(f"config: {keys_in_words(place)} is {shorten(value)}, which {wrong}.")


def _check_key(key: Any, place: tuple[str, ...]) -> None:
    """Check that a key is text: YAML takes 8, 1.0, yes, no, on and off for something else."""
    inside = f" in {keys_in_words(place)}" if place else ""
    if not isinstance(key, str):
        raise UserError(f"config: the key {shorten(key)}{inside} is not text; put it in quotes.")
    if wrong := _mistake(key):
        raise UserError(f"config: the key {shorten(key)}{inside} {wrong}.")


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
