"""Looking classes up by name, where a model may call several of them alike."""

from collections.abc import Mapping

from parity.errors import UserError
from parity.foreign import name_in_words
from parity.sentences import listing


def check_tells_class(name: str, names: Mapping[int, str], where: str) -> None:
    """Check that a model has at most one class of a name.

    Parameters
    ----------
    name : str
        What somebody calls a class.
    names : mapping of int to str
        The model's class names.
    where : str
        Where the name stands, for the sentence.

    Raises
    ------
    UserError
        If several classes have it.
    """
    alike = [str(class_id) for class_id, own in names.items() if own == name]
    if len(alike) > 1:
        raise UserError(
            f"{where}: classes {listing(alike)} of the model are all called {name_in_words(name)}, "
            "so the name does not tell which is meant; give class ids instead (class_id of boxes, "
            "YOLO's text files of labels)."
        )
