"""Tasks: what differs between them is one entry of a registry."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parity.backends.onnx_metadata import read_facts
from parity.backends.runtimes.runtime import TensorInfo
from parity.detection.decoding import EMPTY, Candidates
from parity.errors import UserError
from parity.tasks.task import TASKS, Outputs, supported_models


class Loaded:
    """What a runtime has loaded: a model of some task with two classes."""

    input = TensorInfo("images", (1, 3, 64, 64), "float32")
    executed_by = package = ""

    def __init__(self, task: str, rows: int) -> None:
        self.metadata = {
            "imgsz": "[64, 64]", "names": "{0: 'a', 1: 'b'}", "stride": "32", "task": task
        }  # fmt: skip
        self.outputs = (TensorInfo("output0", (1, rows, 84), "float32"),)

    def run(self, tensor: np.ndarray) -> list[np.ndarray]:
        return [tensor]


def find_nothing(outputs: Outputs, floor: float, classes: int) -> Candidates:  # noqa: ARG001
    return EMPTY


def test_a_task_that_is_not_registered_is_refused() -> None:
    known = "classification models, .* and segmentation models work"
    with pytest.raises(UserError, match=f"for the task 'depth'; only {known}"):
        read_facts(Loaded("depth", 57), Path("a.onnx"))


def test_a_new_task_is_used_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = replace(
        TASKS["detect"],
        models="blind models",
        rows=lambda classes, *_: classes,
        expected="{classes} classes",
        decode=find_nothing,
    )
    monkeypatch.setattr(TASKS, "_entries", {"nothing": nothing, **TASKS})
    assert supported_models().startswith("blind models, ")
    assert read_facts(Loaded("nothing", 2), "a.onnx").task.decode is find_nothing
    with pytest.raises(UserError, match=r"returns \[1, 6, 84\]; expected \[batch, 2 classes"):
        read_facts(Loaded("nothing", 6), "a.onnx")
