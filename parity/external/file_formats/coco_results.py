"""COCO results: ``[{"image_id": 36, "category_id": 0, "bbox": [1, 2, 3, 4], "score": 0.9}]``."""

from dataclasses import replace

from parity.data.image_names import ImageNames
from parity.errors import UserError
from parity.external.entries import Entry, parse_entry, parse_label
from parity.external.file_format import Contents, Format, register
from parity.external.image_keys import ID
from parity.external.json_records import read_records
from parity.external.source import Record, Source, list_in
from parity.foreign import shorten


def recognises(source: Source) -> bool:
    """Return whether a source is a JSON list of boxes whose images are numbered."""
    records = [record for record in source.records or [] if isinstance(record, dict)]
    return any(ID in record for record in records) and all(list_in(r) is None for r in records)


def read(source: Source, images: ImageNames) -> Contents:
    """Read an entry per box; where the file lists its categories, their names count."""
    contents = read_records(
        source, source.records or [], images, lambda record, where: [parse_coco(record, where)]
    )
    names = _categories_of(source)
    if not names:
        return replace(contents, category_ids=True)
    entries = {
        image: [_with_name(entry, names) for entry in own]
        for image, own in contents.entries.items()
    }
    note = "Category ids are read as the names that the file lists for them."
    return replace(contents, entries=entries, notes=(*contents.notes, note))


def _categories_of(source: Source) -> dict[int | str, str]:
    """Return the names of the categories that the header lists, by their ids."""
    listed = source.header.get("categories")
    names: dict[int | str, str] = {}
    for number, each in enumerate(listed if isinstance(listed, list) else [], 1):
        where = f"{source.path}, category {number}"
        if not isinstance(each, dict) or each.get("id") is None or each.get("name") is None:
            raise UserError(f"{where}: {shorten(each)} is not a category with an id and a name.")
        category, name = parse_label(each["id"], where), str(parse_label(each["name"], where))
        if names.setdefault(category, name) != name:
            raise UserError(f"{where}: another category has the id {category}, too.")
    return names


def _with_name(entry: Entry, names: dict[int | str, str]) -> Entry:
    if isinstance(entry.label, int) and entry.label not in names:
        raise UserError(f"{entry.where}: the file lists no category with the id {entry.label}.")
    return replace(entry, label=names.get(entry.label, entry.label))


def parse_coco(record: Record, where: str) -> Entry:
    """Return the box of an annotation; ``bbox`` beside an image id is x, y, width, height."""
    return parse_entry(record, where, bbox="xywh" if ID in record else "")


register(
    Format(
        name="COCO results",
        description=(
            "`image_id`, `category_id`, `bbox` and `score`; ids refer to the file's own `images` "
            "and `categories`, or to image files that are named by numbers, and to classes or, as "
            "`val` writes them, categories from 1"
        ),
        recognises=recognises,
        read=read,
    )
)
