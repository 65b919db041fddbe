"""Recognising which family of detectors a file that is given belongs to."""

from parity.backends.given_file import Given
from parity.backends.probing import outputs_for_a_photograph
from parity.errors import UserError
from parity.model_files.adapting import BOX_ROWS
from parity.model_files.completing import finished_by
from parity.model_files.families.family import FAMILIES, ULTRALYTICS, cell_count
from parity.model_files.families.rtdetr import HEAD, is_finished
from parity.model_files.output_layout import FINISHED_COLUMNS
from parity.sentences import listing


def recognised(given: Given, task: str, classes: int, size: tuple[int, int]) -> str:
    """Return the family of a file, of what it says, its shapes and its outputs for a photograph.

    Parameters
    ----------
    given : Given
        The file.
    task : str
        What it finds.
    classes : int
        How many it states; 0 if none.
    size : tuple of int
        Height and width of its input, px.

    Raises
    ------
    UserError
        If several families fit, or none.
    """
    graph = given.model.graph
    if is_finished(graph) or given.metadata.get("head") == HEAD:
        return "rtdetr"
    if task != "detect" or finished_by(given.model):
        return ULTRALYTICS
    usual = is_usual(given, classes, size)
    if usual and given.shapes[0][2] != FINISHED_COLUMNS:
        return ULTRALYTICS
    outputs = outputs_for_a_photograph(given, size)
    fitting = {
        name: kind
        for name, kind in FAMILIES.items()
        if outputs
        and kind.classes(given.shapes) in (None, classes or kind.classes(given.shapes))
        and kind.fits(outputs, size)
    }
    sure = [name for name, kind in fitting.items() if kind.is_sure(outputs, size)]
    if len(sure) == 1:
        return sure[0]
    if usual:
        return ULTRALYTICS
    if fitting:
        raise UserError(
            f"{given.path} returns {shapes_of(given)}, which several families do; say which it is "
            f"with family: {' or '.join(fitting)}."
        )
    known = listing([kind.models for kind in FAMILIES.values()])
    raise UserError(
        f"{given.path} returns {shapes_of(given)}, and no other files can be read than those of "
        f"{known}."
    )


def is_usual(given: Given, classes: int, size: tuple[int, int]) -> bool:
    """Return whether an output has the shape that Ultralytics' exports of so many classes have."""
    shape = given.shapes[0]
    if not classes or len(shape) != 3:
        return False
    finished = shape[2] == FINISHED_COLUMNS and shape[1] != cell_count(size)
    return finished or shape[1] == BOX_ROWS + classes


def check_family(given: Given, family: str, classes: int, size: tuple[int, int]) -> None:
    """Check that the outputs of a file are those of a family, for so many classes.

    Raises
    ------
    UserError
        If they are not.
    """
    kind = FAMILIES[family]
    if is_finished(given.model.graph):
        return
    if kind.classes(given.shapes) not in (None, classes):
        raise UserError(
            f"{given.path} returns {shapes_of(given)}, which is not what {kind.models} with "
            f"{classes} classes return."
        )
    outputs = outputs_for_a_photograph(given, size)
    if not outputs or not kind.fits(outputs, size):
        raise UserError(
            f"{given.path} has the shapes of {kind.models}, but the numbers that it returns for a "
            f"photograph are not theirs. Expected: {kind.sentence}"
        )


def shapes_of(given: Given) -> str:
    """Return the shapes of the outputs of a file, for sentences."""
    return ", ".join(str(shape) for shape in given.shapes)
