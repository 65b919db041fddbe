"""Labels, keypoints, oriented boxes and masks as people write them."""

import json
import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from parity.detection.detections import Detections
from parity.detection.oriented_boxes import corners_of, hulls_of, rectangles_of
from parity.detection.run_length import encode_masks
from parity.diagnosis.evidence.misfit import Precision, fit_boxes
from parity.errors import UserError
from parity.external.observations import Observed
from parity.external.reader import load_external
from parity.external.shapes import (
    WrittenShapes,
    hull_of,
    in_order,
    mask_of,
    oriented_of,
    parse_shapes,
)
from parity.limits import PIXELS
from tests.conftest import examples

SIZES = {"a.jpg": (480, 640)}
NAMES = {0: "person", 1: "bicycle", 2: "car"}
BOX = [10.0, 20.0, 30.0, 60.0]
ENTRY = {"image": "a.jpg", "box": BOX, "score": 0.5, "class_id": 2}
POINTS = [[11.5, 22.0, 0.9], [12.0, 33.0, 0.1]]


def read(folder: Path, content: Any, task: str, name: str = "mine.json") -> Observed:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return load_external(path, SIZES, NAMES, task=task).images["a.jpg"]


@pytest.mark.parametrize(
    "content",
    [
        [
            {"image": "a.jpg", "label": "car", "score": 0.75},
            {"image": "a.jpg", "label": "person", "score": 0.125},
        ],
        {"a.jpg": {"car": 0.75, "person": 0.125}},
        {"a.jpg": [["car", 0.75], ["person", 0.125]]},
        {"a.jpg": [{"class": "car", "prob": 0.75}, {"class": "person", "prob": 0.125}]},
        [{"image": "a.jpg", "labels": ["car", "person"], "probabilities": [0.75, 0.125]}],
        [{"image": "a.jpg", "top5": [2, 0], "top5conf": [0.75, 0.125]}],
        "image,label,probability\na.jpg,car,0.75\na.jpg,person,0.125\n",
        "image;class_id;score\na.jpg;2;75%\na.jpg;0;12.5%\n",
        "a.jpg,car,0.75\na.jpg,person,0.125\n",
        "a.jpg,car,75.0\na.jpg,person,12.5\n",
        "image,top1,top1_conf,top2,top2_conf\na.jpg,car,0.75,person,0.125\n",
        "file,label_1,label_2,score_1,score_2\na.jpg,2,0,0.75,0.125\n",
        "image,class1,class2,prob1,prob2\na.jpg,car,person,75%,12.5%\n",
    ],
)
def test_labels_as_people_write_them(tmp_path: Path, content: Any) -> None:
    seen = read(tmp_path, content, "classify")
    assert seen.class_ids.tolist() == [2, 0]
    np.testing.assert_allclose(seen.scores, [0.75, 0.125])
    np.testing.assert_array_equal(seen.boxes, [[0, 0, 640, 480]] * 2)


@pytest.mark.parametrize(
    ("content", "score"),
    [
        ({"a.jpg": {"label": "car", "confidence": 0.75}}, 0.75),
        ("filename,prediction,confidence\na.jpg,car,0.75\n", 0.75),
        ({"a.jpg": {"class_id": 2}}, None),
        ({"a.jpg": "car"}, None),
        ({"a.jpg": ["car"]}, None),
        ("image,predicted_class\na.jpg,car\n", None),
    ],
)
def test_the_best_label_alone(tmp_path: Path, content: Any, score: float | None) -> None:
    seen = read(tmp_path, content, "classify")
    assert seen.class_ids.tolist() == [2]
    np.testing.assert_array_equal(seen.scores, [np.nan if score is None else score])


def test_probabilities_without_labels_are_those_of_each_class(tmp_path: Path) -> None:
    seen = read(tmp_path, [{"image": "a.jpg", "probabilities": [0.1, 0.2, 0.7]}], "classify")
    assert seen.class_ids.tolist() == [0, 1, 2]


def test_labels_of_save_txt(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("0.75 car\n0.12 traffic light\n")
    (seen,) = load_external(tmp_path, SIZES, NAMES, task="classify").images.values()
    assert seen.class_ids.tolist() == [2, 10000]


@pytest.mark.parametrize(
    "content",
    [
        {"a.jpg": [0.125, 0.25, 0.625]},
        [{"image": "a.jpg", "probs": [0.125, 0.25, 0.625]}],
        "image,person,bicycle,car\na.jpg,0.125,0.25,0.625\n",
    ],
)
def test_a_probability_for_each_class(tmp_path: Path, content: Any) -> None:
    seen = read(tmp_path, content, "classify")
    assert dict(zip(seen.class_ids.tolist(), seen.scores.tolist(), strict=True)) == {
        0: 0.125,
        1: 0.25,
        2: 0.625,
    }


def test_angles_taken_for_scores_are_evidence(tmp_path: Path) -> None:
    entry = {"image": "a.jpg", "xywhr": [20, 40, 20, 40, 0], "class_id": 3}
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([entry | {"score": score} for score in (0.5, 0.7, 1.25)]))
    seen = load_external(path, SIZES, NAMES, task="obb")
    assert seen.images["a.jpg"].scores.tolist() == [0.5, 0.7, 1.25]
    assert any("1.25 is not a confidence" in note for note in seen.notes)


def test_columns_that_say_nothing_of_an_object_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cat in the column first is no part of a box and no prob"):
        read(tmp_path, "image,first,prob1\na.jpg,cat,0.75\n", "classify")


def test_logits_stay_as_they_are(tmp_path: Path) -> None:
    seen = read(tmp_path, {"a.jpg": {"car": 8.5, "person": -2.25}}, "classify")
    assert seen.scores.tolist() == [8.5, -2.25]


def test_labels_are_no_boxes(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no box"):
        read(tmp_path, {"a.jpg": {"car": 0.75}}, "detect")


@pytest.mark.parametrize(
    "written",
    [
        POINTS,
        [number for point in POINTS for number in point],
        json.dumps(POINTS),
        {"x": [11.5, 12.0], "y": [22.0, 33.0], "visible": [0.9, 0.1]},
        "{'x': [11.5, 12.0], 'y': [22.0, 33.0], 'visible': [0.9, 0.1]}",
        [{"x": x, "y": y, "score": v, "name": "nose"} for x, y, v in POINTS],
        {"nose": POINTS[0], "left_eye": {"x": 12.0, "y": 33.0, "confidence": 0.1}},
    ],
)
def test_keypoints_as_people_write_them(tmp_path: Path, written: Any) -> None:
    seen = read(tmp_path, [ENTRY | {"keypoints": written}], "pose")
    np.testing.assert_allclose(seen.keypoints, [POINTS])
    np.testing.assert_allclose(seen.boxes, [BOX])


@pytest.mark.parametrize("flags", [(2, 1), (0, 2.0), (1, 0)])
def test_flags_are_no_visibilities(tmp_path: Path, flags: tuple[float, float]) -> None:
    points = [[x, y, flag] for (x, y, _), flag in zip(POINTS, flags, strict=True)]
    seen = read(tmp_path, [ENTRY | {"keypoints": points}], "pose")
    np.testing.assert_allclose(seen.keypoints, [[point[:2] for point in points]])
    entries = [ENTRY | {"keypoints": each} for each in (points, POINTS)]
    assert read(tmp_path, entries, "pose").keypoints.shape == (2, 2, 3), "numbers beside flags"
    constant = [[x, y, 1] for x, y, _ in POINTS]
    assert read(tmp_path, [ENTRY | {"keypoints": constant}], "pose").keypoints.shape == (1, 2, 3)


def test_keypoints_in_columns_of_a_table(tmp_path: Path) -> None:
    header = "image,class_id,score,x1,y1,x2,y2,kp0_x,kp0_y,kp0_conf,kp1_x,kp1_y,kp1_conf"
    numbers = [*BOX, *(number for point in POINTS for number in point)]
    seen = read(tmp_path, f"{header}\na.jpg,2,0.5,{','.join(map(str, numbers))}\n", "pose")
    np.testing.assert_allclose(seen.keypoints, [POINTS])
    np.testing.assert_allclose(seen.boxes, [BOX])


def test_keypoints_in_columns_with_names(tmp_path: Path) -> None:
    points = [*POINTS, [13.5, 44.0, 0.5]]
    parts = [
        f"{name}_{axis}" for name in ("nose", "left_eye", "ear") for axis in ("x", "y", "score")
    ]
    numbers = [*BOX, *(number for point in points for number in point)]
    table = f"image,class_id,score,x1,y1,x2,y2,{','.join(parts)}\n"
    seen = read(tmp_path, f"{table}a.jpg,2,0.5,{','.join(map(str, numbers))}\n", "pose")
    np.testing.assert_allclose(seen.keypoints, [points])
    assert seen.scores.tolist() == [0.5]


@pytest.mark.parametrize("label", [[2], []], ids=["class", "no class"])
@pytest.mark.parametrize(("many", "numbers"), [(17, 3), (21, 3), (5, 2)])
def test_keypoints_at_the_end_of_rows(
    tmp_path: Path, many: int, numbers: int, label: list[int]
) -> None:
    points = np.random.default_rng(many).uniform(1, 400, (many, numbers)).round(2)
    row = [*BOX, 0.5, *label, *points.ravel().tolist()]
    for content in ({"a.jpg": [row]}, f"a.jpg,{','.join(map(str, row))}\n"):
        seen = read(tmp_path, content, "pose")
        np.testing.assert_allclose(seen.keypoints, [points])
        np.testing.assert_allclose(seen.boxes, [BOX])
        assert (seen.class_ids.tolist(), seen.scores.tolist()) == (label or [0], [0.5])


def test_a_box_follows_from_keypoints(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    flat = [number for point in POINTS for number in point]
    entry = {"image_id": 7, "category_id": 2, "keypoints": flat, "score": 0.5}
    path.write_text(json.dumps([entry]))
    seen = load_external(path, {"000000000007.jpg": (480, 640)}, NAMES, task="pose")
    assert seen.printed is not None
    assert seen.printed.of_shapes
    (observed,) = seen.images.values()
    np.testing.assert_allclose(observed.keypoints, [POINTS])
    np.testing.assert_allclose(observed.boxes, [[11.5, 22.0, 12.0, 33.0]])
    assert any("No boxes are given: keypoints are compared" in note for note in seen.notes)


def test_an_upright_box_beside_corners_is_kept(tmp_path: Path) -> None:
    corners = [[10, 20], [30, 20], [30, 60], [10, 60]]
    seen = read(tmp_path, [ENTRY | {"bbox": BOX, "corners": corners}], "detect")
    np.testing.assert_allclose(seen.boxes, [BOX])
    named = {key: value for key, value in ENTRY.items() if key != "box"}
    with pytest.raises(UserError, match="holds the corners of an oriented box, and the model"):
        read(tmp_path, [named | {"corners": corners}], "detect")
    with pytest.raises(UserError, match="holds five numbers of a box, and the model"):
        read(tmp_path, [named | {"bbox": [*BOX, 0.5]}], "detect")


def test_keypoints_of_save_txt(tmp_path: Path) -> None:
    box = [20 / 640, 40 / 480, 20 / 640, 40 / 480]
    points = [[x / 640, y / 480, v] for x, y, v in POINTS]
    numbers = [2, *box, *(n for point in points for n in point), 0.5]
    (tmp_path / "a.txt").write_text(" ".join(map(str, numbers)))
    (seen,) = load_external(tmp_path, SIZES, NAMES, task="pose").images.values()
    np.testing.assert_allclose(seen.keypoints, [POINTS])
    np.testing.assert_allclose(seen.boxes, [BOX])
    assert seen.scores.tolist() == [0.5]


@pytest.mark.parametrize(("points", "numbers"), [(17, 3), (4, 3), (2, 2), (5, 2)])
@pytest.mark.parametrize("score", [0.5, None])
def test_the_shape_of_keypoints_tells_a_score_from_a_coordinate(
    tmp_path: Path, points: int, numbers: int, score: float | None
) -> None:
    row = np.linspace(0.1, 0.9, 4 + points * numbers)
    said = [] if score is None else [score]
    (tmp_path / "a.txt").write_text(" ".join(map(str, [2, *row, *said])))
    shape = (points, numbers)
    found = load_external(tmp_path, SIZES, NAMES, task="pose", keypoint_shape=shape)
    (seen,) = found.images.values()
    assert seen.keypoints is not None
    np.testing.assert_allclose(seen.keypoints[0, :, 0], row[4:].reshape(shape)[:, 0] * 640)
    np.testing.assert_array_equal(seen.scores, [np.nan if score is None else score])
    with pytest.raises(UserError, match="numbers are not a box with 9 keypoints of 3 numbers"):
        load_external(tmp_path, SIZES, NAMES, task="pose", keypoint_shape=(9, 3))


RESULTS: dict[str, dict[str, Any]] = {
    "segment": {"boxes": [[*BOX, 0.5, 2]], "masks": np.ones((1, 480, 640), np.uint8)},
    "pose": {"boxes": [[*BOX, 0.5, 2]], "keypoints": [POINTS]},
    "obb": {"obb": [[20.0, 40.0, 20.0, 30.0, 0.25, 0.5, 2]]},
    "classify": {"probs": [0.125, 0.25, 0.625]},
}


@pytest.mark.parametrize("task", list(RESULTS))
@pytest.mark.parametrize("kind", ["json", "normalised json", "csv", "txt"])
def test_what_ultralytics_writes_of_each_task(tmp_path: Path, task: str, kind: str) -> None:
    import torch
    from ultralytics.engine.results import Results

    parts = {key: torch.as_tensor(np.array(value)).float() for key, value in RESULTS[task].items()}
    if task == "segment":
        parts["masks"][:] = 0
        parts["masks"][:, 20:60, 10:30] = 1
    results = Results(np.zeros((480, 640, 3), np.uint8), "a.jpg", NAMES, **parts)
    if kind == "txt":
        results.save_txt(tmp_path / "a.txt", save_conf=True)
    else:
        normalised = kind.startswith("normalised")
        written = results.to_csv() if kind == "csv" else results.to_json(normalize=normalised)
        (tmp_path / f"a.{kind.rsplit(maxsplit=1)[-1]}").write_text(written)
    seen = load_external(tmp_path, SIZES, NAMES, task=task, keypoint_shape=(2, 3)).images["a.jpg"]
    if task == "classify":
        assert seen.class_ids.tolist() == [2, 1, 0]
        return
    assert (seen.class_ids.tolist(), seen.scores.tolist()) == ([2], [0.5])
    if task == "segment":
        assert seen.masks is not None
        np.testing.assert_array_equal(seen.masks[0, 20:60, 10:30], 1)
        assert seen.masks.sum() == 800
    if task == "pose":
        np.testing.assert_allclose(seen.keypoints, [POINTS], atol=0.01)
    if task == "obb":
        assert seen.oriented is not None
        found, expected = corners_of(seen.oriented)[0], corners_of(np.array(RESULTS["obb"]["obb"]))
        assert np.abs(found[:, None] - expected[0][None]).max(axis=2).min(axis=1).max() < 0.01


def test_keypoints_of_some_objects_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="entry 2: holds no keypoints, and others do"):
        read(tmp_path, [ENTRY | {"keypoints": POINTS}, ENTRY], "pose")
    assert read(tmp_path, [ENTRY], "pose").keypoints is None


oriented = st.tuples(
    st.floats(50, 500),
    st.floats(50, 400),
    st.floats(20, 90),
    st.floats(2, 15),
    st.floats(-1.5, 1.5),
)


@given(oriented, st.integers(0, 3), st.booleans())
def test_corners_there_and_back(box: tuple[float, ...], turn: int, crossed: bool) -> None:
    corners = np.roll(corners_of(np.array([box]))[0], turn, axis=0)
    given = corners[[0, 1, 3, 2]] if crossed else corners
    found = rectangles_of(in_order(given)[None])[0]
    again = corners_of(found[None])[0]
    apart = np.abs(again[:, None] - corners[None]).max(axis=2)
    assert apart.min(axis=0).max() < 1e-6
    assert {round(side, 6) for side in found[2:4]} == {round(side, 6) for side in box[2:4]}


@examples(100)
@given(oriented, st.integers(0, 3), st.integers(0, 3))
def test_corners_that_were_rounded_are_those_of_the_box(
    box: tuple[float, ...], turn: int, digits: int
) -> None:
    exact = corners_of(np.array([box]))[0]
    shapes = WrittenShapes(corners=np.round(np.roll(exact, turn, axis=0), digits))
    found, hull = oriented_of(shapes, (480, 640)), hull_of(shapes, (480, 640))
    seen = Observed(np.array([hull]), np.array([0.5]), np.zeros(1, int), oriented=np.array([found]))
    row = np.float32([box])
    predicted = Detections(hulls_of(row), np.float32([0.5]), np.zeros(1, int), oriented=row)
    precision = Precision.of({"a.jpg": seen})
    assert fit_boxes(predicted, seen, precision).exact.all()
    row = row + np.float32([[4, 0, 0, 0, 0]])
    aside = replace(predicted, boxes=hulls_of(row), oriented=row)
    assert not fit_boxes(aside, seen, precision).exact.any()


def test_angles_that_were_left_out_are_not_taken_for_rounded_ones() -> None:
    upright, turned = np.float32([[50, 50, 20, 8, 0]]), np.float32([[50, 50, 20, 8, 0.3]])
    score, label = np.float32([0.5]), np.zeros(1, int)
    seen = Observed(hulls_of(upright), score, label, oriented=upright)
    predicted = Detections(hulls_of(turned), score, label, oriented=turned)
    assert not fit_boxes(predicted, seen, Precision.of({"a.jpg": seen})).exact.any()


@examples(20)
@given(oriented)
def test_oriented_boxes_as_people_write_them(box: tuple[float, ...]) -> None:
    corners = corners_of(np.array([box]))[0]
    flat = dict(zip(("x1", "y1", "x2", "y2", "x3", "y3", "x4", "y4"), corners.ravel(), strict=True))
    keys = dict(zip(("cx", "cy", "w", "h", "angle"), box, strict=True))
    fractions = (corners / [640, 480]).ravel().tolist()
    for record in (
        {"xywhr": list(box)},
        {"corners": corners.tolist()},
        {"box": flat},
        flat,
        keys,
        {"poly": fractions},
        {"xyxyxyxyn": fractions},
        {"points": corners.tolist()},
        {"segmentation": [corners.ravel().tolist()]},
        {"bbox": list(box)},
        {"bbox": corners.ravel().tolist()},
        {"rotated_rect": [list(box[:2]), list(box[2:4]), box[4]]},
        {"center": list(box[:2]), "size": list(box[2:4]), "angle": box[4]},
        {
            "center": dict(zip("yx", box[1::-1], strict=True)),
            "size": dict(zip(("width", "height"), box[2:4], strict=True)),
            "angle": box[4],
        },
        dict(zip(("x", "y", "width", "height", "rotation"), box, strict=True)),
        {"box": str({key: float(value) for key, value in flat.items()})},
    ):
        shapes = parse_shapes(record, "here")
        assert shapes is not None
        found = oriented_of(shapes, (480, 640))
        assert found is not None
        apart = corners_of(found[None])[0][:, None] - corners[None]
        assert np.abs(apart).max(axis=2).min(axis=0).max() < 1e-3


@pytest.mark.parametrize(
    "row",
    [
        [20, 40, 20, 40, 0, 0.5, 2],
        [2, 0.5, 20, 40, 20, 40, 0],
        [20, 40, 20, 40, 0.5, 2, 0.0],  # as nms=True returns them
        [10, 20, 30, 20, 30, 60, 10, 60, 0.5, 2],
        [2, 10, 20, 30, 20, 30, 60, 10, 60, 0.5],
    ],
)
def test_rows_of_oriented_boxes(tmp_path: Path, row: list[float]) -> None:
    for content in ({"a.jpg": [row]}, f"a.jpg,{','.join(map(str, row))}\n"):
        seen = read(tmp_path, content, "obb")
        np.testing.assert_allclose(seen.oriented, [[20, 40, 20, 40, 0]], atol=1e-9)
        assert (seen.class_ids.tolist(), seen.scores.tolist()) == ([2], [0.5])


@pytest.mark.parametrize(
    ("name", "line", "score"),
    [
        ("a.txt", "10 20 30 20 30 60 10 60 car 0.5", 0.5),
        ("a.txt", "imagesource:GoogleEarth\ngsd:0.1\n10 20 30 20 30 60 10 60 car 0", np.nan),
        ("a.txt", "10 20 30 20 30 60 10 60 car 1", np.nan),
        ("Task1_car.txt", "a 0.5 10 20 30 20 30 60 10 60", 0.5),
    ],
)
def test_text_of_dota(tmp_path: Path, name: str, line: str, score: float) -> None:
    (tmp_path / name).write_text(line)
    (seen,) = load_external(tmp_path, SIZES, NAMES, task="obb").images.values()
    np.testing.assert_allclose(seen.oriented, [[20, 40, 20, 40, 0]], atol=1e-9)
    np.testing.assert_array_equal(seen.scores, [score])
    np.testing.assert_allclose(seen.boxes, [BOX])
    assert seen.class_ids.tolist() == [2]


@examples(30)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_run_lengths_there_and_back(height: int, width: int, seed: int) -> None:
    mask = (np.random.default_rng(seed).random((1, height, width)) > 0.5).astype(np.uint8)
    (compressed,) = encode_masks(mask)
    flat = mask[0].T.ravel()
    edges = np.flatnonzero(np.diff(flat, prepend=0, append=2))
    plain = np.diff(edges, prepend=0).tolist()
    for counts in (compressed, plain):
        written = {"size": [height, width], "counts": counts}
        np.testing.assert_array_equal(mask_of(written, Path(), (1, 1), "here"), mask[0])


@examples(20)
@given(st.integers(20, 60), st.integers(20, 60), st.integers(5, 18), st.booleans())
def test_polygons_there_and_back(x: int, y: int, radius: int, fractions: bool) -> None:
    mask = np.zeros((90, 80), np.uint8)
    cv2.circle(mask, (x, y), radius, 1, -1)
    (contour,), _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = contour[:, 0].astype(float) / ([80, 90] if fractions else 1)
    for written in ([points.ravel().tolist()], points.tolist(), points.ravel().tolist()):
        np.testing.assert_array_equal(mask_of(written, Path(), (90, 80), "here"), mask)


def test_a_mask_px_by_px(tmp_path: Path) -> None:
    mask = np.zeros((48, 64), np.uint8)
    mask[10:20, 5:30] = 1
    for written in (mask.tolist(), (mask > 0).tolist()):
        seen = read(tmp_path, [ENTRY | {"mask": written}], "segment")
        np.testing.assert_array_equal(seen.masks, mask[None])


def test_a_polygon_of_named_coordinates(tmp_path: Path) -> None:
    points = [{"x": x, "y": y} for x, y in OUTLINE]
    seen = read(tmp_path, [ENTRY | {"polygon": points}], "segment")
    assert seen.masks is not None
    assert seen.masks.sum() == 800


def test_a_picture_of_a_mask(tmp_path: Path) -> None:
    mask = np.zeros((48, 64), np.uint8)
    mask[10:20, 5:30] = 255
    cv2.imwrite(str(tmp_path / "a.png"), mask)
    for key in ("mask", "mask_path", "mask_file"):
        seen = read(tmp_path, [ENTRY | {key: "a.png"}], "segment")
        np.testing.assert_array_equal(seen.masks, (mask > 0)[None])


def test_contours_as_opencv_returns_them(tmp_path: Path) -> None:
    mask = np.zeros((480, 640), np.uint8)
    mask[10:20, 5:30] = mask[40:90, 5:6] = 1  # the second is a line: a contour of two points
    mask[100:150, 200:260] = 1
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    areas = [each.tolist() for each in contours if len(each) > 2]
    mask[40:90, 5:6] = 0
    for written in (areas, [np.squeeze(each).tolist() for each in areas]):
        seen = read(tmp_path, [ENTRY | {"contours": written}], "segment")
        np.testing.assert_array_equal(seen.masks, mask[None])
    (one,) = [each for each in areas if each[0][0][0] == 200]
    seen = read(tmp_path, [ENTRY | {"contour": one}], "segment")
    assert seen.masks is not None
    assert seen.masks.sum() == 50 * 60


RING = np.zeros((480, 640), np.uint8)
RING[20:60, 10:30] = 1
RING[30:50, 15:25] = 0
OUTLINE = [[10, 20], [29, 20], [29, 59], [10, 59]]


@pytest.mark.parametrize(
    "written",
    [
        OUTLINE,
        (np.array(OUTLINE) / [640, 480]).tolist(),
        {"size": [480, 640], "counts": encode_masks(RING[None])[0]},
    ],
)
def test_a_box_follows_from_a_mask(tmp_path: Path, written: Any) -> None:
    path = tmp_path / "mine.json"
    path.write_text(
        json.dumps([{k: v for k, v in ENTRY.items() if k != "box"} | {"mask": written}])
    )
    seen = load_external(path, SIZES, NAMES, task="segment")
    assert seen.printed is not None
    assert seen.printed.of_shapes
    np.testing.assert_array_equal(seen.images["a.jpg"].boxes, [[10, 20, 30, 60]])
    assert any("No boxes are given" in note for note in seen.notes)
    with pytest.raises(UserError, match="holds no box"):
        load_external(path, SIZES, NAMES, task="detect")


def test_polygons_of_save_txt(tmp_path: Path) -> None:
    points = (np.array(OUTLINE) / [640, 480]).ravel()
    (tmp_path / "a.txt").write_text(" ".join(map(str, [2, *points, 0.5])))
    seen = load_external(tmp_path, SIZES, NAMES, task="segment").images["a.jpg"]
    np.testing.assert_array_equal(seen.boxes, [[10, 20, 30, 60]])
    assert seen.masks is not None
    assert seen.masks.sum() == 800
    assert seen.scores.tolist() == [0.5]


def test_a_box_beside_a_mask_stays(tmp_path: Path) -> None:
    seen = read(tmp_path, [ENTRY | {"mask": [[12, 25], [20, 25], [20, 40]]}], "segment")
    np.testing.assert_array_equal(seen.boxes, [BOX])


@pytest.mark.parametrize(
    "beside",
    [{"corners": [[10, 20], [30, 20], [30, 60], [10, 60]]}, {"xywhr": [20, 40, 20, 40, 0]}],
)
def test_a_box_beside_an_oriented_one_is_that_of_a_detector(tmp_path: Path, beside: Any) -> None:
    seen = read(tmp_path, [ENTRY | beside], "detect")
    np.testing.assert_array_equal(seen.boxes, [BOX])


def test_objects_with_an_empty_mask_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([ENTRY | {"mask": OUTLINE}, ENTRY | {"mask": []}]))
    found = load_external(path, {"a.jpg": (48, 64)}, {0: "bus"}, task="segment")
    assert [len(each) for each in found.images.values()] == [1]
    assert "1 object with an empty mask left out, as Ultralytics does." in found.notes


def test_polygons_without_an_area_beside_others_enclose_nothing(tmp_path: Path) -> None:
    polygons = [[40, 40], [45, 41, 45, 45], [12, 25, 20, 25, 20, 40]]
    seen = read(tmp_path, [ENTRY | {"segmentation": polygons}], "segment")
    alone = read(tmp_path, [ENTRY | {"segmentation": polygons[2:]}], "segment")
    assert seen.masks is not None
    np.testing.assert_array_equal(seen.masks, alone.masks)


def test_a_polygon_of_one_point_encloses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([ENTRY | {"polygon": OUTLINE}, ENTRY | {"polygon": [0.4, 0.7]}]))
    found = load_external(path, {"a.jpg": (48, 64)}, {0: "bus"}, task="segment")
    assert [len(each) for each in found.images.values()] == [1]
    assert "1 object with an empty mask left out, as Ultralytics does." in found.notes


def test_objects_are_kept_if_all_masks_are_empty(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    nothing = {"segmentation": {"size": [48, 64], "counts": [48 * 64]}}
    path.write_text(json.dumps([ENTRY | nothing, ENTRY | nothing]))
    found = load_external(path, {"a.jpg": (48, 64)}, {0: "bus"}, task="segment")
    (seen,) = found.images.values()
    assert seen.masks is not None
    assert seen.masks.shape == (2, 48, 64)
    assert not seen.masks.any()
    assert "All masks are empty." in found.notes


def test_empty_masks_everywhere_are_no_masks(tmp_path: Path) -> None:
    seen = read(tmp_path, [ENTRY | {"segmentation": []}, ENTRY | {"segmentation": []}], "segment")
    assert len(seen) == 2
    assert seen.masks is None


def test_masks_of_some_objects_alone_are_refused(tmp_path: Path) -> None:
    bare = {key: value for key, value in ENTRY.items() if key != "box"}
    with pytest.raises(UserError, match="entry 2: holds no box"):
        read(tmp_path, [ENTRY, bare | {"mask": OUTLINE}], "segment")


@pytest.mark.parametrize(("order", "crossed"), [([0, 1, 3, 2], True), ([3, 2, 1, 0], False)])
def test_corners_that_are_not_in_order_are_noted(
    tmp_path: Path, order: list[int], crossed: bool
) -> None:
    corners = corners_of(np.array([[100.0, 90.0, 60.0, 20.0, 0.4]]))[0][order].tolist()
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([{"image": "a.jpg", "corners": corners, "class_id": 2}]))
    seen = load_external(path, SIZES, NAMES, task="obb")
    said = [note for note in seen.notes if "bow tie" in note]
    assert len(said) == crossed
    assert all("The corners of 1 box, such as " in note and "entry 1" in note for note in said)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"size": [4, 4], "counts": [3]}, "do not fill a mask of 4x4"),
        ({"size": [4, 4], "counts": "@@@@"}, "do not fill a mask"),
        ({"size": [1 << 40, 4], "counts": [3]}, "the mask has 4x1099511627776 px, and its image"),
        ({"size": [0, 4], "counts": [3]}, "not the height and width"),
        ({"size": "big", "counts": [3]}, "not the height and width"),
        ("nothing.png", "not a picture of a mask"),
        ([1, 2, 3], "not a polygon"),
        (7, "is not a mask"),
    ],
)
def test_what_is_no_mask_gets_a_sentence(tmp_path: Path, written: Any, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read(tmp_path, [ENTRY | {"segmentation": written}], "segment")


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_bytes(b"P3\n10 10\n255\n" + b"1 " * 400_000),
        lambda path: (path.touch(), os.truncate(path, 1 << 40)),
        os.mkfifo,
    ],
    ids=["costly", "1 TB", "a pipe"],
)
def test_a_hostile_picture_of_a_mask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None]
) -> None:
    monkeypatch.setenv(PIXELS, "1000")
    make(tmp_path / "m.png")
    with pytest.raises(UserError, match=r"m\.png is not a picture of a mask"):
        read(tmp_path, [ENTRY | {"segmentation": "m.png"}], "segment")


def test_an_angle_is_in_radians() -> None:
    shapes = parse_shapes({"cx": 10, "cy": 20, "w": 6, "h": 4, "angle": math.pi / 2}, "here")
    assert shapes is not None
    np.testing.assert_allclose(oriented_of(shapes, (100, 100)), [10, 20, 6, 4, math.pi / 2])


UNBOXED = {key: value for key, value in ENTRY.items() if key != "box"}
TURNED = [320.0, 240.0, 200.0, 100.0, 0.5]
QUAD = corners_of(np.array([TURNED]))[0]
RUNS = {"size": [480, 640], "counts": encode_masks(RING[None])[0]}
FAR = [[100, 200], [129, 200], [129, 259], [100, 259]]


@pytest.mark.parametrize(
    ("task", "fields", "one", "other"),
    [
        ("pose", {"keypoints": POINTS, "kpts": [[1, 2], [3, 4]]}, "keypoints is", "kpts is"),
        ("pose", {"keypoints": POINTS, "landmarks": POINTS[:1]}, "keypoints is", "landmarks is"),
        (
            "pose",
            {"kpts": POINTS, "kp0_x": 9, "kp0_y": 22, "kp1_x": 12, "kp1_y": 33},
            "kpts is",
            "a column for each coordinate is",
        ),
        ("obb", {"xywhr": TURNED, "corners": (QUAD + 9).tolist()}, "xywhr is", "corners is"),
        ("obb", {"xywhr": TURNED, "xywha": [*TURNED[:4], 0.7]}, "xywhr is", "xywha is"),
        ("obb", {"xywhr": TURNED, "polygon": (QUAD + 9).tolist()}, "xywhr is", "polygon is"),
        ("obb", {"quad": QUAD.tolist(), "bbox": [1.0, 2, 9, 2, 9, 9, 1, 9]}, "quad is", "bbox is"),
        ("segment", {"segmentation": [OUTLINE], "mask": FAR}, "segmentation is", "mask is"),
        ("segment", {"segmentation": [FAR], "rle": RUNS}, "segmentation is", "rle is"),
        ("segment", {"mask": OUTLINE, "mask_path": "far.png"}, "mask is", "mask_path is 'far"),
    ],
)
def test_two_fields_that_say_different_shapes_get_a_sentence(
    tmp_path: Path, task: str, fields: dict[str, Any], one: str, other: str
) -> None:
    far = np.zeros((480, 640), np.uint8)
    far[200:260, 100:130] = 255
    cv2.imwrite(str(tmp_path / "far.png"), far)
    for entry in (ENTRY | fields, UNBOXED | fields):
        with pytest.raises(UserError, match=rf"entry 1: {one}.*, and {other}.*; leave out the one"):
            read(tmp_path, [entry], task)


@pytest.mark.parametrize(
    ("task", "fields"),
    [
        ("pose", {"keypoints": POINTS, "kpts": np.round(POINTS, 1).tolist()}),
        (
            "pose",
            {"keypoints": POINTS, "landmarks": [[11.5 / 640, 22 / 480], [12 / 640, 33 / 480]]},
        ),
        ("pose", {"keypoints": POINTS, "kpts": "none", "landmarks": {"x": 1}}),
        ("obb", {"corners": QUAD.round().tolist(), "xywhr": TURNED}),
        ("obb", {"xyxyxyxyn": (QUAD / [640, 480]).tolist(), "xywhr": TURNED}),
        ("obb", {"corners": QUAD[[2, 1, 0, 3]].tolist(), "xywhr": TURNED}),
        ("obb", {"corners": QUAD.tolist(), "xywha": [*TURNED[:4], math.degrees(0.5)]}),
        ("obb", {"xywhr": TURNED, "x": 99, "y": 99, "w": 24, "h": 24, "angle": 0.5}),
        ("segment", {"segmentation": [OUTLINE], "mask": RUNS}),
        ("segment", {"segmentation": [OUTLINE], "mask_path": "gone.png"}),
        ("segment", {"segmentation": [], "mask": OUTLINE}),
        ("segment", {"mask": RING[::2, ::2].tolist(), "polygon": OUTLINE}),
    ],
)
def test_fields_that_say_the_same_shape_are_read(
    tmp_path: Path, task: str, fields: dict[str, Any]
) -> None:
    seen = read(tmp_path, [ENTRY | fields], task)
    key = next(key for key, written in fields.items() if written)
    alone = read(tmp_path, [ENTRY | {key: fields[key]}], task)
    for name in ("boxes", "keypoints", "oriented", "masks"):
        ours, theirs = getattr(seen, name), getattr(alone, name)
        assert (ours is None) == (theirs is None)
        if ours is not None:
            np.testing.assert_allclose(ours, theirs, atol=0.01)


def test_lists_of_shapes_beside_boxes_are_compared_too(tmp_path: Path) -> None:
    entry = {"image": "a.jpg", "boxes": [BOX], "scores": [0.5], "labels": [2], "kpts": [POINTS]}
    assert read(tmp_path, [entry | {"keypoints": [POINTS]}], "pose").keypoints is not None
    with pytest.raises(UserError, match=r"box 1: keypoints is .*, and kpts is"):
        read(tmp_path, [entry | {"keypoints": [POINTS[:1]]}], "pose")
    with pytest.raises(UserError, match="entry 1: score and scores are different lists"):
        read(tmp_path, [entry | {"score": [0.4]}], "pose")


@pytest.mark.parametrize("written", [POINTS, [[1, 2]] * 5, [[1, 2, 2]] * 18])
def test_keypoints_of_another_number_than_the_models_get_a_sentence(
    tmp_path: Path, written: Any
) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([ENTRY | {"keypoints": written}]))
    said = f"keypoints of an object is {len(written)} in .*mine.json and 17 in the model; write all"
    with pytest.raises(UserError, match=said):
        load_external(path, SIZES, NAMES, task="pose", keypoint_shape=(17, 3))
    found = load_external(path, SIZES, NAMES, task="pose", keypoint_shape=(len(written), 3))
    assert found.images["a.jpg"].keypoints is not None


@pytest.mark.parametrize("kind", ["runs", "picture"])
def test_a_huge_mask_is_refused_before_it_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def decode(*_: Any) -> None:
        raise AssertionError("it is decoded")

    monkeypatch.delenv(PIXELS, raising=False)
    monkeypatch.setattr("parity.external.shapes.decode_runs", decode)
    monkeypatch.setattr("cv2.imdecode", decode)
    Image.new("1", (20_000, 20_000)).save(tmp_path / "huge.png")
    runs = {"size": [20_000, 20_000], "counts": [0, 20_000**2]}
    written = runs if kind == "runs" else "huge.png"
    with pytest.raises(
        UserError, match="the mask has 20000x20000 px, and its image 640x480; write"
    ):
        read(tmp_path, [ENTRY | {"mask": written}], "segment")
