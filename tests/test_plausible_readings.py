"""Reading a file that nothing can be compared with, by what it returns for a photograph."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from parity.backends.given_export import take_reference
from parity.backends.recognition import task_of_graph
from parity.errors import UserError
from parity.model_files.adapting import ADAPTED
from parity.model_files.built_in import built_in_preprocessing
from parity.model_files.cells import cell_centres, grid
from tests.family_files import CELLS, SIDE, write_network

CLASSES = 3
NAMES = ("cat", "dog", "cow")
RANDOM = np.random.default_rng(2)
PLACES = cell_centres((SIDE, SIDE))
STRIDE_OF = grid((SIDE, SIDE))[1]
OFFSETS = RANDOM.uniform(-3, 3, (2, CELLS))
BOXES = np.concatenate([PLACES + OFFSETS, RANDOM.uniform(20, 40, (2, CELLS))])
SCORES = RANDOM.uniform(0, 1, (CLASSES, CELLS))
CORNERS = np.concatenate([BOXES[:2] - BOXES[2:] / 2, BOXES[:2] + BOXES[2:] / 2])
LOGITS = RANDOM.normal(-5, 2, (CLASSES, CELLS))
LEFT_TOP, RIGHT_BOTTOM = BOXES[2:] / 2 - OFFSETS, BOXES[2:] / 2 + OFFSETS
BEST = np.stack([SCORES.max(0), SCORES.argmax(0)])


def raw(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes, scores])[None].astype(np.float32)


DISTANCES = np.concatenate([LEFT_TOP, RIGHT_BOTTOM])
MAPS = {
    f"map{side}": raw(DISTANCES / STRIDE_OF, LOGITS)[..., first : first + side**2].reshape(
        1, -1, side, side
    )
    for side, first in ((8, 0), (4, 64), (2, 80))
}
LAST = {name: array.transpose(0, 2, 3, 1) for name, array in MAPS.items()}


def turned(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    return raw(boxes, scores).transpose(0, 2, 1)


def taken(path: Path, outputs: dict[str, np.ndarray], names: tuple[str, ...] = NAMES) -> str:
    """Return in what a file deviates that is taken as the reference."""
    write_network(path / "given.onnx", outputs)
    options = {"imgsz": [SIDE, SIDE], "metadata": {"names": names}, "family": None}
    take_reference(path / "given.onnx", path / "own.onnx", options)
    metadata = {e.key: e.value for e in onnx.load(path / "own.onnx").metadata_props}
    return metadata.get(ADAPTED, "")


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ({"output0": raw(BOXES, SCORES)}, ""),
        ({"output0": turned(BOXES, SCORES)}, "transposed"),
        ({"output0": raw(BOXES, LOGITS)}, "logits"),
        ({"output0": turned(BOXES, LOGITS)}, "transposed logits"),
        ({"output0": raw(BOXES / SIDE, SCORES)}, "fractions"),
        ({"output0": raw(BOXES / STRIDE_OF, SCORES)}, "cells"),
        ({"output0": raw(BOXES[[1, 0, 3, 2]], SCORES)}, "y_first"),
        ({"output0": raw(CORNERS[[1, 0, 3, 2]] / SIDE, SCORES)}, "y_first fractions edges"),
        ({"output0": raw(DISTANCES, SCORES)}, "distances"),
        ({"output0": raw(DISTANCES / STRIDE_OF, SCORES)}, "cells distances"),
        ({"output0": raw(BOXES, SCORES)[..., ::-1].copy()}, ""),
        ({"output0": raw(BOXES, 100 * SCORES**9)}, "percent"),
        ({"output0": raw(BOXES, SCORES)[..., None]}, "nested"),
        ({"output0": raw(BOXES, SCORES).astype(np.float64)}, "wide"),
        (MAPS, "maps logits cells distances"),
        (LAST, "maps logits cells distances"),
        ({"output0": raw(CORNERS, SCORES)}, "edges"),
        ({"output0": raw(CORNERS / SIDE, SCORES)}, "fractions edges"),
        ({"output0": raw(BOXES, SCORES)[0]}, "squeezed"),
        ({"maps": np.zeros((1, 9, 8, 8), np.float32), "out": raw(BOXES, SCORES)}, "reordered"),
        ({"a": raw(SCORES, SCORES)[:, :3], "b": turned(BOXES, SCORES)[..., :4]}, "apart"),
        ({"output0": turned(CORNERS, BEST)}, "corners"),
        ({"output0": turned(BOXES, BEST)}, "centres"),
    ],
)
def test_a_reference_is_read_as_its_numbers_say(
    outputs: dict[str, np.ndarray], said: str, tmp_path: Path
) -> None:
    assert taken(tmp_path, outputs) == said


@pytest.mark.parametrize(
    ("output", "names", "said"),
    [
        (raw(30 * BOXES, SCORES), NAMES, "boxes that lie nowhere near the cells of its grid"),
        (raw(BOXES, 100 * SCORES), NAMES, "say so under reference.metadata.task"),
        (raw(BOXES, np.nan * SCORES), NAMES, "that are not finite"),
        (turned(CORNERS, BEST), (), "name them under reference.metadata.names"),
        (turned(BOXES, np.concatenate([SCORES[:1] * 0 + 1, SCORES])), (), "family: ultralytics or"),
    ],
)
def test_what_a_reference_does_not_tell_is_asked_for(
    output: np.ndarray, names: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as caught:
        taken(tmp_path, {"output0": output}, names)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("operators", "shapes", "task"),
    [
        (["Cos", "Sin", "Concat"], [[1, 8, 84]], "obb"),
        (["Sigmoid", "Concat"], [[1, 8, 84]], "detect"),
        (["Sin", "Concat"], [[1, 8, 84]], "detect"),
        (["Softmax"], [[1, 8]], "classify"),
        (["Softmax", "Concat"], [[1, 8]], "detect"),
        (["Concat"], [[1, 39, 84], [1, 32, 16, 16]], "segment"),
    ],
)
def test_the_task_of_a_file_that_states_none(
    operators: list[str], shapes: list[list[int]], task: str
) -> None:
    nodes = [
        helper.make_node(operator, [f"n{i}"], [f"n{i + 1}"]) for i, operator in enumerate(operators)
    ]
    names = [f"n{len(nodes)}", "prototypes"]
    outputs = [
        helper.make_tensor_value_info(name, 1, shape)
        for name, shape in zip(names, shapes, strict=False)
    ]
    assert task_of_graph(helper.make_graph(nodes, "g", [], outputs)) == task


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ([("Div", 255.0)], ("pixels",)),
        ([("Cast", None), ("Mul", 1 / 255)], ("pixels",)),
        ([("Sub", [[[123.7]], [[116.3]], [[103.5]]]), ("Div", 58.0)], ("pixels",)),
        ([("Sub", 0.5), ("Div", 0.25)], ()),
        ([("Gather", [2, 1, 0])], ("bgr",)),
        ([("Gather", [2, 1, 0]), ("Div", 255.0)], ("bgr", "pixels")),
        ([("Relu", None), ("Div", 255.0)], ()),
    ],
)
def test_preprocessing_is_found_in_the_first_nodes(
    steps: list[tuple[str, object]], found: tuple[str, ...]
) -> None:
    nodes, stored, name = [], [], "images"
    for i, (operator, number) in enumerate(steps):
        inputs = [name]
        if number is not None:
            kind = np.int64 if operator == "Gather" else np.float32
            stored.append(numpy_helper.from_array(np.array(number, kind), f"k{i}"))
            inputs.append(f"k{i}")
        options = {"Gather": {"axis": 1}, "Cast": {"to": 1}}.get(operator, {})
        name = f"n{i}"
        nodes.append(helper.make_node(operator, inputs, [name], **options))
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "g", [value("images", 1, [1, 3, 8, 8])], [value(name, 1, None)], stored
    )
    assert built_in_preprocessing(helper.make_model(graph)) == found
