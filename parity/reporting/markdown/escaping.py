"""Text, code and links that Markdown shows as they are."""

import re

from parity.errors import printable

MARKUP = re.compile(
    r"[\\`*\[\]|~#$&<>@]"
    r"|(?<!\w)_+|_+(?!\w)"  # emphasis, but not underscores inside a word
    r"|(?<=:)//|(?<=www)\."  # GitHub makes links of bare addresses
)
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "//": "&#47;/", ".": "&#46;"}


PLAIN = re.compile(r"[\w.:()= -]+")
"""What can be code: a name, a call or a setting."""


def escape_markdown(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, no HTML, no links, no table cells."""
    return MARKUP.sub(_escape, printable(text))


def escape_sentence(text: str) -> str:
    """Return text that Markdown shows as it is, but what stands between backticks as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape_markdown(text)
    return "".join(
        f"`{part}`"
        if place % 2 and PLAIN.fullmatch(part)
        else escape_markdown(f"`{part}`" if place % 2 else part)
        for place, part in enumerate(parts)
    )


def _escape(found: re.Match[str]) -> str:
    return ENTITIES.get(found[0]) or "".join(f"\\{character}" for character in found[0])


def fence(text: str, language: str) -> str:
    """Return lines as a block of code that nothing in them can close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{language}\n{text.removesuffix(chr(10))}\n{marks}"
