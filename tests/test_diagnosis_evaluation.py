"""Measuring the diagnosis: independent programs, their truths, the answers and the table."""

import json
import math
import runpy
import shutil
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from parity.backends.onnx_network import OnnxNetwork
from parity.data.sample_images import find_samples
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.catalogue.fault import FAULTS
from parity.diagnosis.evaluation.parts import (
    KINDS,
    PROGRAMS,
    PUBLISHED_TRUTHS,
    TRUTHS,
    Bench,
    chosen,
    independent,
    pictures,
)
from parity.diagnosis.evaluation.programs import (
    COMMAND,
    INTERPRETERS,
    boxes_of,
    can_run,
    find_programs,
)
from parity.diagnosis.evaluation.scoring import DiagnosisAnswer, as_line, score_answer
from parity.diagnosis.evaluation.table import EvaluationRow, as_markdown, as_text
from parity.diagnosis.evaluation.truth import DeploymentTruth, load_kinds, load_truths, names_of
from parity.diagnosis.evaluation.unknown_changes import CHANGES, UnknownChange
from parity.errors import UserError
from parity.external.observations import Observed
from parity.external.reader import load_external
from tests.conftest import ROOT, Build
from tests.task_models import build_task

PROGRAM_FILES = sorted(
    path
    for path in (ROOT / PROGRAMS).iterdir()
    if path.suffix in INTERPRETERS and path.stem != COMMAND
)
FITTED = (
    *("zero_size_nmsboxes", "network_*", "border_grey_*", "fractions_y_first", "conf_*"),
    "iou_*",
    *("most_candidates_*", "most_per_class_*", "output_shift"),
    *("first_candidates_*", "own_class_confs"),
    *("classes_left_out", "resized_first", "canvas_covered", "other_mask_probability"),
)
"""Names of faults that are not listed in the catalogue, since they depend on what was observed."""


def kinds() -> dict[str, tuple[str, ...]]:
    return dict(load_kinds(ROOT / KINDS))


def truths(path: Path = TRUTHS) -> dict[str, DeploymentTruth]:
    return load_truths(ROOT / path, kinds())


def test_every_program_has_a_truth() -> None:
    assert {path.stem for path in PROGRAM_FILES} == truths().keys()


@pytest.mark.parametrize("path", [TRUTHS, PUBLISHED_TRUTHS], ids=lambda path: path.stem)
def test_the_words_of_the_truths_are_names_of_the_catalogue(path: Path) -> None:
    for truth in truths(path).values():
        for word in (*truth.faults, *truth.optional):
            for name in names_of(word, kinds()):
                assert name in FAULTS or any(fnmatchcase(name, fitted) for fitted in FITTED), name


def test_every_kind_is_a_word_of_a_truth() -> None:
    said = {
        word
        for path in (TRUTHS, PUBLISHED_TRUTHS)
        for truth in truths(path).values()
        for word in (*truth.faults, *truth.optional, *truth.unknown)
    }
    assert kinds().keys() <= said


def test_there_are_enough_deployments_of_each_sort() -> None:
    sorts = [
        "unknown" if truth.unknown else "known" if truth.faults else "right"
        for truth in truths().values()
        if truth.task == "detect"
    ]
    assert sorts.count("right") >= 6
    assert sorts.count("known") >= 24
    assert 3 * sorts.count("unknown") >= sorts.count("unknown") + sorts.count("known")


def test_about_half_are_held_out_by_their_names_alone() -> None:
    held = [truth.held_out for truth in truths().values()]
    assert 0.35 < sum(held) / len(held) < 0.65
    assert [DeploymentTruth(name).held_out for name in truths()] == held


@pytest.mark.parametrize("path", PROGRAM_FILES, ids=lambda path: path.stem)
def test_programs_do_not_use_the_library(path: Path) -> None:
    text = path.read_text()
    assert "parity" not in text
    assert "ultralytics" not in text


@pytest.fixture(scope="module")
def one_photograph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photograph")
    (folder / "bus.jpg").write_bytes(find_samples()["bus.jpg"].read_bytes())
    return folder


def check_boxes(path: Path, names: dict[int, str], task: str = "detect") -> None:
    """Assert that a file of boxes can be read and holds finite boxes."""
    assert json.loads(path.read_text())["images"] == ["bus.jpg"]
    shape = (17, 3) if task == "pose" else None
    sizes = {"bus.jpg": (1080, 810)}
    seen = load_external(path, sizes, names, task=task, keypoint_shape=shape).images["bus.jpg"]
    assert len(seen)
    assert np.isfinite(seen.boxes).all()
    assert ((seen.scores > 0) & (seen.scores <= 1)).all()


@pytest.mark.parametrize(
    "path",
    [p for p in PROGRAM_FILES if p.suffix == ".py" and truths()[p.stem].task == "detect"],
    ids=lambda path: path.stem,
)
def test_a_program_finds_boxes(
    path: Path,
    yolo11n_static: Path,
    one_photograph: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    output = tmp_path / "boxes.json"
    monkeypatch.syspath_prepend(str(path.parent))
    monkeypatch.setattr(
        sys, "argv", [str(path), str(yolo11n_static), str(one_photograph), str(output)]
    )
    runpy.run_path(str(path))
    check_boxes(output, dict.fromkeys(range(91), ""))


@pytest.mark.parametrize("name", [n for n, t in truths().items() if t.task != "detect"])
def test_a_program_of_another_task_finds_what_it_looks_for(
    name: str, yolo11n_pt: Path, build: Build, one_photograph: Path, tmp_path: Path
) -> None:
    task = truths()[name].task
    model = build_task(build, task, yolo11n_pt) / "model.onnx"
    written = boxes_of(ROOT / PROGRAMS / f"{name}.py", model, one_photograph, tmp_path)
    check_boxes(written, OnnxNetwork.load(model, threads=1).names, task)


@pytest.mark.nightly
@pytest.mark.parametrize("task", sorted({t.task for t in truths().values()} - {"detect"}))
def test_programs_of_other_tasks_are_explained(
    task: str, yolo11n_pt: Path, build: Build, coco_images: list[Path], tmp_path: Path
) -> None:
    model = build_task(build, task, yolo11n_pt) / "model.onnx"
    folder = tmp_path / "images"
    folder.mkdir()
    images = {path.name: Path(shutil.copy(path, folder)) for path in coco_images[3::10][:12]}
    bench = Bench.open(model, tmp_path / "work", threads=1)
    wrong = [scored for scored in independent(bench, images) if not scored.right]
    assert not wrong, "\n".join(map(as_line, wrong))


@pytest.mark.parametrize(
    "path", [p for p in PROGRAM_FILES if p.suffix != ".py"], ids=lambda path: path.stem
)
def test_a_program_in_javascript_finds_boxes(
    path: Path, yolo11n_static: Path, one_photograph: Path, tmp_path: Path
) -> None:
    if not can_run(path):
        pytest.skip("needs Node and npm install --prefix bench/deployments")
    written = boxes_of(path, yolo11n_static, one_photograph, tmp_path)
    check_boxes(written, dict.fromkeys(range(91), ""))


def write_program(folder: Path, lines: str) -> Path:
    """Write a program, and what it would share with others."""
    (folder / f"{COMMAND}.py").touch()
    program = folder / "program.py"
    program.write_text(lines)
    return program


COUNTING = """import pathlib, sys
counter = pathlib.Path(sys.argv[1])
counter.with_suffix(".runs").open("a").write("x")
pathlib.Path(sys.argv[3]).write_text("[]")
"""


def test_boxes_are_kept_until_the_program_or_an_image_changes(tmp_path: Path) -> None:
    model, images = tmp_path / "model.onnx", tmp_path / "images"
    model.touch()
    images.mkdir()
    program = write_program(tmp_path, COUNTING)

    def runs() -> int:
        boxes_of(program, model, images, tmp_path / "kept")
        return len(model.with_suffix(".runs").read_text())

    assert [runs(), runs()] == [1, 1]
    (images / "a.jpg").touch()
    assert runs() == 2
    program.write_text(COUNTING + "# changed\n")
    assert runs() == 3
    model.write_text("another")
    assert [runs(), runs()] == [4, 4]


def test_a_program_that_fails_is_named(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "model.onnx").touch()
    program = write_program(tmp_path, "raise ValueError('no boxes today')")
    with pytest.raises(UserError, match=r"program\.py fails: ValueError: no boxes today"):
        boxes_of(program, tmp_path / "model.onnx", tmp_path / "images", tmp_path / "kept")


def test_what_cannot_run_is_left_out(tmp_path: Path) -> None:
    for name in ("a.py", "b.cjs", "command.py", "command.cjs", "truth.yaml"):
        (tmp_path / name).touch()
    assert list(find_programs(tmp_path)) == ["a"]


def test_an_unknown_name_gets_a_sentence() -> None:
    with pytest.raises(UserError, match="there is no deployment 'c' among a, b"):
        chosen({"a": Path("a"), "b": Path("b")}, ["b", "c"])


def test_raw_outputs_of_another_model_or_shape_are_others(tmp_path: Path) -> None:
    def folder(content: str, imgsz: tuple[int, int]) -> Path:
        onnx = tmp_path / "model.onnx"
        onnx.write_text(content)
        network: Any = SimpleNamespace(imgsz=imgsz)
        return Bench(onnx, network, tmp_path).raw_outputs

    folders = [folder("a", (640, 640)), folder("b", (640, 640)), folder("a", (320, 640))]
    assert len(set(folders)) == 3
    assert folder("a", (640, 640)) == folders[0]


def test_few_samples_are_used_again() -> None:
    found = pictures("", 9)
    assert len(found) == 9
    assert len(set(found.values())) == len(find_samples())


TRUTH = DeploymentTruth("t", faults=("bgr", "kind"), optional=("one_gain",))
NAMED_BY = {"kind": ("kernel_*",)}


@pytest.mark.parametrize(
    ("answer", "hidden", "true_false_missed", "right"),
    [
        (DiagnosisAnswer("explained", ("bgr", "kernel_area")), (), (2, 0, 0), True),
        (DiagnosisAnswer("explained", ("bgr", "kernel_area", "one_gain")), (), (2, 0, 0), True),
        (DiagnosisAnswer("explained_in_part", ("bgr",)), (), (1, 0, 1), False),
        (DiagnosisAnswer("explained", ("bgr",)), ("kind",), (1, 0, 0), True),
        (DiagnosisAnswer("explained", ("bgr",), undecided=("kernel_area",)), (), (1, 0, 0), True),
        (DiagnosisAnswer("explained", ("bgr", "kernel_area", "grey")), (), (2, 1, 0), False),
        (
            DiagnosisAnswer("explained", ("bgr",), choices=("kernel_area", "nmsboxes")),
            (),
            (2, 0, 0),
            True,
        ),
        (DiagnosisAnswer("nothing_wrong"), (), (0, 0, 2), False),
    ],
)
def test_an_answer_is_scored_by_its_names(
    answer: DiagnosisAnswer,
    hidden: tuple[str, ...],
    true_false_missed: tuple[int, ...],
    right: bool,
) -> None:
    found = score_answer(TRUTH, answer, NAMED_BY, hidden)
    assert (len(found.true), len(found.false), len(found.missed)) == true_false_missed
    assert found.right == right


@pytest.mark.parametrize(
    ("verdict", "named", "right"),
    [
        ("explained_in_part", ("bgr",), True),
        ("explained_in_part", (), True),
        ("not_explained", (), True),
        ("explained", ("bgr",), False),
        ("nothing_wrong", (), False),
        ("explained_in_part", ("bgr", "grey"), False),
    ],
)
def test_what_no_catalogue_holds_must_not_be_explained(
    verdict: str, named: tuple[str, ...], right: bool
) -> None:
    truth = DeploymentTruth("t", faults=("bgr",), unknown=("blurred",))
    assert score_answer(truth, DiagnosisAnswer(verdict, named), {}).right == right


@pytest.mark.parametrize(
    ("verdict", "named", "right"),
    [
        ("nothing_wrong", (), True),
        ("explained", ("one_gain",), True),
        ("explained", ("bgr",), False),
        ("explained_in_part", (), False),
        ("not_explained", (), False),
    ],
)
def test_of_what_is_correct_it_must_be_said(
    verdict: str, named: tuple[str, ...], right: bool
) -> None:
    truth = DeploymentTruth("t", optional=("one_gain",))
    assert score_answer(truth, DiagnosisAnswer(verdict, named), {}).right == right


def test_a_false_name_weighs_more_than_a_missed_one() -> None:
    missed = score_answer(TRUTH, DiagnosisAnswer("explained_in_part"), NAMED_BY)
    false = score_answer(
        TRUTH, DiagnosisAnswer("explained", ("bgr", "kernel_area", "grey")), NAMED_BY
    )
    assert false.penalty > missed.penalty > 0


def test_a_kind_that_the_catalogue_lacks_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    path.write_text(json.dumps({"a": {"faults": ["bgr", "new"], "declared": {"conf": 0.3}}}))
    truth = load_truths(path, {"new": ()})["a"]
    assert (truth.faults, truth.unknown, truth.declared.conf) == (("bgr",), ("new",), 0.3)


def rows() -> list[EvaluationRow]:
    """Return the rows of one right answer, and of two that are false, one of them held out."""
    names = (name for i in range(100) for name in [f"name{i}"])
    told = {DeploymentTruth(name).held_out: name for name in names}
    good = DiagnosisAnswer("explained", ("bgr",), exact=0.98, predicted=0.96, seconds=2, runs=4)
    bad = DiagnosisAnswer("explained", ("grey",), seconds=6, runs=10)
    scored = [
        score_answer(DeploymentTruth(told[held_out], faults=("bgr",)), answer, {})
        for held_out, answer in ((False, good), (False, bad), (True, bad))
    ]
    return EvaluationRow("independent", tuple(scored)).halves()


def test_the_table_counts_names_and_tells_held_out_ones_apart() -> None:
    seen, held = rows()
    assert seen.cells() == ["independent", "2", "1", "1", "1", "1", "98%", "4.0", "6.0", "7"]
    assert held.cells()[:6] == ["independent, held out", "1", "0", "0", "1", "1"]
    assert as_markdown(rows()).splitlines()[2:] == [
        f"| {' | '.join(row.cells()[:6])} |" for row in rows()
    ]


def test_the_answers_on_held_out_deployments_are_not_listed() -> None:
    name = rows()[1].answers[0].truth.name
    assert name not in as_text(rows())
    assert name in as_text(rows(), show_held_out=True)
    assert "1 not right" in as_text(rows())


def test_a_line_says_what_is_false() -> None:
    line = as_line(rows()[0].answers[1])
    assert "false: grey" in line
    assert "missed: bgr" in line


@pytest.mark.parametrize("name", CHANGES)
def test_the_weakest_and_the_strongest_change_show(name: str) -> None:
    chance = np.random.default_rng(0)
    corners = np.array([[10, 20, 50, 90], [30, 40, 90, 95]], np.float64)
    given = {
        "image": chance.integers(0, 256, (60, 80, 3)).astype(np.uint8),
        "tensor": chance.random((1, 3, 64, 64)).astype(np.float32),
        "output": chance.random((84, 50)).astype(np.float32),
        "boxes": Observed(corners, np.array([0.9, 0.5]), np.array([0, 1])),
    }
    for strength in (0.0, 0.4, 1.0):
        change = UnknownChange(name, strength)
        before = given[change.level]
        after = change.apply(before)
        if isinstance(before, Observed):
            assert not np.array_equal(before.boxes, after.boxes) or (
                np.abs(before.scores - after.scores).min() > 0.01
            )
            assert math.isfinite(after.boxes.sum() + after.scores.sum())
        else:
            assert after.dtype == before.dtype
            assert np.isfinite(after).all()
            assert after.shape != before.shape or not np.array_equal(before, after)


@pytest.mark.parametrize("name", ["scaled scores", "slanted"])
def test_what_is_replayed_is_changed(name: str, yolo11n_static: Path, tmp_path: Path) -> None:
    network = OnnxNetwork.load(yolo11n_static, threads=1)
    plain = Replayer(network, {"bus.jpg": find_samples()["bus.jpg"]})
    changed = UnknownChange(name, 0.5).applied_to(plain, tmp_path)
    correct = Pipeline(conf=0.25, iou=0.45)
    assert not changed.detections(correct, "bus.jpg").equals(plain.detections(correct, "bus.jpg"))
