"""What a section of the report is, and the registry of all sections.

A section is a module of this folder. It registers a title, its place and a function that makes of
a model's files a :class:`View`, or None to leave the section out. The page and the Markdown report
render the view with the same blocks; a section that needs more brings templates of its own,
``html/templates/sections/<key>.html.j2`` and ``markdown/templates/sections/<key>.md.j2``. What
another rule found becomes available by adding its files as a named input to ``write_report``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from parity.comparison.results import Results
from parity.documents import Read, load
from parity.registry import Registry
from parity.reporting.views.blocks import Block


@dataclass(frozen=True)
class Model:
    """What there is of a model."""

    results: Results
    """What ``summarise`` wrote."""
    inputs: Mapping[str, tuple[str, ...]]
    """The model's files and folders by the name of the input of the rule ``write_report``."""
    anchor: str = "model-0"
    """What its addresses on the page begin with."""

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.results.model

    def files(self, name: str) -> dict[str, str]:
        """Return the files of an input by their stem: an export, or somebody's boxes."""
        return {Path(path).stem: path for path in self.inputs.get(name, ())}

    def documents(self, name: str, kind: type[Read]) -> dict[str, Read]:
        """Return what the files of an input hold, by their stem."""
        return {stem: load(path, kind) for stem, path in self.files(name).items()}

    def document(self, name: str, kind: type[Read]) -> Read | None:
        """Return what the only file of an input holds; None where there is none."""
        return next(iter(self.documents(name, kind).values()), None)


@dataclass(frozen=True)
class View:
    """What a section says and shows of a model; ``folded`` closes it until it is asked for."""

    blocks: tuple[Block, ...]
    folded: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class Section:
    """A section of the report."""

    title: str
    """Its heading."""
    place: int
    """Sections come in the order of this number."""
    prepare: Callable[[Model], View | None]
    """Returns what it says of a model; None leaves it out."""
    lists: bool = False
    """Whether it is long lists, which come last in Markdown, where nothing folds them."""


SECTIONS: Registry[Section] = Registry("section")
"""Sections by key, which is part of their anchors and the name of their templates."""
