"""The classes that external boxes name: ids and labels, looked up in the names of a model."""

from collections import Counter
from dataclasses import replace

import numpy as np

from parity.class_names import check_tells_class, shared_names
from parity.data.image_names import ImageNames
from parity.deployment.class_ids import COCO91
from parity.errors import UserError
from parity.external.contradictions import two_meanings
from parity.external.entries import CATEGORY, NAME, Entry
from parity.external.file_format import Contents
from parity.external.observations import FIRST_UNKNOWN_CLASS
from parity.foreign import name_in_words

FIRST_OF_COCO = "person"
"""The first class of models that are trained on COCO."""


def with_class_ids(contents: Contents, names: dict[int, str], *, of_val: bool = False) -> Contents:
    """Return contents in which the category ids of COCO results are the class ids of a model.

    Ultralytics' ``val`` writes COCO's own ids, from 1 to 90 with gaps, for the classes of COCO and
    counts others from 1. People also write class ids into that format, so one of the ids must be
    too high for the model, or ``val`` have written them, and all must be such categories.
    """
    labels = {entry.label for own in contents.entries.values() for entry in own}
    given = {label for label in labels if isinstance(label, int)}
    of_coco = len(names) == len(COCO91) and names.get(0) == FIRST_OF_COCO
    counted = tuple(class_id + 1 for class_id in sorted(names))
    categories = COCO91 if of_coco and not (of_val and given - {*COCO91}) else counted
    numbers: dict[int | str, int] = dict(zip(categories, sorted(names), strict=True))
    too_high = max(given, default=0) not in names
    if not (contents.category_ids and (too_high or of_val) and given <= numbers.keys()):
        return contents
    entries = {
        name: [replace(e, label=numbers.get(e.label, e.label)) for e in own]
        for name, own in contents.entries.items()
    }
    last = categories[-1]
    note = f"Category ids are read as those of COCO results, 1 to {last}, not as class ids."
    return replace(contents, entries=entries, notes=(*contents.notes, note))


def check_named_classes(entries: dict[str, list[Entry]], names: dict[int, str]) -> list[str]:
    """Check that all fields that name the class of an entry name the one that counts.

    A label that the model does not have contradicts no id: it may be the class in another language.

    Parameters
    ----------
    entries : dict of str to list of Entry
        By image.
    names : dict of int to str
        The model's class names.

    Returns
    -------
    list of str
        A note, if such labels stand beside ids.

    Raises
    ------
    UserError
        If two fields of an entry name different classes.
    """
    known, images = ids_by_name(names), ImageNames(entries)
    of_coco = dict(zip(COCO91, sorted(names), strict=False))
    beside: Counter[str] = Counter()
    for image, own in entries.items():
        for entry in (entry for entry in own if len(entry.classes) > 1):
            (first, written), *others = entry.classes.items()
            mine = _meaning(entry.label, names, known)
            for key, label in others:
                its = _meaning(label, names, known)
                as_category = (of_coco.get(its), its - 1) if isinstance(its, int) else ()
                if _is_alike(its, mine, names) or (key == CATEGORY and mine in as_category):
                    continue
                if key == NAME and image in images.candidates(label):
                    continue
                if isinstance(its, int) or (isinstance(written, str) and key != NAME):
                    raise _other_class(entry.where, (first, written), (key, label))
                beside[str(label)] += 1
    if not beside:
        return []
    example = f"that the model does not have, such as {name_in_words(min(beside))},"
    if beside.total() == 1:
        return [f"1 label {example} stands beside a class id, which counts."]
    return [f"{beside.total()} labels {example} stand beside class ids, which count."]


def note_other_names(listed: dict[int, str], names: dict[int, str]) -> list[str]:
    """Return a note if the class names that a source lists are not those that count."""
    known = ids_by_name(names)
    other = next(
        (i for i, name in listed.items() if not _is_alike(find_class(name, known), i, names)), None
    )
    if other is None:
        return []
    theirs, ours = name_in_words(listed[other]), name_in_words(names.get(other, "no class"))
    said = f"{other} is {theirs} there, and {ours} here, which counts"
    return [f"The file lists other class names: {said}."]


def _meaning(label: int | str, names: dict[int, str], known: dict[str, int]) -> int | str:
    """Return the class id that a label means, or the label, plainly spelled, if it means none."""
    if isinstance(label, int):
        return _class_id(label, names, known)
    found = find_class(label, known)
    return in_plain_spelling(label) if found is None else found


def _is_alike(one: int | str | None, other: int | str, names: dict[int, str]) -> bool:
    """Return whether two meanings are the same, or classes of one name."""
    both = [names.get(each) if isinstance(each, int) else None for each in (one, other)]
    return one == other or (both[0] is not None and both[0] == both[1])


def _other_class(where: str, one: tuple[str, int | str], other: tuple[str, int | str]) -> UserError:
    hint = ", or set names to the deployment's own list of classes"
    mixed = type(one[1]) is not type(other[1])
    said = [(key, name_in_words(str(label))) for key, label in (one, other)]
    return two_meanings(where, said[0], said[1], hint if mixed else "")


def number_classes(
    entries: dict[str, list[Entry]], names: dict[int, str]
) -> tuple[dict[str, np.ndarray], dict[int, str]]:
    """Return the class ids of boxes, looking labels up in the model's names.

    Parameters
    ----------
    entries : dict of str to list of Entry
        By image.
    names : dict of int to str
        The model's class names.

    Returns
    -------
    class_ids : dict of str to (N,) int64
        By image.
    labels : dict of int to str
        The labels that the model does not know, by the id that each got.

    Raises
    ------
    UserError
        If several classes of the model have the name that a label gives.
    """
    known, shared = ids_by_name(names), shared_names(names)
    unknown: dict[str, int] = {}

    def number(entry: Entry) -> int:
        label = entry.label
        if isinstance(label, int):
            return _class_id(label, names, known)
        check_tells_class(label, shared, entry.where)
        found = find_class(label, known)
        if found is not None:
            return found
        return unknown.setdefault(label, FIRST_UNKNOWN_CLASS + len(unknown))

    class_ids = {
        image: np.array([number(entry) for entry in own], np.int64)
        for image, own in entries.items()
    }
    return class_ids, {class_id: label for label, class_id in unknown.items()}


def _class_id(label: int, names: dict[int, str], known: dict[str, int]) -> int:
    """Return a class id; one that the model does not have may be the name of a class."""
    return label if label in names else known.get(str(label), label)


def ids_by_name(names: dict[int, str]) -> dict[str, int]:
    """Return class ids by name and, where no other name is that, by the name in plain spelling."""
    exact = {name: class_id for class_id, name in names.items()}
    return {in_plain_spelling(name): class_id for name, class_id in exact.items()} | exact


def find_class(name: str, known: dict[str, int]) -> int | None:
    """Return the id of a name, whose spelling counts only where it must; None if not known."""
    return known.get(name, known.get(in_plain_spelling(name)))


def in_plain_spelling(name: str) -> str:
    """Return a name in lower case, with blanks for the hyphens that text files need in its place.

    DOTA's format separates words by blanks, so Ultralytics writes ``dining-table``.
    """
    return name.lower().replace("-", " ").replace("_", " ")


def note_foreign_ids(class_ids: dict[str, np.ndarray], known: set[int]) -> tuple[str, ...]:
    """Return a note on boxes whose class id is none that has a name."""
    found = Counter(int(i) for own in class_ids.values() for i in own if int(i) not in known)
    if not found:
        return ()
    many = f"{found.total()} boxes have class ids" if found.total() > 1 else "1 box has a class id"
    return (f"{many} that the model does not have, such as {min(found)}.",)
