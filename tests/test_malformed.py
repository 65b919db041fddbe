"""Whatever somebody's files hold: they are read, or one clear sentence says what is wrong."""

import copy
import json
import os
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from parity.accuracy.tasks.task import MEASURED_TASKS
from parity.detection.head import NetworkHead
from parity.errors import UserError
from parity.external.box_formats import LARGEST_COORDINATE
from parity.external.entries import LOWEST_CLASS_ID
from parity.external.file_format import FORMATS, recognise
from parity.external.layouts import LAYOUTS, find_layout
from parity.external.observations import FIRST_UNKNOWN_CLASS, Known, Observations
from parity.external.reader import load_external
from parity.external.source import Source
from parity.external.tensors import with_arrays
from parity.foreign import LFS
from parity.foreign_yaml import parse_yaml
from parity.limits import TEXT_MB
from parity.planning.checks import checked
from parity.planning.config_file import check_config_file
from parity.planning.externals import digest_of_folder
from parity.planning.schema import complete
from tests.conftest import examples
from tests.malformed import (
    BOX,
    CONFIG,
    DIGITS,
    DOCUMENTS,
    ENTRY,
    HEADER,
    IMAGES,
    LABELS_OF_TASKS,
    MANIFEST,
    NAMES,
    SHAPED,
    TASK_OF,
    WORDS,
    YOLO_LABELS,
    as_text,
    files_of,
    mutants,
    nasty,
    spoiled,
)

HEAD = NetworkHead(keypoint_shape=(2, 3))

LONGEST_SECONDS = 5.0
MOST_GIGABYTES = 2.0
LONGEST_SENTENCE = 700

FEW = range(500)
MANY = range(120_000)
"""Mutants of each of the nine box formats: more than a million."""
NUMBERS = [FEW, pytest.param(MANY, marks=pytest.mark.nightly)]


def check_sentence(sentence: str) -> None:
    """Check that a sentence can be printed on a line."""
    assert "\n" not in sentence
    assert len(sentence) <= LONGEST_SENTENCE, sentence
    assert sentence.endswith("."), sentence
    sentence.encode()


@contextmanager
def bounded() -> Iterator[None]:
    """Check that what is done ends in time and in bounded memory, if not well, in one sentence."""
    begun, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        yield
    except UserError as error:
        check_sentence(str(error))
    assert time.process_time() - begun < LONGEST_SECONDS, "of this process, on a busy machine, too"
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < MOST_GIGABYTES * 2**20, "in KiB"


def check_boxes(seen: Observations, task: str = "detect") -> None:
    """Check what was read for what no reader may let through."""
    assert seen.images.keys() <= IMAGES.keys()
    for note in seen.notes:
        check_sentence(note)
    for each in seen.images.values():
        assert each.boxes.shape == (len(each), 4)
        assert np.isfinite(each.boxes).all()
        assert np.abs(each.boxes).max(initial=0) <= 2 * LARGEST_COORDINATE * 640
        assert not (each.scores < 0).any() or task == "classify", "which may be logits"
        assert not (each.scores > LARGEST_COORDINATE).any()
        known = FIRST_UNKNOWN_CLASS + len(seen.labels)
        assert all(LOWEST_CLASS_ID <= i < known for i in each.class_ids)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all examples of a test write the same files into."""
    return tmp_path_factory.mktemp("malformed")


def path_for(folder: Path, name: str) -> Path:
    """Return where a file of a format of boxes stands in a folder of its own."""
    own = folder / name.replace(" ", "_")
    own.mkdir(exist_ok=True, parents=True)
    return own / f"a{(FORMATS[name].files or ('*.json',))[-1].lstrip('*')}"


def read_boxes(folder: Path, name: str, data: bytes) -> None:
    """Read a file as one of a format of boxes."""
    path = path_for(folder, name)
    path.write_bytes(data)
    with bounded():
        source = path.parent if FORMATS[name].files else path
        task = TASK_OF.get(name, "detect")
        check_boxes(load_external(source, IMAGES, NAMES, task=task), task)


@pytest.mark.parametrize("numbers", NUMBERS, ids=["few", "many"])
@pytest.mark.parametrize("name", FORMATS)
def test_mutants_of_boxes(folder: Path, name: str, numbers: range) -> None:
    for number, data in mutants(files_of(name), numbers):
        try:
            read_boxes(folder, name, data)
        except BaseException as error:
            error.add_note(f"mutant {number} of {name}")
            raise


@pytest.mark.parametrize("name", DOCUMENTS)
def test_spoiled_documents_of_boxes(folder: Path, name: str) -> None:
    @examples(40)
    @given(spoiled(DOCUMENTS[name]))
    def check(document: Any) -> None:
        read_boxes(folder, name, as_text(document).encode())

    check()


@pytest.mark.parametrize("task", SHAPED)
def test_spoiled_shapes(folder: Path, task: str) -> None:
    shape = (2, 3) if task == "pose" else None
    for correct in SHAPED[task]:
        (folder / "mine").write_text(json.dumps(correct))
        assert load_external(folder / "mine", IMAGES, NAMES, task=task, keypoint_shape=shape)

    @examples(60)
    @given(spoiled(SHAPED[task]))
    def check(document: Any) -> None:
        (folder / "mine").write_text(as_text(document))
        with bounded():
            check_boxes(
                load_external(folder / "mine", IMAGES, NAMES, task=task, keypoint_shape=shape)
            )

    check()


@pytest.mark.parametrize("name", FORMATS)
def test_the_correct_files_are_read(folder: Path, name: str) -> None:
    assert files_of(name), f"add a correct file of the format {name} to tests/malformed.py"
    for data in files_of(name):
        path = path_for(folder / "correct", name)
        path.write_bytes(data)
        source = path.parent if FORMATS[name].files else path
        assert recognise(Source.open(source)) is FORMATS[name]
        assert load_external(source, IMAGES, NAMES, task=TASK_OF.get(name, "detect")).images
        path.unlink()


named = st.sampled_from(["a.jpg", "/x/sub/b.png", "b.png", "36.jpg", "z.jpg", "x/y.png"])
FOUND = {"a.jpg": "a.jpg", "/x/sub/b.png": "sub/b.png", "b.png": "sub/b.png"}


def as_entries(names: list[str]) -> str:
    return json.dumps([ENTRY | {"image": name} for name in names])


def as_table(names: list[str]) -> str:
    return HEADER + "".join(f"{name},10,20,30,60,0.5,car\n" for name in names)


def as_rows(names: list[str]) -> str:
    return "".join(f"{name};10;20;30;60;0.5;car\n" for name in names)


def as_lists(names: list[str]) -> str:
    return json.dumps(
        [
            {"image": name, "boxes": [BOX] * n, "labels": [2] * n}
            for name, n in Counter(names).items()
        ]
    )


@pytest.mark.parametrize("write", [as_entries, as_table, as_rows, as_lists])
def test_no_box_vanishes(folder: Path, write: Callable[[list[str]], str]) -> None:
    path = folder / "mine"

    @examples(25)
    @given(st.lists(named, min_size=1, max_size=12).filter(lambda names: {*names} & FOUND.keys()))
    def check(names: list[str]) -> None:
        if write is as_lists and {"b.png", "/x/sub/b.png"} <= {*names}:
            return  # two lists of one image are refused
        path.write_text(write(names))
        seen = load_external(path, IMAGES, NAMES)
        expected = Counter(FOUND[name] for name in names if name in FOUND)
        assert {name: len(each) for name, each in seen.images.items()} == expected
        unknown = list(dict.fromkeys(name for name in names if name not in FOUND))
        notes = [note for note in seen.notes if note.endswith("of this run; left out.")]
        assert len(notes) == bool(unknown)
        assert all(note.startswith(unknown[0]) for note in notes)
        assert all(f"and {len(unknown) - 1} more" in note for note in notes if unknown[1:])

    check()


@examples(100)
@given(
    st.lists(
        st.lists(st.sampled_from([0.5, 10, 20.5, "40", "car", 1]) | nasty, min_size=4, max_size=7),
        max_size=4,
    )
)
def test_rows_of_any_values_have_a_layout_or_a_sentence(rows: list[list[Any]]) -> None:
    with bounded():
        layout = find_layout([(f"row {i}", row) for i, row in enumerate(rows)])
        assert (layout is None) == (not rows)
        assert layout is None or layout in LAYOUTS


def check_labels(source: Path, task: str) -> None:
    """Read labels, and check what was read."""
    with bounded():
        labels = MEASURED_TASKS[task].labels(HEAD).read(source, IMAGES, NAMES)
        for note in labels.notes:
            check_sentence(note)
        for truth in labels.images.values():
            for shapes in (truth.boxes, truth.keypoints, truth.oriented):
                assert shapes is None or np.isfinite(shapes).all()
            assert (truth.boxes[:, 2:] >= truth.boxes[:, :2]).all()
            assert (truth.areas >= 0).all()
            assert {*truth.class_ids.tolist()} <= {*NAMES}


COCO_LABELS = [(task, "a.json", json.dumps(LABELS_OF_TASKS[task])) for task in LABELS_OF_TASKS]
TEXT_LABELS = [(task, "labels/a.txt", text) for task, text in YOLO_LABELS.items()]


@pytest.mark.parametrize("numbers", NUMBERS, ids=["few", "many"])
@pytest.mark.parametrize(("task", "name", "correct"), [*COCO_LABELS, *TEXT_LABELS])
def test_mutants_of_labels(
    folder: Path, task: str, name: str, correct: str, numbers: range
) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    source = path if path.suffix == ".json" else path.parent
    path.write_text(correct)
    assert MEASURED_TASKS[task].labels(HEAD).read(source, IMAGES, NAMES).images
    for number, data in mutants([correct.encode()], numbers):
        path.write_bytes(data)
        try:
            check_labels(source, task)
        except BaseException as error:
            error.add_note(f"mutant {number}")
            raise


@pytest.mark.parametrize("task", ["segment", "pose", "obb"])
def test_numbers_of_labels_that_are_half_a_character(folder: Path, task: str) -> None:
    document = copy.deepcopy(LABELS_OF_TASKS[task])
    for each in document["annotations"]:
        each["keypoints"] = each["segmentation"] = ["\ud800", 1, 2]
    path = folder / "labels.json"
    path.write_text(json.dumps(document))
    check_labels(path, task)
    with pytest.raises(UserError, match=r"annotations\[0\]"):
        MEASURED_TASKS[task].labels(HEAD).read(path, IMAGES, NAMES)


@pytest.mark.parametrize("task", LABELS_OF_TASKS)
def test_spoiled_labels(folder: Path, task: str) -> None:
    path = folder / "labels.json"

    @examples(150 if task == "detect" else 60)
    @given(spoiled([LABELS_OF_TASKS[task]]))
    def check(document: Any) -> None:
        path.write_text(as_text(document))
        check_labels(path, task)

    check()


ARRAY = np.arange(72, dtype=np.float32).reshape(1, 3, 4, 6)


def test_mutants_of_arrays(folder: Path) -> None:
    own = folder / "arrays"
    own.mkdir()
    np.save(own / "a.npy", ARRAY)
    for _, data in mutants([(own / "a.npy").read_bytes()], FEW):
        (own / "a.npy").write_bytes(data)
        with bounded():
            read_arrays(own)


def read_arrays(folder: Path) -> None:
    known = Known(input_tensors=str(folder), tensor_shape=(1, 3, 4, 6))
    found = with_arrays(Observations({}), known, IMAGES)
    assert all(np.isfinite(each).all() for each in found.tensors.values())


HEADERS = [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 100000, 100000)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 9999999999, 9999999999999)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 3, 4, 6)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3, 4, 6)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1.5,)}",
    "{'descr': '|O', 'fortran_order': False, 'shape': (1, 3, 4, 6)}",
    "{'descr': '<U9999999', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (72,)}",
    "{'descr': '<c16', 'fortran_order': False, 'shape': (1, 3, 4, 3)}",
    "{'descr': '<M8', 'fortran_order': False, 'shape': (1, 3, 4, 3)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': " + "(" * 3000 + ")" * 3000 + "}",
    "__import__('os').system('touch harm')",
    "9" * 9000,
    "{" * 9000,
    "",
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("size", [300, 12 << 30], ids=["small", "large"])
def test_headers_of_arrays(tmp_path: Path, header: str, size: int) -> None:
    path = tmp_path / "a.npy"
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
    path.write_bytes(data)
    os.truncate(path, len(data) + size)  # zeros that take no room
    with bounded(), pytest.raises(UserError, match=r"a\.npy"):
        read_arrays(tmp_path)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("shape", [(), (0,), (1, 3, 0, 0), (0, 3, 4, 6), (1, 3, 4, 0), (3, 0, 6)])
def test_arrays_of_no_image(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "a.npy", np.zeros(shape, np.float32))
    with pytest.raises(UserError, match=r"a\.npy has the shape \[.*\]; the input tensor of one"):
        read_arrays(tmp_path)


@pytest.mark.parametrize("word", [*WORDS, "q" * 5000, "\x1b[31m"])
def test_words_as_the_image_of_a_recording(tmp_path: Path, word: str) -> None:
    np.save(tmp_path / "1.input.npy", ARRAY)
    np.save(tmp_path / "1.output0.npy", np.zeros((1, 5, 7), np.float32))
    tensors = [MANIFEST["tensors"][0] | {"image": word}]
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST | {"tensors": tensors}))
    with bounded():
        with_arrays(Observations({}), Known(recorded=str(tmp_path)), IMAGES)


def test_spoiled_recordings(folder: Path) -> None:
    own = folder / "recording"
    own.mkdir()
    np.save(own / "1.input.npy", ARRAY)
    np.save(own / "1.output0.npy", np.zeros((1, 5, 7), np.float32))

    @examples(60)
    @given(spoiled([MANIFEST]))
    def check(document: Any) -> None:
        (own / "manifest.json").write_text(as_text(document))
        with bounded():
            with_arrays(Observations({}), Known(recorded=str(own)), IMAGES)

    check()


def test_mutants_of_recordings(folder: Path) -> None:
    own = folder / "recorded"
    own.mkdir()
    np.save(own / "1.input.npy", ARRAY)
    for _, data in mutants([json.dumps(MANIFEST).encode()], FEW):
        (own / "manifest.json").write_bytes(data)
        with bounded():
            with_arrays(Observations({}), Known(recorded=str(own)), IMAGES)


@examples(150)
@given(spoiled([CONFIG]))
def test_spoiled_configurations(document: Any) -> None:
    if isinstance(document, dict):
        with bounded():
            checked(complete(document))


def test_mutants_of_configurations(folder: Path) -> None:
    path = folder / "config.yaml"
    correct = [yaml.safe_dump(CONFIG, sort_keys=False), yaml.safe_dump(CONFIG), json.dumps(CONFIG)]
    for _, data in mutants([text.encode() for text in correct], FEW):
        path.write_bytes(data)
        with bounded():
            read_configuration(path)


def read_configuration(path: Path) -> None:
    """Read a configuration as the workflow does, in which Snakemake reads the text."""
    check_config_file(path)
    text = path.read_text(encoding="utf-8")
    try:
        content = json.loads(text)
    except ValueError:
        content = yaml.safe_load(text)
    checked(complete(content))


def merged(count: int) -> str:
    """Return mappings each of which merges the one before it twice."""
    levels = [f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}" for i in range(1, count)]
    return "\n".join(["a0: &a0 {x: 1}", *levels])


def nested_names(count: int) -> str:
    """Return YAML of a list that holds a list nine times, which does, and so on."""
    levels = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, count)]
    return "\n".join(["a0: &a0 [x]", *levels])


MODEL = "models: {a: {weights: a.pt}}\n"
CONFIGURATIONS = {
    "models: &a {a: *a}": "refers to itself",
    merged(200): "merges more than 100,000 keys",
    f"{MODEL}gate: &a [*a]": "refers to itself",
    f"{MODEL}{nested_names(12)}": "holds more than 100,000 values",
    f"{MODEL}gate: {'[' * 3000}": "not valid YAML|nested too deeply",
    f"{MODEL}sweep: {{conf: {{start: 0.05, stop: 0.9, step: 1.0e-300}}}}": "must have 1 to 1,000",
    f"{MODEL}images: !!binary aGVsbG8=": "images is b'hello', which is of the kind bytes",
    "models: {!!binary aGVsbG8= : {weights: a.pt}}": "the key b'hello' in models is not text",
    f"models:\n  ? {'a' * 150}\n  : {{weights: a.pt}}": "is too long a name; use at most 100",
    f"models:\n  ? {'a' * 5000}\n  : {{weights: a.pt}}": "is too long; a name has at most 255",
    f"{MODEL}images: {'a' * 5000}": "images is 'aaa.*, which is too long",
    f"{MODEL}images: {'a/' * 5000}": "images is 'a/a.*, which is too long",
    f"{MODEL}annotate: {'9' * 5000}": "config.yaml: not valid YAML at line 2, column 11 .Exceeds",
    f"{MODEL}annotate: {'9' * 400}": "annotate is 999.*, which is too large a number",
    f"{MODEL}annotate: 0x{'f' * 5000}": "write numbers in decimal: 0xf.*…",
    f"{MODEL}annotate: {'9:' * 5000}9": "write numbers in decimal: 9:9.*…",
    f"{MODEL}annotate: 010": "line 2, column 11 .write numbers in decimal: 010 means 8 in YA",
    f"{MODEL}annotate: -0b11": "write numbers in decimal: -0b11 means -3 in YAML",
    f"{MODEL}imgsz: [10:40, 640]": "in decimal: 10:40 means 640 in YAML",
    f"{MODEL}tolerances: {{box_px: 1:30.5}}": "in decimal: 1:30.5 means 90.5 in YAML",
    f"{MODEL}images: 2020-01-01": "which is of the kind date",
    f"{MODEL}images: 2020-13-45": "not valid YAML at line 2, column 9 .month must be in",
    f"{MODEL}{MODEL}": "line 1, column 1 .the key 'models' appears twice",
    f'{MODEL}images: "\\0"': "holds a line break or another control character",
    f'{MODEL}images: "\\ud800"': "is no text that a file can hold",
    'models: {"a\\n": {weights: a.pt}}': r"the key 'a\\n' in models holds a line break",
    f"{MODEL}annotate: !!bool maybe": "line 2, column 11 .'maybe' is no bool",
    f"{MODEL}annotate: !!timestamp soon": "line 2, column 11 .'soon' is no timestamp",
    f"{MODEL}annotate: !!int ''": "line 2, column 11 .'' is no int",
    f"{MODEL}annotate: !!float x": "line 2, column 11 .could not convert string to float",
    f"{MODEL}tolerances: {{box_px: 1.0e2}}": "reads 1.0e2 as text, so write 1.0e.2",
    f"{MODEL}tolerances: {{box_px: -1E400}}": "box_px is .-1E400.; .* number, and none is as",
    f"{MODEL}tolerances: {{box_px: 1.0e+400}}": "box_px is Infinity; it must be a finite",
    f"{MODEL}gate: !!set {{a, b}}": "which is of the kind set",
    f"{MODEL}gate: !!python/object/apply:os.system [touch harm]": "not valid YAML at line 2",
    f"{MODEL}__use_yte__: true": "__use_yte__ evaluates Python",
    "[1, 2]": "must hold keys with values",
    "": "must hold keys with values",
}


@pytest.mark.parametrize(("text", "words"), CONFIGURATIONS.items())
def test_configurations_that_cannot_be_meant(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with bounded():
        with pytest.raises(UserError, match=words) as caught:
            read_configuration(path)
        raise caught.value
    assert not Path("harm").exists()


@pytest.mark.parametrize("number", ["0", "-0", "+7", ".5", "00.5", "1_000", "1.0e-4", "0.05"])
def test_numbers_in_decimal_are_those_of_yaml(tmp_path: Path, number: str) -> None:
    assert parse_yaml(number, tmp_path) == float(number.replace("_", ""))


@pytest.mark.parametrize(("count", "words"), [(25_000, "1 to 1,000"), (50_000, "250,000 at most")])
def test_very_many_thresholds(tmp_path: Path, count: int, words: str) -> None:
    path = tmp_path / "config.yaml"
    values = ", ".join(f"{0.1 + i * 1e-5:.5f}" for i in range(count))
    path.write_text(f"{MODEL}sweep: {{conf: [{values}]}}")
    with bounded(), pytest.raises(UserError, match=words):
        read_configuration(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (f"{MODEL}images: ä".encode("latin-1"), "not text in UTF-8"),
        (MODEL.encode("utf-16"), "UTF-16"),
    ],
)
def test_configurations_in_another_encoding(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(data)
    with pytest.raises(UserError, match=words):
        check_config_file(path)


KEYS = ", ".join(f'"k{i}": 1' for i in range(200_000))
BOMBS = {
    "keys": ("{" + KEYS + ', "k199999": 2}', "the key 'k199999' appears twice"),
    "path": (json.dumps([ENTRY | {"image": "a/" * 300_000 + "z.jpg"}]), "none of the images"),
    "depth": ("[" * 5_000_000, "nested too deeply"),
    "digits": ('[{"image": "a.jpg", "label": 1, "box": [0.' + "1" * 10_000_000, "not valid JSON"),
    "columns": ("a," * 2_000_000, "none of the formats|first line"),
    "cells": (HEADER + "a.jpg," * 2_000_000, "a different number of columns"),
    "quote": (HEADER + '"' + "a" * 10_000_000, "not valid CSV"),
    "lists": ("[" + "[],[[]]," * 500_000 + "0]", "entry|in none of"),
    "blanks": (" " * 20_000_000, "is empty"),
    "lines": ("\n" * 10_000_000, "is empty"),
    "minus": ("-" * 10_000_000, "none of the formats"),
    "class": (json.dumps([ENTRY | {"label": "x" * 10_000_000}]), "too long for the name"),
}


@pytest.mark.parametrize(("text", "words"), BOMBS.values(), ids=BOMBS)
def test_large_files_of_boxes(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "mine").write_text(text)
    with bounded():
        with pytest.raises(UserError, match=words) as caught:
            load_external(tmp_path / "mine", IMAGES, NAMES)
        raise caught.value


def test_a_file_beyond_all_bounds_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    os.truncate(tmp_path / "mine", 1 << 40)
    with bounded(), pytest.raises(UserError, match="has 1,099,511,627,776 bytes, and a file may"):
        load_external(tmp_path / "mine", IMAGES, NAMES)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "b.json")
    (tmp_path / "c.json").mkdir()
    (tmp_path / "d.json").symlink_to("/dev/zero")
    (tmp_path / "kernel.json").symlink_to("/proc/kmsg")
    (tmp_path / "e.json").symlink_to("e.json")
    with bounded(), pytest.raises(UserError, match="in none of the formats"):
        load_external(tmp_path, IMAGES, NAMES)
    with pytest.raises(UserError, match="is not a file"):
        load_external(tmp_path / "b.json", IMAGES, NAMES)
    with pytest.raises(UserError, match="is not a file"):
        load_external(tmp_path / "kernel.json", IMAGES, NAMES)
    with pytest.raises(UserError, match="cannot be read"):
        load_external(tmp_path / ("a" * 5000), IMAGES, NAMES)
    (tmp_path / "a.json").write_text(json.dumps([{"box": BOX, "label": 1}]))
    assert load_external(tmp_path, IMAGES, NAMES).images.keys() == {"a.jpg"}


@pytest.mark.parametrize("word", [*WORDS, "a\0.png", "../a.png", "/dev/zero", "é" * 3000])
def test_words_as_a_mask(tmp_path: Path, word: str) -> None:
    for mask in (word, [word], [[word] * 6], {"size": [480, 640], "counts": word}, {"x": [word]}):
        (tmp_path / "mine").write_text(json.dumps([ENTRY | {"mask": mask}]))
        with bounded():
            load_external(tmp_path / "mine", IMAGES, NAMES, task="segment")


@pytest.mark.parametrize("number", ["0", "007", "9" * 30, DIGITS, "²", ""])
def test_numbers_of_keypoints(tmp_path: Path, number: str) -> None:
    columns = {f"kp{number}_x": 12, f"kp{number}_y": 25}
    (tmp_path / "mine").write_text(json.dumps([ENTRY | columns]))
    with bounded():
        load_external(tmp_path / "mine", IMAGES, NAMES, task="pose", keypoint_shape=(1, 2))


def test_masks_that_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TEXT_MB, "100")
    entries = [ENTRY | {"mask": {"size": [480, 640], "counts": [1000, 50, 306150]}}] * 400
    (tmp_path / "mine").write_text(json.dumps(entries))
    said = "entry 326: up to this one, the masks take more than 100 MB of memory"
    with bounded():
        with pytest.raises(UserError, match=said) as caught:
            load_external(tmp_path / "mine", IMAGES, NAMES, task="segment")
        raise caught.value
    (tmp_path / "mine").write_text(json.dumps(entries[:325]))
    seen = load_external(tmp_path / "mine", IMAGES, NAMES, task="segment")
    assert seen.images["a.jpg"].masks.sum(axis=(1, 2)).tolist() == [50] * 325


def test_a_mask_far_larger_than_its_image(tmp_path: Path) -> None:
    mask = {"size": [16_384, 16_384], "counts": [0, 16_384**2]}
    (tmp_path / "mine").write_text(json.dumps([ENTRY | {"mask": mask}] * 20))
    said = "entry 1: the mask has 16384x16384 px, and its image 640x480; write it in the size"
    with bounded(), pytest.raises(UserError, match=said):
        load_external(tmp_path / "mine", IMAGES, NAMES, task="segment")


def test_folders_of_boxes_whose_files_are_no_text(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.txt")).touch()
    (tmp_path / "large.txt").touch()
    digests = set()
    for size in (0, 1 << 40, 1 << 41):
        os.truncate(tmp_path / "large.txt", size)
        digest_of_folder.cache_clear()
        with bounded():
            digests.add(digest_of_folder(str(tmp_path)))
    assert len(digests) == 3


@pytest.mark.parametrize("folder", ["/", "/proc", "/sys/kernel"])
def test_folders_of_the_system_are_not_searched(tmp_path: Path, folder: str) -> None:
    (tmp_path / "link").symlink_to(folder)
    for place in (folder, tmp_path / "link"):
        with bounded(), pytest.raises(UserError, match="is a folder of the system; name one that"):
            load_external(place, IMAGES, NAMES)


def test_a_pointer_of_git_lfs_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_bytes(LFS + b"/spec/v1\noid sha256:0\nsize 5613764\n")
    with pytest.raises(UserError, match=r"mine\.json is a pointer of Git LFS; fetch the file"):
        load_external(tmp_path / "mine.json", IMAGES, NAMES)


@pytest.mark.parametrize(
    "content",
    [
        {"a.jpg": [["car", 0.5], ["Car", 0.25]]},
        {"a.jpg": [["car", 0.5], [2, 0.25]]},
        [{"image": "a.jpg", "labels": [0, 1, 0], "probabilities": [0.5, 0.25, 0.25]}],
    ],
)
def test_a_class_twice_gets_a_sentence(tmp_path: Path, content: Any) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(content))
    said = (
        r"mine\.json, .*: the class \S+ of this image is listed before, too; list each class once"
    )
    with pytest.raises(UserError, match=said):
        load_external(tmp_path / "mine.json", IMAGES, NAMES, task="classify")


@pytest.mark.parametrize("word", WORDS)
def test_words_as_each_part_of_a_box(tmp_path: Path, word: str) -> None:
    for key in ENTRY:
        (tmp_path / "mine").write_text(json.dumps([ENTRY | {key: word}]))
        with bounded():
            check_boxes(load_external(tmp_path / "mine", IMAGES, NAMES))
