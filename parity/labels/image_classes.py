"""Labels of whole images: a folder for each class, or a COCO file whose annotations name one."""

from dataclasses import replace
from pathlib import Path

from parity.class_names import check_tells_class, shared_names
from parity.data.image_names import Given, ImageNames
from parity.data.suffixes import SUFFIXES
from parity.errors import UserError
from parity.folders import files_below
from parity.foreign import name_in_words
from parity.labels.coco_document import CocoAnnotation
from parity.labels.coco_file import read_coco
from parity.labels.label_reader import Names, Shapes
from parity.labels.truth import LabelledObject, Labels, Truth


def whole_image(
    annotation: CocoAnnotation | None,  # noqa: ARG001
    shape: tuple[int, int],
    where: str,  # noqa: ARG001
) -> LabelledObject:
    """Return an image as one object, whose box is the image."""
    height, width = shape
    return LabelledObject((0.0, 0.0, width, height), height * width)


def read_class_folders(folder: Path, shapes: Shapes, names: Names) -> Labels:
    """Read the classes of images from the folders that they lie in, ``dog/1.jpg``.

    Raises
    ------
    UserError
        If no folder is named after a class of the model, or an image lies in two.
    """
    class_of = {name: class_id for class_id, name in names.items()}
    folders = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if not set(folders) & set(class_of):
        raise UserError(
            f"labels: {folder} has no folder that is named after a class of the model, such as "
            f"{name_in_words(next(iter(names.values()), ''))}; classification needs a folder of "
            "images for each class, or a COCO JSON."
        )
    shared = shared_names(names)
    for name in folders:
        check_tells_class(name, shared, f"labels: {folder / name}")
    places: dict[Given, str] = {
        path.relative_to(folder).as_posix(): f"labels: {path}"
        for path in files_below(folder)
        if path.parent != folder and path.suffix.lower() in SUFFIXES and path.is_file()
    }
    named = {name: given for given, name in ImageNames(shapes).resolve_once(places).items()}
    folder_of = {name: str(given).split("/")[0] for name, given in named.items()}
    images = {
        name: Truth.of([replace(whole_image(None, shape, ""), class_id=class_of[own])])
        for name, shape in shapes.items()
        if (own := folder_of.get(name)) in class_of
    }
    foreign = sorted({own for own in folder_of.values() if own not in class_of})
    notes = {
        "Images that are in no folder of a class and are left out": len(shapes) - len(folder_of),
        "Images left out, since the model does not have their classes "
        f"({', '.join(map(name_in_words, foreign))})": len(folder_of) - len(images),
    }
    return Labels(images, [f"{note}: {count}." for note, count in notes.items() if count])


def read_coco_classes(path: Path, shapes: Shapes, names: Names) -> Labels:
    """Read the classes of images from the annotations of a COCO JSON file.

    Raises
    ------
    UserError
        If it cannot be read, or an image has two classes.
    """
    labels = read_coco(path, shapes, names, from_coco=whole_image)
    images = {}
    for name, truth in labels.images.items():
        classes = sorted({*truth.class_ids.tolist()})
        if len(classes) > 1:
            two = " and ".join(name_in_words(names[c]) for c in classes[:2])
            raise UserError(
                f"labels: {path} gives {name_in_words(name)} the classes {two}; classification "
                "needs one class for each image."
            )
        if classes:
            image = whole_image(None, shapes[name], "")
            images[name] = Truth.of([replace(image, class_id=classes[0])])
    unlabelled = len(labels.images) - len(images)
    notes = [f"Images without a class, which are left out: {unlabelled}."] if unlabelled else []
    return Labels(images, [*labels.notes, *notes])
