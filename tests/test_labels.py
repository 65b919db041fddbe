"""Labels: what they cannot be gets a sentence, and what is left out is said."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.data.labels import load_labels
from parity.errors import UserError

IMAGES = {"x/1.jpg": (100, 200), "y/1.jpg": (100, 200), "b.png": (50, 50)}
NAMES = {0: "person", 1: "dog", 2: "bird"}
GOOD = "0 0.5 0.5 0.2 0.2"

IMAGE = {"id": 1, "file_name": "b.png"}
CLASS = {"id": 9, "name": "dog"}
OBJECT = {"image_id": 1, "category_id": 9, "bbox": [1, 2, 3, 4]}
COCO = {"images": [IMAGE], "categories": [CLASS], "annotations": [OBJECT]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{GOOD}\n0 0.5 nan 0.2 0.2", "line 2 is not a YOLO label: 'nan' is not a finite number"),
        ("0 320 240 64 48", "line 1 holds 320; YOLO labels are fractions of the image, from 0"),
        ("0 0.5 -0.2 0.2 0.2", "line 1 holds -0.2; YOLO labels are fractions"),
        ("0 0.5 0.5 -0.005 0.2", "line 1 holds a negative width or height, -0.005"),
        ("0 1e308 0.5 0.2 0.2", "line 1 holds 1e.308"),
        ("1.7 0.5 0.5 0.2 0.2", r"line 1 names class 1\.7, which the model does not have"),
        ("-1 0.5 0.5 0.2 0.2", "line 1 names class -1, which the model does not have"),
        ("nan 0.5 0.5 0.2 0.2", "line 1 is not a YOLO label: 'nan' is not a finite number"),
        ("dog 0.5 0.5 0.2 0.2", "line 1 is not a YOLO label: 'dog' is not a number"),
        ("0 0.5 0.5 0.2 0.2 0.9", "line 1 is not a YOLO label: '0 0.5.*' should be class, cx, cy"),
        ("0 0.1 0.2 0.3 0.4 0.5 0.6 0.7", "line 1 is not a YOLO label: '0 0.1 .* of an outline"),
        (f"0 0.5 {'9' * 5000} 0.2 0.2", "line 1 is not a YOLO label: '999.* is not a finite"),
    ],
)
def test_lines_that_are_no_labels(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "b.txt").write_text(text)
    with pytest.raises(UserError, match=rf"b\.txt: {words}") as caught:
        load_labels(tmp_path, IMAGES, NAMES)
    assert len(str(caught.value)) < 400


def test_a_label_file_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_bytes(f"{GOOD} é".encode("latin-1"))
    with pytest.raises(UserError, match=r"b\.txt is not text in UTF-8; save it as UTF-8"):
        load_labels(tmp_path, IMAGES, NAMES)
    (tmp_path / "b.txt").write_bytes(GOOD.encode("utf-8-sig"))
    assert len(load_labels(tmp_path, IMAGES, NAMES).images["b.png"]) == 1


def test_a_folder_says_what_it_leaves_out(tmp_path: Path) -> None:
    for name, text in {"x/1.txt": f"{GOOD}\n{GOOD}\n", "b.txt": "", "z.txt": GOOD}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    labels = load_labels(tmp_path, IMAGES, NAMES)
    assert {name: len(truth) for name, truth in labels.images.items()} == {
        "x/1.jpg": 1,
        "y/1.jpg": 0,
        "b.png": 0,
    }
    assert labels.notes == [
        "Images without a label file, which count as images without objects: 1.",
        "Duplicate lines in label files, which count once, as in YOLO: 1.",
        "z.txt is no image of this run; left out.",
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"images": 5}, r"no.json is not a COCO JSON file: images is 5 \(expected `array`"),
        ({"images": [{"id": 1}]}, r"images\[0\] is {'id': 1} \(object missing required fiel"),
        ({"categories": None}, r"categories is None \(expected `array`, got `null`"),
        ({"annotations": [OBJECT | {"bbox": [1, 2, "x", 4]}]}, r"bbox\[2\] is 'x' \(expected `flo"),
        ({"annotations": [OBJECT | {"bbox": [1, 2, 3]}]}, r"annotations\[0\].bbox is \[1, 2, 3\]"),
        ({"annotations": [OBJECT | {"image_id": [1]}]}, r"annotations\[0\].image_id is \[1\]"),
        ({"annotations": [OBJECT | {"image_id": 2}]}, "names the image 2, which is not listed"),
        ({"annotations": [OBJECT | {"category_id": 2}]}, "names the category 2, which is not"),
        ({"annotations": [OBJECT | {"bbox": [1, 2, -3, 4]}]}, "has a negative width, height or"),
        ({"annotations": [OBJECT | {"area": -1}]}, "has a negative width, height or area"),
        ({"annotations": [OBJECT | {"bbox": [1, 2, 1e308, 4]}]}, "holds 1e.308, which is no px"),
        ({"annotations": [OBJECT | {"area": float("nan")}]}, "holds nan, which is no px"),
        ({"annotations": [OBJECT | {"bbox": [0.1, 0.2, 0.3, 0.4]}]}, "as fractions of the image"),
        ({"images": [IMAGE, {"id": 1, "file_name": "x/1.jpg"}]}, r"images\[1\] has the id 1, as"),
        ({"images": [IMAGE, {"id": 2, "file_name": "./b.png"}]}, r"b\.png is listed twice, as b\."),
        ({"images": [{"id": 1, "file_name": "1.jpg"}]}, r"1\.jpg could be x/1\.jpg or y/1\.jpg"),
        ({"categories": [CLASS, {"id": 9, "name": "bird"}]}, r"categories\[1\] has the id 9, as"),
        ({"categories": [{"id": 9, "name": "cat"}]}, "the model has none of the categories"),
        ({"annotations": []}, "names no object in any of the 3 images"),
    ],
)  # fmt: skip
def test_coco_files_that_are_none(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    (tmp_path / "no.json").write_text(json.dumps(COCO | change))
    with pytest.raises(UserError, match=words) as caught:
        load_labels(tmp_path / "no.json", IMAGES, NAMES)
    assert str(caught.value).startswith("labels: ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not valid JSON at line 1, column 2"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", r"not a COCO JSON file: it is \[\] \(expected `object`, got `array`\)"),
        ('{"\\ud800": 1}', r"the key '\\ud800' is no text that can be written"),
        ('{"images": [], "images": []}', "the key 'images' appears twice"),
    ],
)
def test_json_that_is_no_coco(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "no.json").write_text(text)
    with pytest.raises(UserError, match=words):
        load_labels(tmp_path / "no.json", IMAGES, NAMES)


def test_images_of_coco_are_found_by_the_ends_of_their_paths(tmp_path: Path) -> None:
    images = [{"id": "a", "file_name": "train/y/1.jpg"}, {"id": 2, "file_name": "other.jpg"}]
    objects = [OBJECT | {"image_id": "a"}, OBJECT | {"image_id": "a", "area": 7, "iscrowd": 1}]
    document = COCO | {"images": images, "annotations": objects}
    (tmp_path / "labels.json").write_text(json.dumps(document))
    labels = load_labels(tmp_path / "labels.json", IMAGES, NAMES)
    assert labels.images.keys() == {"y/1.jpg"}
    truth = labels.images["y/1.jpg"]
    np.testing.assert_array_equal(truth.boxes, [[1, 2, 4, 6]] * 2)
    assert (truth.areas.tolist(), truth.crowd.tolist()) == ([12, 7], [False, True])
    assert labels.notes == ["Images that are not in the labels and are left out: 2."]
