"""COCO results: ``[{"image_id": 36, "category_id": 0, "bbox": [1, 2, 3, 4], "score": 0.9}]``."""

from dataclasses import replace

from parity.external.entries import Entry, parse_entry
from parity.external.file_format import Contents, Format, register
from parity.external.image_names import ID, ImageNames
from parity.external.json_records import read_records
from parity.external.source import Record, Source, list_in


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
        return contents
    entries = {
        image: [replace(entry, label=names.get(entry.label, entry.label)) for entry in own]
        for image, own in contents.entries.items()
    }
    note = "Category ids are read as the names that the file lists for them."
    return replace(contents, entries=entries, notes=(*contents.notes, note))


def _categories_of(source: Source) -> dict[int | str, str]:
    """Return the names of categories by their ids, as far as the header lists them."""
    listed = source.header.get("categories")
    return {
        each["id"]: each["name"]
        for each in (listed if isinstance(listed, list) else [])
        if isinstance(each, dict)
        and isinstance(each.get("id"), int)
        and isinstance(each.get("name"), str)
    }


def parse_coco(record: Record, where: str) -> Entry:
    """Return the box of an annotation; ``bbox`` beside an image id is x, y, width, height."""
    return parse_entry(record, where, bbox="xywh" if ID in record else "")


register(
    Format(
        name="COCO results",
        description=(
            "`image_id`, `category_id`, `bbox` and `score`; ids refer to the file's own `images` "
            "and `categories`, or to image files that are named by numbers; masks are ignored"
        ),
        recognises=recognises,
        read=read,
    )
)
