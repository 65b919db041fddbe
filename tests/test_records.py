"""Documents: what is written is read again, and anything else is a sentence that names the file."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pytest

from parity.errors import UserError
from parity.records import load, save


@dataclass(frozen=True)
class Part:
    name: str
    sides_px: tuple[float, float] | None = None


@dataclass(frozen=True)
class Whole:
    SCHEMA: ClassVar[str] = "whole/1"

    kind: Literal["a", "b"]
    parts: list[Part]
    by_class: dict[int, str]
    score: float | None = None


WHOLE = Whole("a", [Part("x", (1.5, 2.0)), Part("y")], {3: "cat"}, 0.25)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    save(tmp_path / "w.json", WHOLE)
    assert load(tmp_path / "w.json", Whole) == WHOLE
    assert json.loads((tmp_path / "w.json").read_text())["schema"] == "yolo-parity/whole/1"


def test_numbers_of_arrays_are_numbers(tmp_path: Path) -> None:
    save(tmp_path / "w.json", Whole("b", [], {}, np.float64(0.1)))
    assert load(tmp_path / "w.json", Whole).score == 0.1


@pytest.mark.parametrize(
    ("content", "said", "reason"),
    [
        ({"parts": [], "by_class": {}}, "kind", "a field is missing"),
        ({"kind": "c", "parts": [], "by_class": {}}, "kind", "a value that is not allowed"),
        ({"kind": "a", "parts": [{"name": 1}], "by_class": {}}, "parts[0].name", "another type"),
        ({"kind": "a", "parts": [], "by_class": {"x": "cat"}}, "by_class", "a key of another type"),
        ({"kind": "a", "parts": [], "by_class": {}, "score": "1"}, "score", "text for a number"),
    ],
)
def test_anything_else_is_a_sentence(tmp_path: Path, content: dict, said: str, reason: str) -> None:
    path = tmp_path / "w.json"
    path.write_text(json.dumps({"schema": "yolo-parity/whole/1", **content}))
    with pytest.raises(UserError) as error:
        load(path, Whole)
    assert str(path) in str(error.value), reason
    assert said in str(error.value), reason
