"""Turning names and numbers into text that is safe and no more precise than it should be."""

import math
import re
from decimal import ROUND_CEILING, Context
from typing import Any

import yaml

MARKUP = re.compile(
    r"[\\`*\[\]|~#$&<>@]"
    r"|(?<!\w)_+|_+(?!\w)"  # emphasis, but not underscores inside a word
    r"|(?<=:)//|(?<=www)\."  # GitHub makes links of bare addresses
)
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "//": "&#47;/", ".": "&#46;"}

DIGITS = 3


def printable(text: str) -> str:
    r"""Return text on one line with everything that cannot be seen written as an escape.

    Newlines, control and bidirectional characters, and bytes that are no text (lone surrogates)
    come out as ``\n``, ``\u202e``, ``\udcff``.
    """
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def shortened(text: str, length: int) -> str:
    """Return printable text of at most so many characters, cut in the middle."""
    text = printable(text)
    if len(text) <= length:
        return text
    head = length // 2
    return f"{text[:head]}…{text[len(text) - (length - 1 - head) :]}"


def markdown(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, no HTML, no links, no table cells."""
    return MARKUP.sub(_escape, printable(text))


def _escape(found: re.Match[str]) -> str:
    return ENTITIES.get(found[0]) or "".join(f"\\{character}" for character in found[0])


def code_block(value: Any) -> str:
    """Return values as YAML in a fence that nothing among them can close."""
    body = yaml.safe_dump(value, sort_keys=False, default_flow_style=False)  # escapes non-ASCII
    longest = max((len(run) for run in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}yaml\n{body}{fence}"


def number(value: float | None) -> str:
    """Return a measured value with three significant digits; a dash where there is none."""
    if value is None:
        return "–"
    if isinstance(value, int) or not math.isfinite(value):
        return str(value).replace("nan", "NaN")
    return re.sub(r"e([+-])0+", r"e\1", f"{value:.{DIGITS}g}").replace("e+", "e")


def ceiling(value: float) -> str:
    """Return a number of three significant digits that is not below the value."""
    if isinstance(value, int) or not math.isfinite(value):
        return number(value)
    rounded = Context(prec=DIGITS, rounding=ROUND_CEILING).create_decimal(repr(value))
    return number(float(rounded))


def count(many: int, one: str, more: str = "") -> str:
    """Return a count with its noun: ``1 image``, ``2 images``."""
    return f"{many:,} {one if many == 1 else more or one + 's'}"


def listing(items: list[str], *, limit: int = 10) -> str:
    """Return items as part of a sentence, no more than a limit of them by name."""
    named = items[:limit]
    if len(items) > limit:
        return f"{', '.join(named)} and {len(items) - limit:,} more"
    return ", ".join([*named[:-2], " and ".join(named[-2:])])
