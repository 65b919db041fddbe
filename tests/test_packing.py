"""Packing the files of a runtime's own: how their tensors differ is measured."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from parity.backends.pytorch.network import PytorchNetwork
from parity.backends.pytorch.packing import (
    COMPARED,
    input_of,
    measured_conventions,
    raw_differences,
)
from parity.backends.runtime_files import files_of, own_file, runtime_of
from parity.backends.runtimes.runtime import RUNTIMES, TensorInfo
from parity.detection.head import NetworkHead
from parity.errors import UserError
from parity.model_files.stored_metadata import metadata_of
from parity.tasks.task import TASKS

HEIGHT, WIDTH, CLASSES, ANCHORS = 32, 64, 3, 40


def network(task: str = "detect") -> PytorchNetwork:
    """Return what packing needs to know of a checkpoint."""
    names = dict(enumerate("abc"))
    return cast(
        PytorchNetwork,
        SimpleNamespace(task=TASKS[task], names=names, head=NetworkHead(task, False, None)),
    )


def truth_of(tensor: np.ndarray) -> np.ndarray:
    """Return a raw output that depends on all of an input, (1, 4 + classes, anchors)."""
    seed = int(1e6 * float(tensor.astype(np.float64).std()))
    random = np.random.default_rng(seed)
    boxes = random.uniform(0, 1, (1, 4, ANCHORS)) * np.array([WIDTH, HEIGHT] * 2)[None, :, None]
    return np.concatenate([boxes, random.uniform(0, 1, (1, CLASSES, ANCHORS)) ** 3], 1)


@dataclass(frozen=True)
class Deviating:
    """A session of a file that differs in some ways from Ultralytics' ONNX export."""

    names: tuple[str, ...]
    error: Callable[[np.ndarray], np.ndarray] = lambda output: output

    def run(self, tensor: np.ndarray) -> list[np.ndarray]:
        if "nhwc" in self.names:
            tensor = np.moveaxis(tensor, -1, 1)
        if "pixels" in self.names:
            tensor = tensor / 255
        assert tensor.shape == (1, 3, HEIGHT, WIDTH)
        output = truth_of(np.round(tensor, 4))
        if "fractions" in self.names:
            output[:, [0, 2]] /= WIDTH
            output[:, [1, 3]] /= HEIGHT
        if "logits" in self.names:
            scores = np.clip(output[:, 4:], 1e-9, 1 - 1e-9)
            output[:, 4:] = np.log(scores / (1 - scores))
        output = self.error(output)
        return [np.swapaxes(output, 1, 2) if "transposed" in self.names else output]


def measured(session: Deviating) -> set[str]:
    random = np.random.default_rng(0)
    tensors = [random.integers(0, 256, (1, 3, HEIGHT, WIDTH)) / 255 for _ in range(2)]
    truth = [(truth_of(np.round(tensor, 4))[0],) for tensor in tensors]
    shape = tuple(name for name in session.names if name == "nhwc")
    found = measured_conventions(session.run, tensors, truth, shape, network())
    return set(found.deviations)


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("nhwc",),
        ("pixels",),
        ("fractions",),
        ("transposed",),
        ("logits",),
        ("nhwc", "pixels", "fractions"),
        ("nhwc", "transposed", "fractions"),
    ],
    ids=lambda names: "+".join(names) or "none",
)
def test_deviations_are_found_by_running_the_file(names: tuple[str, ...]) -> None:
    assert measured(Deviating(names)) == set(names)


def test_an_output_that_no_reading_explains_is_read_as_usual() -> None:
    wrong_scale = Deviating(("nhwc",), error=lambda output: output[:, ::-1] * 3)
    assert measured(wrong_scale) == {"nhwc"}


def test_the_error_of_int8_hides_no_deviation() -> None:
    noise = np.random.default_rng(7).normal(0, 0.005, (1, 4 + CLASSES, ANCHORS))
    coarse = Deviating(("pixels", "fractions"), error=lambda output: output + noise)
    assert measured(coarse) == {"pixels", "fractions"}


def test_raw_outputs_are_compared_where_the_checkpoint_scores_highest() -> None:
    true = np.zeros((4 + CLASSES, COMPARED + 1), np.float32)
    true[4, :COMPARED] = 0.9
    mine = true.copy()
    mine[2, :COMPARED] += 0.5
    mine[0, COMPARED] += 99  # no other box scores less
    mine[1, 0] += 99
    mine[5, : COMPARED // 2 + 1] += 0.125
    assert raw_differences([mine], (true,), network()) == (0.5, 0.125)
    assert raw_differences([mine[:, :2]], (true,), network()) == (None, None)
    (probabilities,) = (np.array([0.25, 0.75], np.float32),)
    found = raw_differences([probabilities + 0.125], (probabilities,), network("classify"))
    assert found == (None, 0.125)


def session_of(*shape: int | str) -> Any:
    return SimpleNamespace(input=TensorInfo("x", shape, "float32"))


def test_the_shape_says_where_the_channels_are_and_the_configuration_what_is_open() -> None:
    path = Path("model.param")
    assert input_of(session_of(1, 3, 8, 16), (9, 9), path) == (1, (8, 16), ())
    assert input_of(session_of(4, 8, 16, 3), (9, 9), path) == (4, (8, 16), ("nhwc",))
    assert input_of(session_of("?", 3, "?", "?"), (8, 9), path) == (1, (8, 9), ())
    with pytest.raises(UserError, match=r"model.param takes \[1, 5, 8, 8\]; expected"):
        input_of(session_of(1, 5, 8, 8), (8, 8), path)
    with pytest.raises(UserError, match=r"expected sides of 1 to 8192 px"):
        input_of(session_of(1, 3, 60_000, 60_000), (8, 8), path)
    with pytest.raises(UserError, match=r"expected a batch of 1 to 1024 images"):
        input_of(session_of(10**6, 3, 8, 8), (8, 8), path)


def test_metadata_of_json_and_yaml_reads_like_that_of_onnx_files() -> None:
    stored = {"names": {"0": "a"}, "imgsz": [1, 2], "date": "now", "end2end": False}
    expected = {"names": "{0: 'a'}", "imgsz": "[1, 2]", "end2end": "False"}
    assert metadata_of(stored) == expected
    assert metadata_of(["no mapping"]) == {}


@pytest.mark.parametrize("name", [name for name, each in RUNTIMES.items() if each.suffix])
def test_a_folder_of_the_exporter_stands_for_the_file_in_it(tmp_path: Path, name: str) -> None:
    runtime = RUNTIMES[name]
    main = tmp_path / f"model{runtime.suffix}"
    expected = [main, *(main.with_suffix(each) for each in runtime.companions)]
    for path in (*expected, tmp_path / "metadata.yaml"):
        path.touch()
    assert runtime_of(main) == name
    assert own_file(tmp_path) == main
    assert files_of(tmp_path) == expected
    expected[-1].unlink()
    os.mkfifo(expected[-1])
    with pytest.raises(UserError, match="is not a file; it belongs to model"):
        files_of(main)
    if runtime.companions:
        expected[1].unlink()
        with pytest.raises(UserError, match="does not exist; it belongs to model"):
            files_of(main)


def test_a_folder_of_several_files_or_a_foreign_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="should hold one file that a runtime loads; it holds none"):
        own_file(tmp_path)
    for name in ("a.mnn", "b.tflite"):
        (tmp_path / name).touch()
    with pytest.raises(UserError, match=r"it holds a\.mnn and b\.tflite\."):
        own_file(tmp_path)
    with pytest.raises(UserError, match=r"x.pb is not a file of a runtime that is known here"):
        runtime_of("x.pb")
