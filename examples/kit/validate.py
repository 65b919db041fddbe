"""Say what is wrong with the folder that a runner returned, before anything is compared.

    python validate.py images/ out/ --classes 80

It needs Python alone. It prints a sentence for each mistake and returns 1 if there is one.
"""

import argparse
import json
import math
import sys
from pathlib import Path

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp"}
NUMBERS = 6
BOX = 4
FLOAT32 = 4
MOST = 20
"""Sentences that are printed at most."""


def mistakes(images, out, classes):
    """Yield a sentence for each mistake in a returned folder."""
    if not images.is_dir():
        yield f"{images} is no folder"
        return
    names = {path.name for path in images.iterdir() if path.suffix.lower() in SUFFIXES}
    if not names:
        yield f"{images} holds no image"
        return
    path = out / "boxes.json"
    try:
        boxes = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        yield f"{path} does not exist"
        return
    except OSError as error:
        yield f"{path} cannot be read ({error.strerror})"
        return
    except (ValueError, RecursionError) as error:
        yield f"{path} is not JSON ({error}); the runner may have ended before its last image"
        return
    if not isinstance(boxes, dict):
        yield f"{path} should be an object with a list of boxes for each image"
        return
    for name in sorted(names - set(boxes)):
        yield f"{name}: no list; an image without boxes has []"
    for name in sorted(set(boxes) - names):
        yield f"{name}: there is no such image"
    for name in sorted(names & set(boxes)):
        yield from mistakes_of_image(name, boxes[name], classes)
    if not any(boxes.values()):
        yield "no image has a box: is the threshold too high, or the preprocessing wrong?"
    yield from mistakes_of_raw(out / "raw", names, classes)


def mistakes_of_image(name, rows, classes):
    """Yield a sentence for each mistake in the boxes of an image."""
    if not isinstance(rows, list):
        yield f"{name}: should be a list of boxes"
        return
    for number, row in enumerate(rows, 1):
        where = f"{name}, box {number}"
        if not isinstance(row, list) or len(row) != NUMBERS or not all(map(is_finite, row)):
            yield f"{where}: should be six finite numbers: x1, y1, x2, y2, score, class"
            continue
        x1, y1, x2, y2, score, label = row
        if x2 < x1 or y2 < y1:
            yield f"{where}: x2, y2 lie before x1, y1; corners are expected, not centre and size"
        if x1 < 0 or y1 < 0:
            yield f"{where}: lies outside the image"
        if not 0 <= score <= 1:
            yield f"{where}: the score is {score}; expected 0 to 1"
        if label != int(label) or not 0 <= label < classes:
            yield f"{where}: the class is {label}; expected a whole number below {classes}"
    sizes = [side for row in rows if is_row(row) for side in row[:4]]
    if sizes and max(sizes) <= 1:
        yield f"{name}: coordinates are fractions; expected px of the image"


def mistakes_of_raw(folder, names, classes):
    """Yield a sentence for each mistake in the raw outputs, if there are any."""
    if not folder.is_dir():
        return
    sizes = {path.stem: path.stat().st_size for path in folder.glob("*.bin")}
    stems = {Path(name).stem for name in names}
    for stem in sorted(set(sizes) - stems):
        yield f"{folder / stem}.bin: there is no such image"
    if len(set(sizes.values())) > 1:
        yield f"{folder}: the files have different sizes; each should hold one output of one shape"
    if len(stems) < len(names):
        yield f"{folder}: images whose names differ in the suffix alone share a file; rename them"
    if any(size == 0 or size % FLOAT32 for size in sizes.values()):
        yield f"{folder}: the files should hold float32 numbers"
    elif any(size % (FLOAT32 * (BOX + classes)) for size in sizes.values()):
        yield f"{folder}: the files should hold 4 + {classes} numbers for each anchor"


def is_row(row):
    """Return whether something is a box with numbers."""
    return isinstance(row, list) and len(row) == NUMBERS and all(map(is_finite, row))


def is_finite(value):
    """Return whether something is a finite number."""
    try:
        return not isinstance(value, bool) and math.isfinite(value)
    except (TypeError, OverflowError):
        return False


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("images", type=Path)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--classes", type=int, required=True)
    given = arguments.parse_args()
    found = list(mistakes(given.images, given.out, given.classes))
    for sentence in found[:MOST]:
        print(sentence)
    if len(found) > MOST:
        print(f"and {len(found) - MOST} more")
    sys.exit(1 if found else 0)
