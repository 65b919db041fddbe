"""Names that a model calls several of its classes, so that they tell none."""

from collections.abc import Mapping

from parity.errors import UserError
from parity.foreign import name_in_words
from parity.sentences import listing


def shared_names(names: Mapping[int, str]) -> dict[str, list[int]]:
    """Return the names that several classes of a model have, with the ids of these classes."""
    ids: dict[str, list[int]] = {}
    for class_id, name in names.items():
        ids.setdefault(name, []).append(class_id)
    return {name: alike for name, alike in ids.items() if len(alike) > 1}


def check_tells_class(name: str, shared: Mapping[str, list[int]], where: str) -> None:
    """Check that a name is not one of several classes.

    Parameters
    ----------
    name : str
        What somebody calls a class.
    shared : mapping of str to list of int
        What :func:`shared_names` returned for the model.
    where : str
        Where the name stands, for the sentence.

    Raises
    ------
    UserError
        If several classes have it.
    """
    if name in shared:
        raise UserError(
            f"{where}: classes {listing([*map(str, shared[name])])} of the model are all called "
            f"{name_in_words(name)}, so the name does not tell which is meant; give class ids "
            "instead (class_id of boxes, YOLO's text files of labels)."
        )
