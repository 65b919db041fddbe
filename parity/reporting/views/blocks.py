"""Blocks, of which sections are made: what is said and shown, without HTML or Markdown.

A block is rendered by the macro that has its name in lower case, in ``blocks.html.j2`` and in
``blocks.md.j2``.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from parity.detection.outlines import NOTHING, DetectionOutline
from parity.reporting.wording import count

MOST_ROWS = 200


@dataclass(frozen=True)
class Block:
    """A piece of a section."""

    @property
    def kind(self) -> str:
        """Name of the macro that renders it."""
        return type(self).__name__.lower()


@dataclass(frozen=True)
class Text(Block):
    """A paragraph; bold if it is the answer of its section."""

    text: str
    bold: bool = False


@dataclass(frozen=True)
class Note(Block):
    """A paragraph of lesser weight, such as a definition below a table."""

    text: str


@dataclass(frozen=True)
class Sentences(Block):
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table(Block):
    """A table."""

    caption: str
    header: tuple[str, ...]
    """Heads of its columns."""
    rows: tuple[tuple[str, ...], ...]
    """The first cell names the row."""
    left_out: str = ""
    """How many rows are not shown and where they are; empty if all are."""


@dataclass(frozen=True)
class Figure(Block):
    """A picture: its file and what it shows."""

    path: str
    shows: str


@dataclass(frozen=True)
class Code(Block):
    """Lines of code, what language they are in, and what they are."""

    text: str
    language: str
    label: str


@dataclass(frozen=True)
class CodeTab:
    """The same lines in one language."""

    language: str
    """What Markdown calls it: ``cpp``."""
    title: str
    """What people call it."""
    text: str
    note: str = ""
    """What to know of them; may be empty."""


@dataclass(frozen=True)
class CodeTabs(Block):
    """Lines in several languages, of which the page shows one at a time, and what they are."""

    label: str
    tabs: tuple[CodeTab, ...]


@dataclass(frozen=True)
class Fact:
    """A name and its value, which becomes a link if it is an address on the web."""

    name: str
    value: str


@dataclass(frozen=True)
class Facts(Block):
    """Names with their values."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Link:
    """A link to a file."""

    text: str
    path: str


@dataclass(frozen=True)
class Links(Block):
    """Links to files, in one line."""

    links: tuple[Link, ...]


@dataclass(frozen=True)
class Outline:
    """A detection in a picture."""

    box: tuple[float, float, float, float]
    """x1, y1, x2, y2, px of the image."""
    label: str
    """What it is."""
    telling: bool
    """Whether the picture is about it."""
    shape: DetectionOutline = NOTHING
    """What is drawn beside its box, or instead of it."""


@dataclass(frozen=True)
class Crop(Block):
    """A part of an image with the boxes of two sides."""

    model: str
    image: str
    """Whose image, and its name."""
    height: int
    width: int
    """Size of the image, px."""
    view: tuple[float, float, float, float]
    """The part that is shown, px."""
    correct: tuple[Outline, ...]
    wrong: tuple[Outline, ...]
    """Boxes of the reference, and of the deployment."""
    reference: str
    """What the reference is called."""
    side: str
    """What the wrong boxes are called."""
    caption: str
    """What there is to see."""


@dataclass(frozen=True)
class CostLine:
    """What something costs: a number and what it counts."""

    value: str
    what: str


@dataclass(frozen=True)
class Card(Block):
    """Something that is wrong: what, what it costs, a picture, what to do, and a proof."""

    title: str
    line: str
    """What is wrong, as a heading and in a sentence."""
    anchor: str
    """Its address on the page."""
    costs: tuple[CostLine, ...]
    crop: Crop | None
    """A picture of it."""
    fix: str
    """What to do, in a sentence."""
    code: CodeTabs | None
    """What to type."""
    proof: tuple[Block, ...]
    """What proves it; closed on the page until it is asked for."""

    @property
    def parts(self) -> tuple[Block, ...]:
        """The blocks inside of it."""
        return tuple(part for part in (self.crop, self.code, *self.proof) if part)


@dataclass(frozen=True)
class Group(Block):
    """Blocks under a heading; ``folded`` ones are closed on the page until they are asked for.

    Its anchor is its address on the page; it may be empty.
    """

    title: str
    blocks: tuple[Block, ...]
    folded: bool = False
    anchor: str = ""


def every_block(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield blocks, and those inside of groups and cards after their group or card."""
    for block in blocks:
        yield block
        if isinstance(block, Group):
            yield from every_block(block.blocks)
        elif isinstance(block, Card):
            yield from every_block(block.parts)


def without_dashes(
    header: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[list[str], list[list[str]]]:
    """Return the columns of a table in which something stands."""
    kept = [
        place for place in range(len(header)) if not rows or any(row[place] != "–" for row in rows)
    ]
    return [header[i] for i in kept], [[row[i] for i in kept] for row in rows]


def table(
    caption: str,
    header: Iterable[str],
    rows: Iterable[Iterable[str]],
    *,
    total: int | None = None,
    full: str = "comparison_results.json",
) -> Table:
    """Return a table of the first rows; the others are counted.

    Parameters
    ----------
    caption : str
        What it shows.
    header, rows : iterable of str, iterable of iterable of str
        Its cells.
    total : int, optional
        How many rows there are, where not all are given.
    full : str
        The file that holds the others.
    """
    every = tuple(tuple(row) for row in rows)
    left = (len(every) if total is None else total) - MOST_ROWS
    said = f"{count(left, 'more row')} in {full}." if left > 0 else ""
    return Table(caption, tuple(header), every[:MOST_ROWS], said)
