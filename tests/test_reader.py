"""External boxes in the formats that people write: recognised, read, and refused in a sentence."""

import json
from pathlib import Path

import numpy as np
import pytest

from parity.detection.detection_files import Printed
from parity.errors import UserError
from parity.external.box_formats import BOX_FORMAT_NAMES
from parity.external.file_format import FORMATS
from parity.external.observations import FIRST_UNKNOWN_CLASS
from parity.external.reader import load_external, recognise
from parity.external.source import Source
from parity.external.tensors import load_tensors

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


@pytest.mark.parametrize(
    ("boxes", "printed"),
    [
        ([[10, 20, 30, 60]], Printed("px", 0, 2)),
        ([[10.5, 20, 30.125, 60]], Printed("px", 3, 2)),
        ([[float(np.float32(10.7)), 20, 30, 60]], Printed("px", 1, 2)),
        ([[0.125, 0.5, 0.75, 1]], Printed("fraction", 3, 2)),
        ([[0.123456789, 0.5, 0.75, 1]], Printed("fraction", 6, 2)),
    ],
)
def test_the_decimals_of_the_numbers_as_they_were_printed_survive(tmp_path, boxes, printed):
    entries = [{"image": "a.jpg", "box": box, "score": 0.25, "class_id": 0} for box in boxes]
    seen = load(tmp_path, entries)
    assert seen.printed == printed
    assert load(tmp_path, [{"image": "a.jpg"}]).printed is None


def test_each_entry_says_what_its_own_box_is(tmp_path):
    entry = {"image": "a.jpg", "class_id": 2}
    boxes = {"xyxy": BOX, "xywh": [10, 20, 20, 40], "cxcywhn": [1 / 32, 1 / 12, 1 / 32, 1 / 12]}
    seen = load(tmp_path, [entry | {key: box} for key, box in boxes.items()])
    np.testing.assert_allclose(seen.images["a.jpg"].boxes, [BOX] * 3)
    assert seen.printed == Printed("px", 0, 0, corner_error=2.0), "in px, where units are mixed"


def test_an_image_without_boxes_is_a_statement_and_a_missing_one_is_not(tmp_path):
    seen = load(tmp_path, [{"image": "a.jpg", "detections": []}])
    assert len(seen.images["a.jpg"]) == 0
    assert set(seen.images) == {"a.jpg"}
    assert any("not in the boxes" in note for note in seen.notes)


def test_a_header_states_thresholds(tmp_path):
    content = {"conf": 0.5, "iou": 0.4, "images": ["a.jpg"], "detections": []}
    seen = load(tmp_path, content)
    assert (seen.declared.conf, seen.declared.iou, seen.declared.max_det) == (0.5, 0.4, None)
    assert "mine.json states conf 0.5." in seen.notes


def test_unknown_labels_keep_their_name(tmp_path):
    seen = load(tmp_path, [{"image": "a.jpg", "box": BOX, "score": 0.5, "label": "pedestrian"}])
    assert seen.labels == {FIRST_UNKNOWN_CLASS: "pedestrian"}


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
        ({"version": 1}, "none of the formats .* COCO results, CSV,"),
        ("[1, 2]", "entry 1"),
        ("", "empty"),
        ("a.jpg 1 2 3 4", "none of the formats"),
    ],
)
def test_malformed_files_give_one_sentence(tmp_path, content, words):
    with pytest.raises(UserError, match=words) as error:
        load(tmp_path, content)
    assert "\n" not in str(error.value)


def test_tensors_are_found_by_stem(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((1, 3, 4, 4)))
    assert load_tensors(tmp_path, IMAGES)["a.jpg"].shape == (1, 3, 4, 4)
    assert load_tensors(None, IMAGES) == {}
    with pytest.raises(UserError, match=r"holds no \.npy file named after one of the images"):
        load_tensors(tmp_path, ["z.jpg"])


EXAMPLES = {
    "COCO results": [{"image_id": 36, "bbox": [10, 20, 20, 40], "category_id": 2}],
    "CSV": "image;left;top;right;bottom;class_id\na.jpg;10;20;30;60;2\n",
    "JSON with a box per entry": [{"image": "a.jpg", "box": BOX, "class_id": 2}],
    "JSON with a list per image": [{"image": "a.jpg", "boxes": [BOX], "class_ids": [2]}],
    "JSON with lists by image name": {"a.jpg": [{"box": BOX, "class_id": 2}]},
    "detections of this workflow": {
        "schema": "yolo-parity/detections/1",
        "images": [
            {"name": "a.jpg", "reason": "", "boxes": [BOX], "scores": [None], "class_ids": [2]}
        ],
    },
    "YOLO text files": "2 0.03125 0.0833333333333 0.03125 0.0833333333333",
}


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_recognises_its_own_alone(tmp_path, name):
    images = {"a.jpg": (480, 640), "000000000036.jpg": (480, 640)}
    content = EXAMPLES[name]
    path = tmp_path / "a.txt"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    source = Source.open(path if not FORMATS[name].files else tmp_path)
    specific = [each for each in FORMATS.values() if each.recognises(source) and not each.generic]
    assert recognise(source) is FORMATS[name]
    assert specific in ([], [FORMATS[name]])
    (seen,) = load_external(source.path, images, NAMES).images.values()
    np.testing.assert_allclose(seen.boxes, [BOX])
    assert seen.class_ids.tolist() == [2]


@pytest.mark.parametrize("name", BOX_FORMAT_NAMES)
def test_each_box_format_is_recognised_as_a_key_and_as_a_declaration(tmp_path, name):
    centre = [20.0, 40.0, 20.0, 40.0]
    numbers = {"xyxy": BOX, "xywh": [10.0, 20.0, 20.0, 40.0], "cxcywh": centre}[
        name.removesuffix("n")
    ]
    if name.endswith("n"):
        numbers = (np.array(numbers) / [640, 480, 640, 480]).tolist()
    entry = {"image": "a.jpg", "class_id": 2}
    for content in (
        [entry | {name: numbers}],
        {"box_format": name, "detections": [entry | {"box": numbers}]},
    ):
        np.testing.assert_allclose(load(tmp_path, content).images["a.jpg"].boxes, [BOX])
    declared = load(tmp_path, [entry | {"box": numbers}], box_format=name)
    np.testing.assert_allclose(declared.images["a.jpg"].boxes, [BOX])


def test_annotations_of_coco_may_be_grouped_by_image(tmp_path):
    annotation = {"image_id": 7, "bbox": [10, 20, 20, 40], "category_id": 2}
    seen = load(tmp_path, {"a.jpg": [annotation]})
    np.testing.assert_allclose(seen.images["a.jpg"].boxes, [BOX])
