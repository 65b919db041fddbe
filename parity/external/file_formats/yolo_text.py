"""YOLO's text files: a folder with ``bus.txt`` for ``bus.jpg``, a line per box."""

from parity.data.image_names import ImageNames
from parity.detection.boxes import LARGEST_FRACTION
from parity.errors import UserError
from parity.external.file_format import Contents, Format, files_in, files_of_images, register
from parity.external.file_formats import label_rows, shape_text
from parity.external.layouts import Layout, Row, find_layout
from parity.external.source import Source
from parity.external.tables import rows_of_words

FILES = ("*.txt",)

YOLO = {5: Layout(label=0, box=1), 6: Layout(label=0, box=1, score=5)}
"""What Ultralytics' ``save_txt`` writes, without and with ``save_conf``, by number of values."""


def recognises(source: Source) -> bool:
    """Return whether a source is a folder of text files, none of which holds something else."""
    if not source.path.is_dir() or not files_in(source.path, FILES):
        return False
    return not (label_rows.recognises(source) or shape_text.recognises(source))


def read(source: Source, images: ImageNames) -> Contents:
    """Read a file per image; an empty one states that nothing is in it."""
    files, notes = files_of_images(source.path, files_in(source.path, FILES), images)
    rows = {name: rows_of_words(path) for name, path in files.items()}
    written = [row for own in rows.values() for row in own]
    layout = _layout_of(written)
    entries = {
        name: [(layout or YOLO[len(row)]).parse(row, where) for where, row in own]
        for name, own in rows.items()
    }
    return Contents(
        entries,
        box_format="cxcywhn" if _are_fractions(written) else "",
        notes=(*notes, *([layout.note] if layout else [])),
    )


def _layout_of(rows: list[Row]) -> Layout | None:
    """Return the order of the values of rows; None if it is YOLO's."""
    for where, row in rows:
        if len(row) not in YOLO:
            raise UserError(f"{where}: expected class, cx, cy, width, height and a score.")
    if _are_fractions(rows) or len({len(row) for _, row in rows}) > 1:
        return None
    try:
        layout = find_layout(rows)
    except UserError:
        return None  # parsed as YOLO's, it says what is wrong
    return None if layout in YOLO.values() else layout


def _are_fractions(rows: list[Row]) -> bool:
    """Return whether rows are in YOLO's order and the boxes fractions of the image."""
    return all(
        YOLO[len(row)].fits([row], 1.0)
        and all(abs(float(value)) <= LARGEST_FRACTION for value in row[1:5])
        for _, row in rows
    )


register(
    Format(
        name="YOLO text files",
        description=(
            "a folder with `bus.txt` for `bus.jpg`, as `save_txt` writes it: class, centre, width "
            "and height as fractions, score; or rows of px as above; an empty file is an image "
            "without boxes"
        ),
        recognises=recognises,
        read=read,
        files=FILES,
    )
)
