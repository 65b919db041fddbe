"""A file format of external boxes; each module of :mod:`parity.external.file_formats` adds one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from parity.data.image_names import Given, ImageNames, left_out
from parity.errors import UserError
from parity.external.entries import Entry
from parity.external.observations import NOTHING_DECLARED, Declared
from parity.external.source import Source
from parity.folders import files_below
from parity.foreign import is_file
from parity.registry import Registry


@dataclass(frozen=True)
class Contents:
    """What a source holds, as it is written."""

    entries: dict[str, list[Entry]]
    """Boxes by image of the run; an image with an empty list is stated to hold no object."""
    box_format: str = ""
    """A value of :data:`parity.external.box_formats.BOX_FORMATS` that the source states; empty if
    it states none."""
    thresholds: Declared = NOTHING_DECLARED
    """``conf``, ``iou`` and ``max_det`` as far as the source states them."""
    notes: tuple[str, ...] = ()
    """Sentences on what was left out."""
    names: dict[int, str] = field(default_factory=dict)
    """Class names by id, as far as the source lists them."""
    category_ids: bool = False
    """Whether the format numbers classes as COCO does, from 1 to 90 with gaps."""


@dataclass(frozen=True)
class Format:
    """A way to write the boxes of many images."""

    name: str
    """What people call it."""
    description: str
    """How it looks, in one line of Markdown."""
    recognises: Callable[[Source], bool]
    """Whether a source is of this format, by its content."""
    read: Callable[[Source, ImageNames], Contents]
    """Reads a source of this format; it raises ``UserError`` with the position of what is
    malformed."""
    generic: bool = False
    """Whether it recognises nearly everything of its kind; such a format is asked after all
    others."""
    files: tuple[str, ...] = ()
    """Patterns of the files that a folder of this format holds; none if it is a single file."""


FORMATS: Registry[Format] = Registry("format of external boxes")
"""The formats by name."""


def register(written: Format) -> Format:
    """Add a format to :data:`FORMATS`."""
    return FORMATS.add(written.name, written)


def files_in(folder: str | Path, patterns: Iterable[str]) -> list[Path]:
    """Return the regular files below a folder whose names match one of some patterns, sorted."""
    wanted = tuple(patterns)
    found = files_below(Path(folder))
    return [path for path in found if any(map(path.match, wanted)) and is_file(path)]


def files_of_images(
    folder: Path, files: Iterable[Path], images: ImageNames
) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Return the files that are named after images of the run, and a note on the others."""
    named: dict[Given, Path] = {
        path.relative_to(folder).with_suffix("").as_posix(): path for path in files
    }
    found = images.resolve_once({given: str(path) for given, path in named.items()})
    return (
        {name: named[given] for given, name in found.items()},
        left_out(given for given in named if given not in found),
    )


def recognise(source: Source) -> Format:
    """Return the format that a source is in.

    Raises
    ------
    UserError
        If it is empty or in none.
    """
    if source.path.is_file() and not source.text:
        raise UserError(f"{source.path} is empty.")
    for each in sorted(FORMATS.values(), key=lambda each: each.generic):
        if each.recognises(source):
            return each
    raise UserError(f"{source.path} is in none of the formats that can be read.")
