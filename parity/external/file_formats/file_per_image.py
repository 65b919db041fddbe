"""A folder of JSON or CSV files, one per image or more: what ``to_json`` and ``to_csv`` give."""

from dataclasses import replace
from pathlib import Path

from parity.data.image_names import ImageNames, image_of_file, left_out
from parity.errors import UserError
from parity.external.contradictions import check_one_list
from parity.external.entries import Entry
from parity.external.file_format import Contents, Format, files_in, recognise, register
from parity.external.image_keys import file_is_image
from parity.external.observations import NOTHING_DECLARED
from parity.external.source import Source
from parity.foreign import read_text

FILES = ("*.json", "*.jsonl", "*.csv")


def recognises(source: Source) -> bool:
    """Return whether a source is a folder of such files."""
    return source.path.is_dir() and bool(files_in(source.path, FILES))


def read(source: Source, images: ImageNames) -> Contents:
    """Read file after file; one that is not named after an image may be something else."""
    read_files: dict[Path, Contents] = {}
    errors: dict[Path, UserError] = {}
    for path in files_in(source.path, FILES):
        try:
            read_files[path] = _read_file(path, images)
        except UserError as error:
            if image_of_file(path, images) is not None:
                raise
            errors[path] = error
    if not read_files:
        raise next(iter(errors.values()))
    entries: dict[str, list[Entry]] = {}
    for path, contents in read_files.items():
        for name, boxes in contents.entries.items():
            if name in entries:
                raise UserError(f"{path}: {name} is listed in another file of the folder, too.")
            stated = contents.box_format
            entries[name] = [replace(b, box_format=stated or b.box_format) for b in boxes]
    thresholds = {contents.thresholds for contents in read_files.values()}
    notes = [note for contents in read_files.values() for note in contents.notes]
    if len(thresholds) > 1:
        notes.append("The files state different thresholds, which are left out.")
    return Contents(
        entries,
        thresholds=thresholds.pop() if len(thresholds) == 1 else NOTHING_DECLARED,
        notes=(
            *left_out(path.name for path in errors),
            *(f"The first of these: {error}" for error in list(errors.values())[:1]),
            *dict.fromkeys(notes),
        ),
    )


def _read_file(path: Path, images: ImageNames) -> Contents:
    if not read_text(path).strip():
        return Contents({file_is_image(path, images, str(path)): []})
    opened = Source.open(path)
    check_one_list(opened.header, str(path))
    return recognise(opened).read(opened, images)


register(
    Format(
        name="a JSON or CSV file per image",
        description=(
            "a folder with `bus.json` or `bus.csv` for `bus.jpg`, such as what Ultralytics' "
            "`to_json()` and `to_csv()` return; boxes need not name their image"
        ),
        recognises=recognises,
        read=read,
        files=FILES,
        generic=True,
    )
)
