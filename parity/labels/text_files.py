"""A folder of YOLO's text files: a line per object, in fractions of the image."""

import os
from dataclasses import replace
from pathlib import Path

from parity.data.image_names import left_out
from parity.errors import UserError
from parity.folders import files_below
from parity.foreign import lines_of, name_in_words, parse_number, read_text, shorten
from parity.labels.label_format import ObjectFormat
from parity.labels.label_reader import Names, Shapes
from parity.labels.truth import LabelledObject, Labels, Truth


def read_text_files(folder: Path, shapes: Shapes, names: Names, *, written: ObjectFormat) -> Labels:
    """Read YOLO's text files; as in YOLO, an image without one holds no object.

    Raises
    ------
    UserError
        If a line is not as the format says, or names a class that the model does not have.
    """
    images: dict[str, Truth] = {}
    absent, doubled = 0, 0
    texts = (path for path in files_below(folder) if path.suffix == ".txt")
    foreign = {path.relative_to(folder).as_posix() for path in texts}
    for name, shape in shapes.items():
        own = Path(name).with_suffix(".txt")
        is_there = os.path.lexists(folder / own)  # a broken link is no background
        foreign.discard(own.as_posix())
        text = read_text(folder / own) if is_there else ""
        objects: dict[tuple[float, ...], LabelledObject] = {}
        for number, line in enumerate(lines_of(text), 1):
            if not line.strip():
                continue
            where = f"{folder / own}: line {number}"
            class_id, *values = numbers_of(line.split(), names, where, written)
            doubled += (class_id, *values) in objects
            found = written.from_text(values, shape, where)
            objects[class_id, *values] = replace(found, class_id=int(class_id))
        images[name] = Truth.of([*objects.values()])
        absent += not is_there
    notes = [
        f"Images without a label file, which count as images without objects: {absent}.",
        f"Duplicate lines in label files, which count once, as in YOLO: {doubled}.",
    ]
    said = [note for note, count in zip(notes, (absent, doubled), strict=True) if count]
    return Labels(images, [*said, *left_out(sorted(foreign))])


def numbers_of(
    words: list[str], names: Names, where: str, written: ObjectFormat
) -> tuple[float, ...]:
    """Return the class and the other numbers of a line."""
    if not written.fits(len(words) - 1):
        raise UserError(
            f"{where} is not a YOLO label: {shorten(' '.join(words))} should be {written.line}."
        )
    numbers = tuple(parse_number(word, f"{where} is not a YOLO label") for word in words)
    if numbers[0] not in names:
        named = name_in_words(words[0])
        raise UserError(f"{where} names class {named}, which the model does not have.")
    return numbers
