"""Choices of a deployment: declared once, and every value does something of its own."""

import inspect
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import Image

from parity.deployment.pipeline import Pipeline, deviations
from parity.deployment.postprocess import postprocess
from parity.deployment.preprocess import (
    PREPROCESSING,
    Preprocessed,
    PreprocessingChoices,
    preprocess,
)
from parity.deployment.reading import read_with_choices
from parity.deployment.stage import Choices, allowed, by_value, choice, fields_of, listed, moot
from parity.deployment.task import InImage
from tests.conftest import ROOT

BASES = (
    Pipeline(class_table=((0, 5), (3, 9))),
    Pipeline(fitting="stretch", suppression="agnostic", iou=0.3),
    Pipeline(align="top_left", gain="largest"),
    Pipeline(offset="exact", integers="sides_truncated", suppression="agnostic", iou=0.3),
    Pipeline(offset="half", side_rounding="ceil", clip="no", integers="truncated", iou=0.5),
    Pipeline(gain="largest", offset="from_gain", dropped="leaving_image", iou=0.5),
    Pipeline(fitting="warp"),
)
"""Deployments in which values differ."""

ALIKE = {("opencv", "pillow"), ("ultralytics", "floor")}
"""Values that do the same here: two readers of JPEG, and two ways of halving whole px."""


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return a tall and a wide photograph; their resized sides are rounded up and down."""
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("photographs")
    exif = Image.Exif()
    paths = []
    for size, orientation in (((437, 331), 6), ((437, 302), 1)):
        noise = Image.fromarray(rng.integers(0, 256, (40, 60, 3), np.uint8))
        paths.append(folder / f"{orientation}.jpg")
        exif[0x0112] = orientation
        noise.resize(size, Image.Resampling.BICUBIC).save(paths[-1], exif=exif)
    return paths


@pytest.fixture(scope="module")
def raw() -> np.ndarray:
    """Return a raw output of a crowd of boxes over the edges of the input, some without area."""
    rng = np.random.default_rng(1)
    output = rng.random((84, 400), np.float32) ** 6
    output[:2] = rng.random((2, 400)) * 640
    output[2:4] = 30 + rng.random((2, 400)) * 200
    output[:4, :4] = np.array([[300], [300], [0], [0]])
    output[4:, :4] = 0.0
    output[5, :4] = 0.999
    output[4:, 4:7] = 0
    output[83, 4] = 0.25  # the threshold
    output[:4, 5:7] = np.array([[300, 301.5], [300, 300], [8, 8], [8, 8]])  # an IoU of 0.68
    output[82, 5:7] = 0.999
    output[4:, 7:9] = 0
    output[:4, 7:9] = np.array([[500, 500], [500, 500], [8, 4], [8, 8]])  # an IoU of 0.5
    output[81, 7:9] = 0.999
    return output


@cache
def prepared(choices: PreprocessingChoices, path: Path) -> tuple[str, Preprocessed]:
    """Return what a deployment makes of an image, and the digest of the tensor."""
    ready = preprocess(choices, read_with_choices(choices, path), (640, 640))
    return sha256(ready.tensor.tobytes()).hexdigest(), ready


def returned(pipeline: Pipeline, photographs: list[Path], raw: np.ndarray) -> list[object]:
    """Return all that a deployment makes, without running a network."""
    made: list[object] = []
    for path in photographs:
        before = {name: getattr(pipeline, name) for name in PREPROCESSING}
        digest, ready = prepared(PreprocessingChoices(**before), path)
        found = postprocess(pipeline, (raw,), InImage(ready.place, ready.image_shape), classes=80)
        columns = (found.boxes, found.scores, found.class_ids)
        made += [digest, *(column.tobytes() for column in columns)]
    return made


@pytest.mark.parametrize("name", listed(Pipeline))
def test_every_value_of_a_choice_does_something_of_its_own(
    name: str, photographs: list[Path], raw: np.ndarray
) -> None:
    results = {
        value: [returned(replace(base, **{name: value}), photographs, raw) for base in BASES]
        for value in allowed(Pipeline, name)
    }
    same = {(a, b) for a, b in combinations(results, 2) if results[a] == results[b]}
    assert same <= ALIKE


@pytest.mark.parametrize("name", listed(Pipeline))
def test_an_unknown_value_raises_at_construction(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is 'unknown'; it must be one of ") as caught:
        replace(Pipeline(), **{name: "unknown"})
    assert all(repr(value) in str(caught.value) for value in allowed(Pipeline, name))


def test_the_defaults_are_allowed_and_come_from_the_stages() -> None:
    for name in listed(Pipeline):
        assert getattr(Pipeline(), name) in allowed(Pipeline, name)
    stages = Pipeline.__bases__
    assert set(fields_of(*stages)) == set(fields_of(Pipeline))


def test_a_choice_belongs_to_one_stage() -> None:
    declared = [
        name
        for cls in Pipeline.__mro__
        if issubclass(cls, Choices)
        for name in inspect.get_annotations(cls)
    ]
    assert sorted(declared) == sorted(fields_of(Pipeline))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"dropped_after_nms"}),
        (
            {"fitting": "pad_first", "dropped": "leaving_image"},
            {"align", "side_rounding", "border_rounding", "enlarge", "offset"}
            | {"clip", "clip_frame", "clip_keeps_sides"},
        ),
        (
            {"fitting": "crop", "suppression": "best"},
            {"align", "side_rounding", "border_rounding", "enlarge", "offset", "border"}
            | {"sides_exchanged", "overlap", "suppressed_in", "order", "iou", "merging"}
            | {"iou_inclusive", "class_offset", "dropped_after_nms"},
        ),
    ],
)
def test_what_is_moot(changes: dict[str, str], expected: set[str]) -> None:
    assert moot(Pipeline(**changes)) == expected
    assert moot(Pipeline(**changes)) <= set(fields_of(Pipeline))


def test_deviations_name_what_differs() -> None:
    assert deviations(Pipeline(colours="bgr", iou=0.45)) == {"colours": "bgr", "iou": 0.45}


@dataclass(frozen=True)
class Blurring(Choices):
    """A stage that does not exist."""

    blur: Literal["no", "box", "gauss"] = choice("no", moot={"no": ["radius"]})
    radius: int = 1


def test_functions_cover_exactly_the_values() -> None:
    functions = {"no": np.copy, "box": np.copy}
    assert allowed(Blurring, "blur") == ("no", "box", "gauss")
    assert moot(Blurring()) == {"radius"}
    assert not moot(Blurring(blur="box"))
    with pytest.raises(TypeError, match=r"Blurring\.blur and its functions .* \['gauss'\]"):
        by_value(Blurring, "blur", functions)
    with pytest.raises(TypeError, match=r"\['median'\]"):
        by_value(Blurring, "blur", {**functions, "gauss": np.copy, "median": np.copy})


EDITS = {
    "    merging: bool = False\n": "    merging: bool = False\n    reversed: bool = False\n",
    "    return SUPPRESSIONS": "    kept = SUPPRESSIONS",
    "(choices, boxes, scores, class_ids)\n\n\nSelection": (
        "(choices, boxes, scores, class_ids)\n"
        "    return kept[::-1] if choices.reversed else kept\n\n\nSelection"
    ),
}
"""A further choice and what it does."""

USE = """
import numpy as np
from parity.deployment.pipeline import Pipeline, deviations
from parity.deployment.boxes import survivors
from parity.deployment.task import InImage
from parity.detection.decoding import Candidates
from parity.diagnosis.box_evidence import combinations_of
pipeline = Pipeline(reversed=True)
assert deviations(pipeline) == {"reversed": True}
assert combinations_of("reversed") == [{"reversed": False}, {"reversed": True}]
boxes = np.array([[10, 10, 4, 4], [50, 50, 4, 4]], np.float32)
found = Candidates(boxes, np.array([0.5, 0.75], np.float32), np.zeros(2, np.int32))
print(*(survivors(p, found, InImage(None, None)).scores.tolist() for p in (Pipeline(), pipeline)))
"""


def test_a_new_choice_touches_the_module_of_its_stage_alone(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "parity", tmp_path / "parity")
    stage = tmp_path / "parity" / "deployment" / "nms_variants.py"
    code = stage.read_text()
    for old, new in EDITS.items():
        assert code.count(old) == 1
        code = code.replace(old, new)
    stage.write_text(code)
    done = subprocess.run(
        [sys.executable, "-c", USE], cwd=tmp_path, capture_output=True, check=False, text=True
    )
    assert done.stdout == "[0.75, 0.5] [0.5, 0.75]\n", done.stderr
