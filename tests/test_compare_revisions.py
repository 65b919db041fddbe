"""The comparison of revisions sees every number that changes, and nothing that may."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import compare_revisions
from bench.compare_revisions import Comparison, compare_runs, write_labels

BEFORE = {
    "schema": "yolo-parity/comparison/1",
    "note": "Three boxes differ.",
    "path": "/there/a.jpg",
    "arm": "onnx-fp32",
    "passed": True,
    "boxes": [[0.1, 2.0, 0.0], []],
    "scores": {"a.jpg": 0.30000000000000004},
}


def compared(tmp_path: Path, after: dict[str, Any], name: str = "compare/a.json") -> Comparison:
    """Return the comparison of a file with another version of it."""
    for side, content in (("before", BEFORE), ("after", BEFORE | after)):
        path = tmp_path / side / "results" / name
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(content))
    return compare_runs(tmp_path / "before", tmp_path / "after")


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        ({}, "the same"),
        ({"schema": "yolo-parity/comparison/2"}, "another version"),
        ({"note": "3 boxes are different."}, "another sentence"),
        ({"path": "/here/a.jpg"}, "another place"),
        ({"boxes": [[0.1, 2, 0.0], []]}, "a whole number without its point"),
        ({"added": None, "more": {"and": []}}, "nothing that has a name"),
    ],
)
def test_what_may_change(tmp_path: Path, after: dict[str, Any], reason: str) -> None:
    found = compared(tmp_path, after)
    assert found.differences == [], reason
    assert (found.files, found.numbers, found.identifiers) == (1, 5, 1)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({"scores": {"a.jpg": 0.3}}, "scores.a.jpg is 0.30000000000000004 before, 0.3 after"),
        ({"boxes": [[0.1, 2.0, -0.0], []]}, "boxes[0][2] is 0.0 before, -0.0 after"),
        ({"boxes": [[0.1, 2.0], []]}, "boxes[0][2] is 0.0 before only"),
        ({"boxes": [[0.1, 2.0, 0.0], [7]]}, "boxes[1][0] is 7 after only"),
        ({"passed": 1}, "passed is True before, 1 after"),
        ({"arm": "onnx-fp16"}, "arm is 'onnx-fp32' before, 'onnx-fp16' after"),
        ({"scores": {"b.jpg": 0.30000000000000004}}, "scores.a.jpg is"),
        ({"more": 1}, "more is 1 after only"),
    ],
)
def test_what_may_not_change(tmp_path: Path, after: dict[str, Any], said: str) -> None:
    differences = compared(tmp_path, after).differences
    assert any(each.startswith(f"results/compare/a.json: {said}") for each in differences)


def test_renamed_words_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(compare_revisions.RENAMED_FILES, "results/old/", "results/new/")
    monkeypatch.setitem(compare_revisions.RENAMED_WORDS, "new", {"mend": "fix", "cured": "fixed"})
    for side, name, content in (
        ("before", "old", {"mend": 1, "verdict": "cured"}),
        ("after", "new", {"fix": 1, "verdict": "fixed"}),
    ):
        path = tmp_path / side / "results" / name / "a.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(content))
    found = compare_runs(tmp_path / "before", tmp_path / "after")
    assert (found.differences, found.numbers, found.identifiers) == ([], 1, 1)


def test_arrays_are_compared_by_their_bits(tmp_path: Path) -> None:
    about = np.frombuffer(b'{"floor": 0.01}', np.uint8)
    for side, second in (("before", 2.0), ("after", np.nextafter(np.float32(2), np.float32(3)))):
        path = tmp_path / side / "results" / "infer_onnx" / "a.npz"
        path.parent.mkdir(parents=True)
        np.savez(path, about=about, boxes=np.array([np.nan, second], np.float32))
    found = compare_runs(tmp_path / "before", tmp_path / "after")
    (said,) = found.differences
    assert "boxes differs in 1 of 2 numbers, first at (1,)" in said
    assert found.numbers == 3


def test_a_file_of_one_side_is_a_difference(tmp_path: Path) -> None:
    (tmp_path / "after" / "results" / "compare").mkdir(parents=True)
    (tmp_path / "after" / "results" / "compare" / "a.json").write_text("{}")
    (tmp_path / "after" / "results" / "report").mkdir()
    (tmp_path / "after" / "results" / "report" / "index.html").write_text("text")
    found = compare_runs(tmp_path / "before", tmp_path / "after")
    assert found.differences == ["results/compare/a.json exists after only"]


def test_labels_are_the_detections_of_the_sample_run(tmp_path: Path) -> None:
    path = tmp_path / "results" / "detect_pytorch" / "m" / "pytorch-rect" / "0.json"
    path.parent.mkdir(parents=True)
    image = {"name": "a/b.jpg", "width": 200, "height": 100}
    image |= {"boxes": [[10, 20, 30, 60]], "class_ids": [5]}
    path.write_text(json.dumps({"images": [image]}))
    write_labels(tmp_path, tmp_path / "labels")
    assert (tmp_path / "labels" / "a" / "b.txt").read_text() == "5 0.1 0.4 0.1 0.4\n"
