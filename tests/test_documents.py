"""Documents: what is written is read again, and anything else is a sentence that names the file."""

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pytest

from parity.documents import from_plain, load, save, save_if_changed, to_plain
from parity.errors import UserError


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


@dataclass(frozen=True)
class Grid:
    SCHEMA: ClassVar[str] = "grid/1"

    counts: np.ndarray


WHOLE = Whole("a", [Part("x", (1.5, 2.0)), Part("y")], {3: "cat"}, 0.25)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    save(tmp_path / "w.json", WHOLE)
    assert load(tmp_path / "w.json", Whole) == WHOLE
    assert json.loads((tmp_path / "w.json").read_text())["schema"] == "yolo-parity/whole/1"


def test_a_pipe_in_the_place_of_a_document_is_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "w.json")
    save_if_changed(tmp_path / "w.json", WHOLE)
    assert load(tmp_path / "w.json", Whole) == WHOLE


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


def test_a_number_that_is_none_is_read_again(tmp_path: Path) -> None:
    save(tmp_path / "w.json", Whole("a", [Part("x", (math.nan, 1.0))], {}, math.inf))
    read = load(tmp_path / "w.json", Whole)
    assert read.score == math.inf
    (part,) = read.parts
    assert part.sides_px is not None
    assert math.isnan(part.sides_px[0])


def test_arrays_are_lists_in_the_file(tmp_path: Path) -> None:
    save(tmp_path / "g.json", Grid(np.array([[1, 2], [3, 4]])))
    assert json.loads((tmp_path / "g.json").read_text())["counts"] == [[1, 2], [3, 4]]
    counts = load(tmp_path / "g.json", Grid).counts
    np.testing.assert_array_equal(counts, [[1, 2], [3, 4]])
    assert counts.dtype == np.int64


def test_a_default_is_written_like_any_other_value() -> None:
    plain = {"kind": "a", "parts": [{"name": "x"}], "by_class": {}}
    assert to_plain(from_plain(plain, Whole)) == {
        "kind": "a",
        "parts": [{"name": "x", "sides_px": None}],
        "by_class": {},
        "score": None,
    }


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "yolo-parity/other/1"}', "\xff"])
def test_what_is_no_such_document_is_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "w.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(UserError) as error:
        load(path, Whole)
    assert str(path) in str(error.value)
