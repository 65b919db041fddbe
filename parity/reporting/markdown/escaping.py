"""Text, code and links that Markdown shows as they are."""

import re

from parity.errors import printable

MARKUP = re.compile(
    r"[\\`*\[\]|~#$&<>@]"
    r"|(?<!\w)_+|_+(?!\w)"  # emphasis, but not underscores inside a word
    r"|(?<=:)//|(?<=www)\."  # GitHub makes links of bare addresses
)
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "//": "&#47;/", ".": "&#46;"}


def escape_markdown(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, no HTML, no links, no table cells."""
    return MARKUP.sub(_escape, printable(text))


def _escape(found: re.Match[str]) -> str:
    return ENTITIES.get(found[0]) or "".join(f"\\{character}" for character in found[0])


def fence(text: str, language: str) -> str:
    """Return lines as a block of code that nothing in them can close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{language}\n{text.removesuffix(chr(10))}\n{marks}"
