"""Somebody's boxes, in the formats that people write."""

import json
from pathlib import Path

import numpy as np
import pytest

from parity.errors import UserError
from parity.external.observations import UNKNOWN_LABEL, Declared
from parity.external.reader import load_external

IMAGES = {"a.jpg": (480, 640), "sub/b.png": (100, 200), "c.jpg": (50, 50)}
NAMES = {0: "person", 1: "bicycle", 2: "car"}
BOX = [10.0, 20.0, 30.0, 60.0]


def load(tmp_path: Path, content, suffix: str = ".json", **options):
    path = tmp_path / f"mine{suffix}"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return load_external(path, IMAGES, NAMES, **options)


@pytest.mark.parametrize(
    "content",
    [
        [{"image": "a.jpg", "box": BOX, "score": 0.5, "label": "car"}],
        [{"file_name": "/data/a.jpg", "xyxy": BOX, "confidence": "0.5", "class_id": 2}],
        [{"image": "a.jpg", "xywh": [10, 20, 20, 40], "score": 0.5, "class": "Car"}],
        [{"image": "a.jpg", "cxcywh": [20, 40, 20, 40], "conf": 0.5, "category_id": 2}],
        [{"image": "a.jpg", "x1": 10, "y1": 20, "x2": 30, "y2": 60, "score": 0.5, "class": 2}],
        [{"image": "a.jpg", "detections": [{"bbox": BOX, "score": 0.5, "class_id": 2}]}],
        {"a.jpg": [{"box": BOX, "score": 0.5, "label": "car"}]},
        [{"image": "a.jpg", "boxes": [BOX], "scores": [0.5], "class_ids": [2]}],
        {
            "images": [{"id": 7, "file_name": "a.jpg"}],
            "annotations": [
                {"image_id": 7, "bbox": [10, 20, 20, 40], "score": 0.5, "category_id": 2}
            ],
        },
    ],
)
def test_json_as_people_write_it(tmp_path, content):
    seen = load(tmp_path, content)
    np.testing.assert_allclose(seen.images["a.jpg"].boxes, [BOX])
    assert seen.images["a.jpg"].scores.tolist() == [0.5]
    assert seen.images["a.jpg"].class_ids.tolist() == [2]


def test_an_image_that_is_listed_alone_has_no_boxes(tmp_path):
    seen = load(tmp_path, [{"image": "a.jpg"}])
    assert len(seen.images["a.jpg"]) == 0
    with pytest.raises(
        UserError, match=r"entry 1: holds no box .*; an image without any is listed"
    ):
        load(tmp_path, [{"image": "a.jpg", "score": 0.5}])


def test_coco_results_find_images_by_number(tmp_path):
    images = {"000000000036.jpg": (640, 481)}
    path = tmp_path / "results.json"
    path.write_text(
        json.dumps([{"image_id": 36, "bbox": [1, 2, 3, 4], "score": 0.5, "category_id": 0}])
    )
    seen = load_external(path, images, NAMES)
    np.testing.assert_allclose(seen.images["000000000036.jpg"].boxes, [[1, 2, 4, 6]])


def test_csv(tmp_path):
    text = "image,x1,y1,x2,y2,score,label\na.jpg,10,20,30,60,0.5,car\n"
    seen = load(tmp_path, text, ".csv")
    np.testing.assert_allclose(seen.images["a.jpg"].boxes, [BOX])


def test_yolo_folder(tmp_path):
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "b.txt").write_text("2 0.5 0.5 0.1 0.2 0.75\n")
    (tmp_path / "labels" / "c.txt").write_text("")
    seen = load_external(tmp_path / "labels", IMAGES, NAMES)
    np.testing.assert_allclose(seen.images["sub/b.png"].boxes, [[90, 40, 110, 60]])
    assert len(seen.images["c.jpg"]) == 0
    assert "a.jpg" not in seen.images


def test_fractions_are_inferred_and_said(tmp_path):
    seen = load(
        tmp_path,
        [{"image": "a.jpg", "box": [0.1, 0.2, 0.3, 0.4], "score": 0.5, "class_id": 0}],
    )
    np.testing.assert_allclose(seen.images["a.jpg"].boxes, [[64, 96, 192, 192]])
    assert any("fractions" in note for note in seen.notes)


def test_an_image_without_boxes_is_a_statement_and_a_missing_one_is_not(tmp_path):
    seen = load(tmp_path, [{"image": "a.jpg", "detections": []}])
    assert len(seen.images["a.jpg"]) == 0
    assert set(seen.images) == {"a.jpg"}
    assert any("not stated" in note for note in seen.notes)


def test_what_the_file_says_counts_where_the_user_says_nothing(tmp_path):
    content = {"conf": 0.5, "iou": 0.4, "images": ["a.jpg"], "detections": []}
    seen = load(tmp_path, content, declared=Declared(iou=0.7))
    assert (seen.declared.conf, seen.declared.iou) == (0.5, 0.7)


def test_unknown_labels_keep_their_name(tmp_path):
    seen = load(tmp_path, [{"image": "a.jpg", "box": BOX, "score": 0.5, "label": "pedestrian"}])
    assert seen.labels == {UNKNOWN_LABEL: "pedestrian"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[{", "line 1"),
        ([{"image": "a.jpg", "box": [1, 2, 3], "score": 0.5, "class_id": 0}], "entry 1"),
        ([{"image": "a.jpg", "box": BOX, "score": "high", "class_id": 0}], "not a number"),
        ([{"image": "a.jpg", "box": [1, 2, 3, None], "score": 1, "class_id": 0}], "entry 1"),
        ([{"image": "a.jpg", "box": BOX, "score": 0.5}], "names no class"),
        ([{"box": BOX, "score": 0.5, "class_id": 0}], "names no image"),
        ([{"image": "z.jpg", "box": BOX, "score": 0.5, "class_id": 0}], "none of the images"),
        ({"version": 1}, "no list"),
        ("[1, 2]", "entry 1"),
        ("", "neither|empty"),
    ],
)
def test_malformed_files_give_one_sentence(tmp_path, content, words):
    with pytest.raises(UserError, match=words) as error:
        load(tmp_path, content)
    assert "\n" not in str(error.value)


def test_tensors_are_found_by_stem(tmp_path):
    (tmp_path / "tensors").mkdir()
    np.save(tmp_path / "tensors" / "a.npy", np.zeros((1, 3, 4, 4)))
    content = [{"image": "a.jpg", "box": BOX, "score": 0.5, "class_id": 0}]
    seen = load(tmp_path, content, tensors=tmp_path / "tensors")
    assert seen.tensors["a.jpg"].shape == (1, 3, 4, 4)
