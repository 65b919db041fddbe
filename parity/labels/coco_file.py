"""A COCO JSON file; its images are found by path or file name, its classes by name."""

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import replace
from pathlib import Path

from parity.class_names import check_tells_class, shared_names
from parity.data.image_names import Given, ImageNames
from parity.detection.boxes import LARGEST_FRACTION
from parity.errors import UserError
from parity.foreign import name_in_words, shorten
from parity.labels.coco_document import (
    CocoAnnotation,
    load_coco,
    names_by_id,
)
from parity.labels.label_format import FromCoco
from parity.labels.label_reader import Names, Shapes
from parity.labels.truth import LabelledObject, Labels, Truth


def read_coco(path: Path, shapes: Shapes, names: Names, *, from_coco: FromCoco) -> Labels:
    """Read a COCO JSON file.

    Raises
    ------
    UserError
        If it is no such file, the model has none of its classes, or something in it cannot be.
    """
    coco = load_coco(path)
    where = f"labels: {path}"
    images = names_by_id(((each.id, each.file_name) for each in coco.images), f"{where}: images")
    categories = names_by_id(
        ((each.id, each.name) for each in coco.categories), f"{where}: categories"
    )
    class_of = {name: class_id for class_id, name in names.items()}
    known = {key: class_of[name] for key, name in categories.items() if name in class_of}
    if not known:
        raise UserError(f"labels: the model has none of the categories of {path}.")
    check_listed_once(images, where)
    places: dict[Given, str] = dict.fromkeys(images.values(), where)
    found = ImageNames(shapes).resolve_once(places)
    kept: dict[str, list[tuple[CocoAnnotation, str]]] = {name: [] for name in found.values()}
    foreign: Counter[str] = Counter()
    shared = shared_names(names)
    for number, each in enumerate(coco.annotations):
        place = f"{where}: annotations[{number}]"
        check_is_listed("image", each.image_id, images, place)
        check_is_listed("category", each.category_id, categories, place)
        name = found.get(images[each.image_id])
        if name is not None and each.category_id in known:
            check_tells_class(categories[each.category_id], shared, place)
            kept[name].append((each, place))
        elif name is not None:
            foreign[categories[each.category_id]] += 1
    boxes = [each.bbox for own in kept.values() for each, _ in own if each.bbox is not None]
    if boxes and max(abs(number) for box in boxes for number in box) <= LARGEST_FRACTION:
        raise UserError(f"labels: {path} gives boxes as fractions of the image; COCO's are in px.")
    notes = {
        "Images that are not in the labels and are left out": len(shapes) - len(kept),
        "Objects left out, since the model does not have their classes "
        f"({', '.join(map(name_in_words, sorted(foreign)))})": foreign.total(),
    }

    def labelled(each: CocoAnnotation, shape: tuple[int, int], place: str) -> LabelledObject:
        own = from_coco(each, shape, place)
        return replace(own, class_id=known[each.category_id], crowd=bool(each.iscrowd))

    truths = {
        name: Truth.of([labelled(each, shape, place) for each, place in kept[name]])
        for name, shape in shapes.items()
        if name in kept
    }
    return Labels(truths, [f"{note}: {count}." for note, count in notes.items() if count])


def check_listed_once(images: Mapping[int | str, str], where: str) -> None:
    """Check that no image has two ids; its objects would count as often as they stand there."""
    ids: dict[str, int | str] = {}
    for key, name in images.items():
        if (other := ids.setdefault(name, key)) != key:
            raise UserError(
                f"{where}: {name_in_words(name)} is listed twice, with the ids {shorten(other)} "
                f"and {shorten(key)}."
            )


def check_is_listed(what: str, key: int | str, listed: Container[int | str], where: str) -> None:
    """Check that a file lists the image, or the category, that an annotation names."""
    if key not in listed:
        raise UserError(f"{where} names the {what} {shorten(key)}, which is not listed.")
