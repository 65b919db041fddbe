"""The right lines: in Python, C++ and JavaScript they are run, and their numbers are parity's."""

import ast
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from PIL import Image

from parity.data.reading import read_image
from parity.deployment.pipeline import Pipeline
from parity.detection.boxes import cxcywh_to_xyxy
from parity.detection.centre_crop import resize_and_crop
from parity.detection.decoding import decode
from parity.detection.head import NetworkHead
from parity.detection.keypoints import scale_keypoints
from parity.detection.letterbox import apply, fit, planes
from parity.detection.masks import masks_in_image
from parity.detection.nms import CLASS_OFFSET_PX, nms
from parity.detection.oriented_boxes import corners_of
from parity.detection.rescaling import scale_boxes
from parity.diagnosis.catalogue.fault import Fault, all_faults
from parity.diagnosis.catalogue.thresholds import POPULAR, threshold_fault
from parity.diagnosis.fixes.fix import FIXES, FixValues, fill_in, fix_values, languages_run
from parity.diagnosis.languages import LANGUAGES, Language
from tests.fix_programs import (
    HEADERS,
    STEPS,
    VALUES,
    Run,
    build_cpp,
    check_together,
    run_javascript,
    run_python,
)

PLACES = pytest.mark.parametrize("place", range(len(VALUES)))
OF_TASKS = {"centre_crop", "labels", "keypoints", "angles", "masks"}

PYTHON_ONLY = {"reading", "class_names"} | OF_TASKS
"""Subjects whose lines other languages cannot run without a library of hundreds of MB, or a
browser."""

SIDES = [(96, 96), (50, 77), (130, 41), (37, 200), (1, 90), (63, 64), (250, 333)]
"""Heights and widths of images, px."""


@pytest.fixture(scope="session", params=["python", "cpp", "javascript"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    if request.param == "python":
        return run_python
    if request.param == "javascript":
        if not shutil.which("node"):
            pytest.skip("needs node")
        return run_javascript
    if not shutil.which("g++") or not Path(HEADERS).is_dir():
        pytest.skip("needs g++ and Debian's libopencv-imgproc-dev")
    return build_cpp(tmp_path_factory.mktemp("cpp"))


def image_of(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 3), np.uint8)


def boxes_of(many: int, seed: int) -> np.ndarray:
    """Return crowded boxes, some of which reach out of the image."""
    random = np.random.default_rng(seed)
    corners = random.choice([-10, 15, 40], (many, 2)) + random.uniform(0, 5, (many, 2))
    return np.hstack([corners, corners + random.uniform(20, 40, (many, 2))]).astype(np.float32)


@PLACES
@pytest.mark.parametrize("shape", SIDES)
def test_pixels_are_letterboxed_as_parity_does(run: Run, place: int, shape: Any) -> None:
    values, image = VALUES[place], image_of(*shape)
    where = fit(shape, (values.height, values.width), stride=values.stride)
    expected = apply(image, where)
    found = run("letterbox", place, {"image": image})
    level = 1 if run is run_javascript else 0  # OpenCV computes in integers, JavaScript in floats
    np.testing.assert_allclose(found["canvas"].ravel(), expected.ravel(), atol=level)
    tensor = found["tensor"].ravel()
    np.testing.assert_allclose(tensor, planes(expected).ravel(), atol=1.001 * level / 255)
    grey = np.ones(expected.shape[:2], bool)
    inside = slice(where.top, where.top + where.resized_height)
    grey[inside, where.left : where.left + where.resized_width] = False
    assert (found["canvas"].reshape(expected.shape)[grey] == 114).all()


@pytest.mark.parametrize("size", [(96, 80), (20, 31), (150, 60)])
def test_pixels_are_resized_as_parity_does(run: Run, size: tuple[int, int]) -> None:
    image = image_of(60, 77)
    found = run("resizing", 0, {"image": image, "size": np.array(size)})["resized"].ravel()
    expected = cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR)
    level = 1 if run is run_javascript else 0
    np.testing.assert_allclose(found, expected.ravel(), atol=level)


@PLACES
def test_the_output_is_decoded_as_parity_does(run: Run, place: int) -> None:
    random = np.random.default_rng(place)
    raw = np.vstack([random.uniform(1, 90, (4, 60)), random.beta(0.3, 1, (3, 60))])
    raw = raw.astype(np.float32)
    expected = decode(raw, VALUES[place].conf)
    assert len(expected) > 10
    found = run("decoding", place, {"raw": raw})
    corners = cxcywh_to_xyxy(expected.boxes).ravel()
    np.testing.assert_allclose(found["boxes"].ravel(), corners, rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(found["scores"], expected.scores, rtol=1e-6)
    assert found["class_ids"].tolist() == expected.class_ids.tolist()


@PLACES
def test_nms_keeps_what_parity_keeps(run: Run, place: int) -> None:
    values, boxes = VALUES[place], boxes_of(80, place)
    random = np.random.default_rng(place)
    scores = random.uniform(0, 1, 80).round(2).astype(np.float32)  # some are equal
    class_ids = random.integers(0, 3, 80).astype(np.int32)
    offsets = class_ids[:, None].astype(np.float32) * CLASS_OFFSET_PX
    expected = nms(boxes + offsets, scores, values.iou, limit=values.max_det).tolist()
    assert len(expected) < 80
    assert expected != nms(boxes, scores, values.iou, limit=values.max_det).tolist()
    found = run("nms", place, {"boxes": boxes, "scores": scores, "class_ids": class_ids})
    assert found["kept"].tolist() == expected


@PLACES
@pytest.mark.parametrize("shape", SIDES)
def test_boxes_are_rescaled_as_parity_does(run: Run, place: int, shape: Any) -> None:
    values, boxes = VALUES[place], boxes_of(10, place)
    where = fit(shape, (values.height, values.width), stride=values.stride)
    sides = (where.height, where.width)
    expected = scale_boxes(boxes, sides, shape)
    given = {"input": np.array(sides), "size": np.array(shape), "boxes": boxes.copy()}
    found = run("rescaling", place, given)["boxes"].ravel()
    slack = 0 if run is run_python else 1e-3
    np.testing.assert_allclose(found, expected.ravel(), atol=slack)


def test_boxes_are_clipped_brought_into_px_and_counted_from_the_top(run: Run) -> None:
    boxes, size = boxes_of(20, 0), np.array([40, 50])
    clipped = run("clipping", 0, {"size": size, "boxes": boxes.copy()})["boxes"].reshape(-1, 4)
    np.testing.assert_allclose(clipped, boxes.clip(0, [50, 40, 50, 40]), rtol=1e-6)
    pixels = run("units", 0, {"size": size, "boxes": boxes.copy()})["boxes"].reshape(-1, 4)
    np.testing.assert_allclose(pixels, boxes * [50, 40, 50, 40], rtol=1e-6)
    counted = run("origin", 0, {"size": size, "boxes": boxes.copy()})["boxes"].reshape(-1, 4)
    x1, y1, x2, y2 = boxes.T
    np.testing.assert_allclose(counted.T, [x1, 40 - y2, x2, 40 - y1], rtol=1e-6, atol=1e-5)
    moved = run("centre", 0, {"size": size, "boxes": boxes.copy()})["boxes"].reshape(-1, 4)
    np.testing.assert_allclose(moved, np.add(boxes, [25, 20, 25, 20]), rtol=1e-6, atol=1e-5)
    back = run("turning", 0, {"size": size, "boxes": boxes.copy()})["boxes"].reshape(-1, 4)
    np.testing.assert_allclose(back.T, [50 - x2, y1, 50 - x1, y2], rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize(
    ("turned", "clockwise"), [("by_90", 1), ("by_180", 2), ("by_270", 3), ("upside_down", 0)]
)
def test_boxes_of_a_turned_image_are_moved_back(turned: str, clockwise: int) -> None:
    image = np.zeros((40, 50), np.uint8)
    image[5:12, 20:41] = 1
    rows, columns = np.nonzero(np.rot90(image, -clockwise) if clockwise else image[::-1])
    box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    given = {"np": np, "boxes": np.array([box], float), "image_w": 50, "image_h": 40}
    lines = (
        FIXES["turning"]
        .lines("python", VALUES[0])
        .replace('"mirrored", boxes', f'"{turned}", boxes')
    )
    exec(lines, given)  # noqa: S102 - what is tested
    assert given["boxes"].tolist() == [[20, 5, 41, 12]]


def test_the_four_numbers_of_a_box(run: Run) -> None:
    numbers = np.array([1.25, 2.5, 10.75, 20.125])
    assert run("corners", 0, {"numbers": numbers})["corners"].tolist() == [1.25, 2.5, 12.0, 22.625]
    assert run("fractions", 0, {"numbers": numbers})["box"].tolist() == numbers.tolist()


@pytest.mark.parametrize("language", ["cpp", "javascript"])
def test_lines_for_several_faults_stand_in_one_function(language: Language) -> None:
    if not shutil.which({"cpp": "g++", "javascript": "node"}[language]):
        pytest.skip("needs g++ or node")
    check_together(language)


@PLACES
def test_thresholds_are_those_of_the_deployment(run: Run, place: int) -> None:
    values = VALUES[place]
    given = {"scores": np.array([0.1, 0.9])}
    found = run("thresholds", place, given if run is run_python else {})["numbers"]
    np.testing.assert_allclose(found, [values.conf, values.iou, values.max_det], rtol=1e-6)


def test_an_image_is_read_as_parity_reads_it(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(image_of(40, 60)).save(tmp_path / "turned.jpg", exif=exif)
    names: dict[str, Any] = {"np": np, "cv2": cv2, "path": str(tmp_path / "turned.jpg")}
    exec(FIXES["reading"].lines("python", VALUES[0]), names)  # noqa: S102 - what is tested
    assert names["image"].shape == (60, 40, 3)
    np.testing.assert_array_equal(names["image"], read_image(names["path"]))


def test_class_names_are_read_from_the_model() -> None:
    tensor = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    node = onnx.helper.make_node("Identity", ["x"], ["y"])
    out = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])
    graph = onnx.helper.make_graph([node], "g", [tensor], [out])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.helper.set_model_props(model, {"names": "{0: 'person', 1: 'car'}"})
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names: dict[str, Any] = {"ast": ast, "session": session, "class_id": np.int32(1)}
    exec(FIXES["class_names"].lines("python", VALUES[0]), names)  # noqa: S102 - what is tested
    assert names["label"] == "car"


def run_lines(subject: str, values: FixValues, **names: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"np": np, "cv2": cv2, "Image": Image, **names}
    exec(FIXES[subject].lines("python", values), given)  # noqa: S102 - what is tested
    return given


PLACE = {"input_h": 64, "input_w": 96, "image_h": 50, "image_w": 60, "y0": 0, "x0": 9}
PLACE |= {"fit_h": 64, "fit_w": 77}
"""An image of 60x50 px in an input of 96x64."""


@pytest.mark.parametrize("shape", [(50, 60), (61, 40), (33, 97), (32, 32)])
def test_the_centre_is_cropped_as_parity_crops_it(shape: tuple[int, int]) -> None:
    values, image = VALUES[0], image_of(*shape)
    expected = resize_and_crop(image, (values.height, values.width))
    np.testing.assert_array_equal(run_lines("centre_crop", values, image=image)["canvas"], expected)


def test_the_best_labels_come_first() -> None:
    output = np.array([[0.2, 0.5, 0.3]], np.float32)
    assert run_lines("labels", VALUES[0], output=output)["best"].tolist() == [1, 2, 0]


@pytest.mark.parametrize(("numbers", "what"), [(3, "# x, y, visibility"), (2, "# x, y\n")])
def test_keypoints_are_put_where_parity_puts_them(numbers: int, what: str) -> None:
    values = replace(VALUES[0], numbers=numbers)
    rows = np.random.default_rng(0).uniform(0, 64, (3, 7 + numbers * 5)).astype(np.float32)
    expected = scale_keypoints(rows[:, 7:].reshape(3, 5, numbers), (64, 96), (50, 60))
    found = run_lines("keypoints", values, rows=rows, **PLACE)["points"]
    assert what in fill_in(["keypoints"], values)["python"]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("subject", ["keypoints", "masks"])
def test_what_follows_the_boxes_uses_the_names_that_their_lines_make(subject: str) -> None:
    chance = np.random.default_rng(0)
    names: dict[str, Any] = {
        "np": np,
        "cv2": cv2,
        "image": np.empty((50, 60, 3)),
        "canvas": np.empty((64, 96, 3)),
        "boxes": np.array([[12.0, 6.0, 60.0, 60.0]]),
        "rows": chance.uniform(0, 64, (1, 7 + 15)),
        "coefficients": chance.normal(size=(1, 32)).astype(np.float32),
        "prototypes": chance.normal(size=(32, 16, 24)).astype(np.float32),
    }
    exec(fill_in(["rescaling", subject], VALUES[0])["python"], names)  # noqa: S102 - what is tested
    assert {name: names[name] for name in PLACE} == PLACE
    assert "points" in names or names["masks"].any()


def test_corners_go_around_a_box_as_those_of_ultralytics() -> None:
    box = np.array([20.0, 30.0, 12.0, 6.0, 0.7])
    found = run_lines("angles", VALUES[0], box=box)["corners"]
    np.testing.assert_allclose(found, corners_of(box[None])[0])


def test_masks_are_made_as_parity_makes_them() -> None:
    chance = np.random.default_rng(0)
    prototypes = cv2.GaussianBlur(chance.normal(size=(16, 24, 32)), (5, 5), 0).transpose(2, 0, 1)
    prototypes = np.ascontiguousarray(prototypes, np.float32)
    coefficients = chance.normal(size=(3, 32)).astype(np.float32)
    boxes = np.array([[3.2, 4, 40, 44.5], [0, 0, 60, 50], [20, 10, 30, 20]], np.float32)
    given = {"prototypes": prototypes, "coefficients": coefficients, "boxes": boxes}
    found = run_lines("masks", VALUES[0], **given, **PLACE)["masks"]
    expected = masks_in_image(prototypes, coefficients, boxes, (50, 60))
    assert (found != expected).mean() < 1e-3


def test_what_is_said_to_be_run_is_run() -> None:
    everywhere = {subject for subjects in STEPS.values() for subject in subjects}
    assert everywhere | PYTHON_ONLY == set(FIXES)
    for subject, fix in FIXES.items():
        expected = {"python"} if subject in PYTHON_ONLY else {"python", "cpp", "javascript"}
        assert fix.run == expected


@pytest.mark.parametrize("subject", FIXES)
@pytest.mark.parametrize("values", VALUES)
def test_lines_are_filled_in_and_fit_the_page(subject: str, values: FixValues) -> None:
    for lines in fill_in([subject], values).values():
        assert lines == lines.strip()
        assert max(map(len, lines.splitlines())) <= 100


THRESHOLDS = [threshold_fault(field, 0.5, None) for field in POPULAR]


def test_every_fix_is_of_some_fault() -> None:
    faults = [*all_faults(), *THRESHOLDS]
    assert {subject for fault in faults for subject in fault.subjects} == set(FIXES)


@pytest.mark.parametrize("fault", THRESHOLDS, ids=str)
def test_the_lines_for_a_threshold_speak_of_no_other(fault: Fault) -> None:
    (own,) = fault.fields
    for lines in fill_in(fault.subjects, VALUES[0]).values():
        words = {word.lower().replace("_", "") for word in re.findall(r"\w+", lines)}
        named = {field for field in POPULAR if field.replace("_", "") in words}
        assert named == {own}
        assert own == "iou" or not words & {"box", "boxes"}, "classifiers have none"


def test_the_lines_hold_the_size_and_the_thresholds_of_the_deployment() -> None:
    class Wide:
        imgsz, stride, rect, end2end = (480, 1280), 64, True, False
        head = NetworkHead("pose", keypoint_shape=(4, 2))

    values = fix_values(Wide(), Pipeline(stride=64, conf=0.4, max_det=100), 7)  # type: ignore[arg-type]
    assert values == FixValues(480, 1280, 64, 7, 0.4, 0.7, 100, numbers=2)
    for language, lines in fill_in(["letterbox", "rescaling", "decoding", "nms"], values).items():
        for words in ("480", "1280", "% 64", "at most 480 and 1280", "0.4", "0.7", "100", "11 x"):
            said = words.replace("11 x", "(1, 11, ") if language == "python" else words
            assert said in lines
        assert "640" not in lines
    fixed = fix_values(Wide(), Pipeline(imgsz=(320, 416)), 7)  # type: ignore[arg-type]
    assert (fixed.height, fixed.width, fixed.stride) == (320, 416, None)
    assert "%" not in fill_in(["letterbox"], fixed)["cpp"]


STRETCHED_AND_BGR = ("letterbox", "input_tensor", "rescaling")


def test_languages_keep_their_order_and_what_is_run_needs_every_part() -> None:
    assert tuple(fill_in(["letterbox"], VALUES[0])) == LANGUAGES
    assert languages_run(["letterbox", "rescaling"]) == ("python", "cpp", "javascript")
    assert languages_run(["letterbox", "reading"]) == ("python",)
    assert fill_in([], VALUES[0]) == {}
    together = fill_in(["rescaling", "input_tensor", "letterbox", "rescaling"], VALUES[0])
    for language, lines in together.items():
        parts = [FIXES[each].lines(language, VALUES[0]) for each in STRETCHED_AND_BGR]
        assert lines.endswith("\n\n".join(parts)), "each once, as a deployment runs them"
    assert languages_run([]) == ()


def test_lines_say_what_the_names_are_that_they_do_not_make() -> None:
    values = VALUES[0]
    first = {each: text.split("\n")[0] for each, text in fill_in(["clipping"], values).items()}
    assert first["python"] == "# image_w: width of the image, px"
    assert first["cpp"] == first["javascript"] == "// image: the decoded image"
    together = fill_in(["letterbox", "input_tensor"], values)
    assert "canvas:" not in together["python"], "the lines above make it"
    assert (
        "# canvas: the image that the network is given"
        in fill_in(["input_tensor"], values)["python"]
    )
