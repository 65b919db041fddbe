"""Recognising which family of detectors a file that is given belongs to."""

from collections.abc import Sequence
from dataclasses import replace

import onnx

from parity.backends.given_file import Given
from parity.backends.probing import outputs_for_a_photograph
from parity.errors import UserError
from parity.model_files.adapting import BOX_ROWS, INTEGERS, shape_of
from parity.model_files.built_in import built_in_preprocessing
from parity.model_files.cells import cell_count
from parity.model_files.completing import finished_by
from parity.model_files.families.family import FAMILIES, ULTRALYTICS
from parity.model_files.families.rtdetr import HEAD, has_authors_end
from parity.model_files.output_layout import FINISHED_COLUMNS
from parity.sentences import listing

ANGLE = 1
"""Numbers that an oriented box has more than another."""
MASKS = 32
"""Coefficients of masks of every segmentation model that Ultralytics describes."""


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
    if has_authors_end(graph) or given.metadata.get("head") == HEAD:
        return "rtdetr"
    if task != "detect" or finished_by(given.model):
        return ULTRALYTICS
    usual = is_usual(given, classes) or is_finished(given, size)
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
    if len(fitting) == 1:
        return next(iter(fitting))
    if fitting:
        raise UserError(
            f"{given.path} returns {shapes_of(given)}, which several families do; say which it is "
            f"with family: {' or '.join(fitting)}."
        )
    known = listing([kind.models for kind in FAMILIES.values()])
    maps = [shape for shape in given.shapes if len(shape) > 3]
    if len(maps) == len(given.shapes):
        raise UserError(
            f"{given.path} returns {shapes_of(given)}: feature maps, without the decoding at the "
            "end of the network. They can be read where height and width of the input are fixed, "
            "the head is that of YOLOv8 or later, and the classes are named under "
            "reference.metadata.names; else export the file with the decoding."
        )
    raise UserError(
        f"{given.path} returns {shapes_of(given)}, and no other files can be read than those of "
        f"{known}; if it is no detection model, say so under reference.metadata.task."
    )


def is_usual(given: Given, classes: int) -> bool:
    """Return whether an output has the shape that Ultralytics' exports of so many classes have."""
    shape = given.shapes[0]
    return bool(classes) and len(shape) == 3 and shape[1] == BOX_ROWS + classes


def is_finished(given: Given, size: tuple[int, int]) -> bool:
    """Return whether an output has the shape of boxes that need no NMS."""
    shape = given.shapes[0]
    few = len(shape) == 3 and (not isinstance(shape[1], int) or shape[1] < cell_count(size))
    return few and shape[2] == FINISHED_COLUMNS


def is_surely_finished(given: Given, size: tuple[int, int]) -> bool:
    """Return whether an output has that shape, and so few boxes that they are no anchors."""
    return is_finished(given, size) and isinstance(given.shapes[0][1], int)


def task_of_graph(graph: onnx.GraphProto) -> str:
    """Return the task of a file that states none, of the shapes of its outputs and its operators.

    Only corners of oriented boxes need a sine and a cosine, and only classification returns what a
    softmax makes of all classes.
    """
    axes = [len(shape_of(output)) for output in graph.output]
    if axes == [3, 4]:
        return "segment"
    operators = {node.op_type for node in graph.node}
    last = [node.op_type for node in graph.node if graph.output[0].name in node.output]
    if axes == [2] and last == ["Softmax"]:
        return "classify"
    return "obb" if axes == [3] and {"Sin", "Cos"} <= operators else "detect"


def classes_of(shapes: Sequence[Sequence[int | str]], task: str, family: str) -> int | None:
    """Return the number of classes of a file that names none; None if its outputs do not tell."""
    if task == "detect":
        return FAMILIES[family].classes(shapes)
    others = {"classify": 0, "segment": BOX_ROWS + MASKS, "obb": BOX_ROWS + ANGLE}.get(task)
    rows = shapes[0][1]
    return rows - others if others is not None and isinstance(rows, int) else None


def with_built_in_preprocessing(given: Given) -> Given:
    """Return a file that deviates in what its first nodes do, too."""
    built_in = built_in_preprocessing(given.model)
    if set(given.deviations) & set(INTEGERS):
        built_in = tuple(name for name in built_in if name != "pixels")
    return replace(given, deviations=(*built_in, *given.deviations))


def check_family(given: Given, family: str, classes: int, size: tuple[int, int]) -> None:
    """Check that the outputs of a file are those of a family, for so many classes.

    Raises
    ------
    UserError
        If they are not.
    """
    kind = FAMILIES[family]
    if has_authors_end(given.model.graph):
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


def check_no_other_family(given: Given, classes: int, size: tuple[int, int]) -> None:
    """Check that a file that is compared with a checkpoint of YOLOv8 or later is of no other.

    Raises
    ------
    UserError
        If its outputs are those of another family.
    """
    outputs = outputs_for_a_photograph(given, size)
    for name, kind in FAMILIES.items():
        stated = name != ULTRALYTICS and kind.classes(given.shapes) == classes
        if stated and outputs and kind.fits(outputs, size):
            raise UserError(
                f"{given.path} returns {shapes_of(given)}, as {kind.models} do, and the weights "
                "are those of YOLOv8 or later. Give the file that was exported from them, or "
                "compare this one with another of its kind (reference: {onnx: …})."
            )


def shapes_of(given: Given) -> str:
    """Return the shapes of the outputs of a file, for sentences."""
    return ", ".join(str(shape) for shape in given.shapes)
