"""Choices of a deployment: declared once, and every value does something of its own."""

import inspect
import pickle
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest
from PIL import Image

from parity.deployment.pipeline import Pipeline, deviations
from parity.deployment.postprocess import postprocess
from parity.deployment.preprocess import (
    PREPROCESSING,
    PreprocessingChoices,
    preprocess,
)
from parity.deployment.reading import read_with_choices
from parity.deployment.stage import (
    HASH,
    Choices,
    allowed,
    by_value,
    choice,
    fields_of,
    listed,
    moot,
)
from parity.deployment.task import DEPLOYMENTS, InImage
from parity.detection.head import NetworkHead
from parity.detection.letterbox import Letterbox
from parity.tasks.task import Outputs
from tests.conftest import ROOT

BASES = (
    Pipeline(class_table=((0, 5), (3, 9))),
    Pipeline(fitting="stretch", suppression="agnostic", iou=0.3),
    Pipeline(align="top_left", gain="largest"),
    Pipeline(offset="exact", integers="sides_truncated", suppression="agnostic", iou=0.3),
    Pipeline(offset="half", side_rounding="ceil", clip="no", integers="truncated", iou=0.5),
    Pipeline(gain="largest", offset="from_gain", dropped="leaving_image", iou=0.5),
    Pipeline(fitting="warp"),
    Pipeline(turned="by_90"),
    Pipeline(imgsz=(640, 638), frame=(0, 200)),
)
"""Deployments in which values differ."""

TASKS_IN_TURN = ("detect", "classify", "pose", "obb", "segment")
BASES_OF = {
    "pose": (Pipeline(conf=0.5),),
    "obb": (Pipeline(conf=0.01, iou=0.2),),
    "segment": (Pipeline(conf=0.98), Pipeline(conf=0.98, mask_steps="in_input")),
}
"""The same of the other tasks."""

OF_NETWORK = {"ending"}
"""Choices that show only where a network is run."""

ALIKE = {
    ("opencv", "pillow"),
    ("ultralytics", "floor"),
    ("nearest", "floor"),
    ("ignored", "applied"),
}
"""Values that do the same here: two readers of JPEG, two ways of halving whole px, two ways of
taking the nearest px, which differ where a quotient is whole (see test_geometry), and what becomes
of a colour profile, which these photographs lack (see test_reading)."""


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return a tall and a wide photograph; their resized sides are rounded up and down."""
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("photographs")
    exif = Image.Exif()
    paths = []
    for size, orientation in (((437, 327), 6), ((437, 302), 1)):
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


KEYPOINTS, PROTOTYPES = (5, 3), 4
"""Shape of the keypoints, and number of prototypes, of the outputs that are made here."""


def test_replaced_choices_are_checked_and_equal_ones_hash_alike() -> None:
    start = Pipeline(iou=0.3)
    assert hash(start) == hash(Pipeline(iou=0.3))
    changed = start.replace(fitting="stretch", iou=0.7)
    assert (
        changed
        == replace(start, fitting="stretch", iou=0.7)
        == Pipeline().replace(fitting="stretch")
    )
    assert (start, hash(changed)) == (Pipeline(iou=0.3), hash(Pipeline(fitting="stretch")))
    assert pickle.loads(pickle.dumps(changed)) == changed  # noqa: S301
    assert HASH not in changed.__getstate__()
    with pytest.raises(ValueError, match="fitting is 'none'; it must be one of 'letterbox'"):
        start.replace(fitting="none")
    with pytest.raises(TypeError, match="Pipeline has no choice 'fiting'"):
        start.replace(fiting="stretch")


def outputs_of(task: str, raw: np.ndarray) -> Outputs:
    """Return what a network of a task might return beside the boxes of a raw output."""
    rng = np.random.default_rng(2)
    if task == "classify":
        return (rng.dirichlet(np.ones(80)).astype(np.float32),)
    boxes = raw[:4]
    if task == "pose":
        points = np.concatenate([np.tile(boxes[:2] + 90.3, (5, 1)), rng.random((5, 400))])
        return (np.concatenate([raw, points.astype(np.float32)]),)
    if task == "obb":
        return (np.concatenate([raw, rng.uniform(0.2, 2, (1, 400))]).astype(np.float32),)
    if task == "segment":
        rough = rng.normal(size=(PROTOTYPES, 40, 40)).astype(np.float32)
        prototypes = np.stack([cv2.GaussianBlur(each, (5, 5), 0) for each in rough])
        coefficients = 4 * rng.normal(size=(PROTOTYPES, 400)).astype(np.float32)
        return np.concatenate([raw, coefficients]), prototypes
    return (raw,)


@cache
def prepared(
    choices: PreprocessingChoices, path: Path, task: str
) -> tuple[str, Letterbox, tuple[int, int]]:
    """Return the digest of the tensor that a deployment makes of an image, and the image's place.

    The tensors themselves would take gigabytes.
    """
    pixels = read_with_choices(choices, path)
    size = (224, 224) if task == "classify" else (640, 640)
    ready = preprocess(choices, pixels, size, DEPLOYMENTS[task].fitting)
    return sha256(ready.tensor.tobytes()).hexdigest(), ready.place, ready.image_shape


def returned(
    pipeline: Pipeline, photographs: list[Path], raw: np.ndarray, task: str
) -> list[object]:
    """Return all that a deployment makes, without running a network."""
    made: list[object] = []
    head = NetworkHead(task, keypoint_shape=KEYPOINTS)
    for path in photographs:
        before = {name: getattr(pipeline, name) for name in PREPROCESSING}
        digest, *where = prepared(PreprocessingChoices(**before), path, task)
        found = postprocess(pipeline, outputs_of(task, raw), InImage(*where, head), classes=80)
        made += [
            digest,
            *(None if each is None else each.tobytes() for each in vars(found).values()),
        ]
    return made


@pytest.mark.parametrize("name", [name for name in listed(Pipeline) if name not in OF_NETWORK])
def test_every_value_of_a_choice_does_something_of_its_own(
    name: str, photographs: list[Path], raw: np.ndarray
) -> None:
    task = next(t for t in TASKS_IN_TURN if name in DEPLOYMENTS[t].choices)
    bases = BASES if task == "detect" else BASES_OF.get(task, (Pipeline(conf=0.0),))
    results = {
        value: [returned(replace(base, **{name: value}), photographs, raw, task) for base in bases]
        for value in allowed(Pipeline, name)
    }
    same = {(a, b) for a, b in combinations(results, 2) if results[a] == results[b]}
    assert same <= ALIKE


@pytest.mark.parametrize("task", TASKS_IN_TURN)
def test_every_value_takes_an_output_without_objects(task: str, photographs: list[Path]) -> None:
    nothing = np.zeros((84, 400), np.float32)
    base = Pipeline(conf=0.25)
    for name in DEPLOYMENTS[task].choices - {*PREPROCESSING, *OF_NETWORK}:
        for value in allowed(Pipeline, name):
            returned(replace(base, **{name: value}), photographs[:1], nothing, task)


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
        ({}, {"dropped_after_nms", "multiple_first", "frame_kernel"}),
        (
            {"fitting": "pad_first", "dropped": "leaving_image"},
            {"align", "side_rounding", "border_rounding", "enlarge", "offset"}
            | {"clip", "clip_frame", "clip_keeps_sides", "frame_kernel"},
        ),
        (
            {"fitting": "crop", "suppression": "best"},
            {"align", "side_rounding", "border_rounding", "enlarge", "offset", "border"}
            | {"sides_exchanged", "overlap", "suppressed_in", "order", "iou", "merging"}
            | {"multiple_first", "suppressors", "frame_kernel"}
            | {"iou_inclusive", "class_offset", "dropped_after_nms"},
        ),
    ],
)
def test_what_is_moot(changes: dict[str, str], expected: set[str]) -> None:
    assert moot(Pipeline(**changes)) == expected | {"class_table", "turned_back"}
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
from parity.diagnosis.evidence.box_evidence import combinations_of
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
