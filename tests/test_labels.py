"""Labels: what they cannot be gets a sentence, and what is left out is said."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from parity.accuracy.tasks.task import MEASURED_TASKS
from parity.comparison.polygons import corner_distances
from parity.detection.head import NetworkHead
from parity.detection.oriented_boxes import corners_of
from parity.detection.run_length import decode_masks, encode_masks
from parity.errors import UserError
from parity.labels.truth import Labels, Truth

HEAD = NetworkHead(keypoint_shape=(2, 3))
IMAGES = {"x/1.jpg": (100, 200), "y/1.jpg": (100, 200), "b.png": (50, 50)}
NAMES = {0: "person", 1: "dog", 2: "bird"}
GOOD = "0 0.5 0.5 0.2 0.2"

IMAGE = {"id": 1, "file_name": "b.png"}
CLASS = {"id": 9, "name": "dog"}
OBJECT = {"image_id": 1, "category_id": 9, "bbox": [1, 2, 3, 4]}
COCO = {"images": [IMAGE], "categories": [CLASS], "annotations": [OBJECT]}


def load_labels(
    source: Path,
    shapes: dict[str, tuple[int, int]],
    names: dict[int, str],
    task: str = "detect",
) -> Labels:
    return MEASURED_TASKS[task].labels(HEAD).read(source, shapes, names)


def objects_in(source: Path, task: str) -> Truth:
    """Return the objects of b.png."""
    return load_labels(source, IMAGES, NAMES, task).images["b.png"]


def write_coco(folder: Path, *annotations: dict[str, Any]) -> Path:
    """Write a COCO file with annotations of b.png."""
    path = folder / "labels.json"
    path.write_text(json.dumps(COCO | {"annotations": [OBJECT | each for each in annotations]}))
    return path


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


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.symlink_to("elsewhere/b.txt"), "does not exist"),
        (lambda path: path.symlink_to("/dev/zero"), "is not a file"),
        (os.mkfifo, "is not a file"),
        (Path.mkdir, "is not a file"),
    ],
    ids=["broken link", "device", "pipe", "folder"],
)
def test_a_label_file_that_is_none_is_no_image_without_objects(
    tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    make(tmp_path / "b.txt")
    with pytest.raises(UserError, match=rf"b\.txt {words}"):
        load_labels(tmp_path, IMAGES, NAMES)


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
        "z.txt is not an image of this run; left out.",
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
        ({"annotations": [OBJECT | {"bbox": [1, 2, 1e308, 4]}]}, "1e.308, which is not a number"),
        ({"annotations": [OBJECT | {"area": float("nan")}]}, "holds nan, which is not a number"),
        ({"annotations": [OBJECT | {"bbox": [0.1, 0.2, 0.3, 0.4]}]}, "as fractions of the image"),
        ({"images": [IMAGE, {"id": 1, "file_name": "x/1.jpg"}]}, r"images\[1\] has the id 1, as"),
        ({"images": [IMAGE, {"id": 2, "file_name": "./b.png"}]}, r"b\.png is listed twice, as b\."),
        ({"images": [IMAGE, IMAGE | {"id": "x"}]}, r"png is listed twice, with the ids 1 and 'x'"),
        ({"images": [{"id": 1, "file_name": "1.jpg"}]}, r"1\.jpg could be x/1\.jpg or y/1\.jpg"),
        ({"categories": [CLASS, {"id": 9, "name": "bird"}]}, r"categories\[1\] has the id 9, as"),
        ({"categories": [{"id": 9, "name": "cat"}]}, "the model has none of the categories"),
        ({"annotations": []}, "labels nothing in any of the 3 images"),
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
        ('{"\\ud800": 1}', r"the key '\\ud800' is not valid text"),
        ('{"images": [], "images": []}', "the key 'images' appears twice"),
    ],
)
def test_json_that_is_no_coco(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "no.json").write_text(text)
    with pytest.raises(UserError, match=words):
        load_labels(tmp_path / "no.json", IMAGES, NAMES)


def test_a_category_that_several_classes_are_called(tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text(json.dumps(COCO))
    with pytest.raises(UserError, match=r"annotations\[0\]: classes 1 and 2 of the model"):
        load_labels(tmp_path / "labels.json", IMAGES, {0: "person", 1: "dog", 2: "dog"})


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


def test_yolo_and_coco_labels_say_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.txt").write_text("1 0.5 0.5 0.2 0.4\n2 0.1 0.1 0.3 0.1 0.3 0.5\n\n")
    boxes = [[80, 30, 40, 40], [20, 10, 40, 40]]
    document = {
        "images": [{"id": 4, "file_name": "a.jpg"}, {"id": 5, "file_name": "other.jpg"}],
        "categories": [{"id": 9, "name": "dog"}, {"id": 3, "name": "bird"}, {"id": 1, "name": "x"}],
        "annotations": [
            {"image_id": 4, "category_id": 9, "bbox": boxes[0]},
            {"image_id": 4, "category_id": 3, "bbox": boxes[1]},
            {"image_id": 4, "category_id": 1, "bbox": boxes[1]},
            {"image_id": 5, "category_id": 3, "bbox": boxes[1]},
        ],
    }
    file = tmp_path / "labels.json"
    file.write_text(json.dumps(document))
    shapes = {"sub/a.jpg": (100, 200), "b.jpg": (50, 50)}
    yolo, coco = load_labels(folder, shapes, NAMES), load_labels(file, shapes, NAMES)
    for labels in (yolo, coco):
        assert labels.images["sub/a.jpg"].class_ids.tolist() == [1, 2]
        np.testing.assert_allclose(
            labels.images["sub/a.jpg"].boxes, [[80, 30, 120, 70], [20, 10, 60, 50]]
        )
    assert len(yolo.images["b.jpg"]) == 0
    assert yolo.notes == ["Images without a label file, which count as images without objects: 1."]
    assert "b.jpg" not in coco.images
    assert coco.notes == [
        "Images that are not in the labels and are left out: 1.",
        "Objects left out, since the model does not have their classes (x): 1.",
    ]


@pytest.mark.parametrize(
    ("task", "text", "words"),
    [
        ("segment", GOOD, "'0 0.5 .* should be class and the points of an outline, at least three"),
        ("segment", "0 0.1 0.1 0.5 0.5 1.5 0.5", "line 1 holds 1.5; YOLO labels are fractions"),
        ("pose", GOOD, "should be class, cx, cy, width, height and 2 keypoints of 2 or 3 numbers"),
        ("pose", f"{GOOD} 0.1 0.1 2 0.2 0.2", "'0 0.5 .* should be class, cx, cy, width, height"),
        ("pose", f"{GOOD} 0.1 0.1 2 0.2 0.2 3", "line 1 holds the visibility 3; it should be 0, 1"),
        ("pose", f"{GOOD} 0.1 0.1 2 20 0.2 2", "line 1 holds 20; YOLO labels are fractions"),
        ("pose", f"{GOOD} 0.1 0.1 nan 0.2 0.2 2", "'nan' is not a finite number"),
        ("obb", GOOD, "'0 0.5 .* should be class and x and y of four corners"),
        ("obb", "0 0.1 0.1 0.2 0.1 0.2 0.3 0.1 -3", "line 1 holds -3; YOLO labels are fractions"),
        ("obb", "7 0.1 0.1 0.2 0.1 0.2 0.3 0.1 0.3", "line 1 names class 7, which the model does"),
    ],
)
def test_lines_that_are_no_labels_of_a_task(
    tmp_path: Path, task: str, text: str, words: str
) -> None:
    (tmp_path / "b.txt").write_text(text)
    with pytest.raises(UserError, match=rf"b\.txt: line 1.*{words}|b\.txt: {words}"):
        load_labels(tmp_path, IMAGES, NAMES, task)


RUNS = {"size": [50, 50], "counts": [100, 20, 2380]}


@pytest.mark.parametrize(
    ("task", "change", "words"),
    [
        ("detect", {"bbox": None}, "has no bbox"),
        ("segment", {}, "segmentation is None; it should be polygons of at least three points"),
        ("segment", {"segmentation": [[1, 2, 3, 4]]}, r"segmentation is \[\[1, 2, 3, 4\]\]; it"),
        ("segment", {"segmentation": [[1, 2, 3, 4, 5, 1e9]]}, "holds 1e.09, which is far outside"),
        ("segment", {"segmentation": [[1, 2, 3, 4, 5, float("nan")]]}, "holds nan, which is far"),
        ("segment", {"segmentation": RUNS | {"size": [40, 50]}}, "is 40 × 50 px, and the image 50"),
        ("segment", {"segmentation": RUNS | {"counts": [2501]}}, "is not a mask in run lengths"),
        ("segment", {"segmentation": RUNS | {"counts": [100, 20, 2379]}}, "do not fill a mask of"),
        ("segment", {"segmentation": RUNS | {"counts": "garbage"}}, "is not a mask in run lengths"),
        ("segment", {"segmentation": RUNS | {"counts": [-1, 5]}}, "is not a mask in run lengths"),
        ("segment", {"segmentation": {"size": [50, 50]}}, "is not a mask in run lengths"),
        ("pose", {}, "keypoints is None; it should be x, y and visibility of 2 keypoints"),
        ("pose", {"keypoints": [1, 2, 2]}, r"keypoints is \[1, 2, 2\]; it should be x, y and"),
        ("pose", {"keypoints": [1, 2, 2, 3, 4, "x"]}, r"keypoints is \[1, 2, 2, 3, 4, 'x'\]; it"),
        ("pose", {"keypoints": [1, 2, 2, 3, 4, 7]}, "holds the visibility 7; it should be 0, 1"),
        ("pose", {"keypoints": [1, 2, 2, 1e9, 4, 1]}, "1e.09, which is not a number of px"),
        ("obb", {}, "segmentation is None; it should be polygons"),
        ("obb", {"segmentation": [[1, 2, 3, 4, 5, 6]]}, "it should be one polygon, of four"),
    ],
)  # fmt: skip
def test_annotations_that_are_no_labels_of_a_task(
    tmp_path: Path, task: str, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(UserError, match=rf"labels: .*annotations\[0\].*{words}"):
        load_labels(write_coco(tmp_path, change), IMAGES, NAMES, task)


OUTLINE = [(5, 5), (45, 10), (30, 40), (8, 35)]


def test_masks_are_filled_as_pycocotools_fills_them(tmp_path: Path) -> None:
    from pycocotools import mask as oracle

    flat = [number for point in OUTLINE for number in point]
    (tmp_path / "b.txt").write_text(" ".join(map(str, [1, *(number / 50 for number in flat)])))
    expected = oracle.decode(oracle.frPyObjects([flat], 50, 50))[..., 0]
    columns = expected.T.ravel()
    changes = np.flatnonzero(np.diff(columns)) + 1
    lengths = np.diff([0, *changes.tolist(), columns.size]).tolist()
    (compressed,) = encode_masks(expected[None])
    size = {"size": [50, 50]}
    written = [{"segmentation": [flat]}, {"segmentation": size | {"counts": lengths}}]
    written += [{"segmentation": size | {"counts": compressed}}]
    coco = objects_in(write_coco(tmp_path, *written), "segment")
    yolo = objects_in(tmp_path, "segment")
    for masks in (yolo.masks, coco.masks):
        for mask in masks or []:
            np.testing.assert_array_equal(
                decode_masks([mask["counts"].decode()], (50, 50)), [expected]
            )
    assert {*yolo.areas.tolist(), *coco.areas.tolist()} == {expected.sum()}
    assert yolo.boxes.tolist() == [[5, 5, 45, 40]]
    assert len(coco.masks or []) == 3


def test_keypoints_of_both_formats(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text(
        "1 0.5 0.5 0.4 0.8 0.1 0.2 2 0 0 0\n1 0.5 0.5 0.4 0.8 0.1 0.2 0.3 -0.005"
    )
    yolo = objects_in(tmp_path, "pose")
    np.testing.assert_allclose(
        yolo.keypoints, [[[5, 10, 2], [0, 0, 0]], [[5, 10, 1], [15, -0.25, 0]]]
    )
    np.testing.assert_allclose(yolo.areas, [0.53 * 20 * 40] * 2)
    points = [5, 10, 2, 0, 0, 0]
    annotations = {"keypoints": points, "area": 7}, {"keypoints": points, "bbox": [0, 0, 10, 10]}
    coco = objects_in(write_coco(tmp_path, *annotations), "pose")
    np.testing.assert_array_equal(coco.keypoints, [[[5, 10, 2], [0, 0, 0]]] * 2)
    assert coco.areas.tolist() == [7, 53]


@pytest.mark.parametrize("turn", [0.0, 0.3, 1.2, np.pi / 2, 2.5, -1.0])
def test_oriented_boxes_of_both_formats(tmp_path: Path, turn: float) -> None:
    from ultralytics.utils.ops import xyxyxyxy2xywhr

    (corners,) = corners_of(np.array([[25, 24, 30, 10, turn]]))
    (tmp_path / "b.txt").write_text(" ".join(map(str, [1, *(corners / 50).ravel().tolist()])))
    coco = objects_in(write_coco(tmp_path, {"segmentation": [corners.ravel().tolist()]}), "obb")
    expected = xyxyxyxy2xywhr(corners.reshape(1, 8).astype(np.float32))
    for labels in (objects_in(tmp_path, "obb"), coco):
        assert labels.oriented is not None
        apart = corner_distances(corners_of(labels.oriented), corners_of(expected))
        assert apart == pytest.approx(0, abs=1e-4)
        assert corner_distances(corners_of(labels.oriented), corners[None]) < 1e-4
        assert labels.areas == pytest.approx(300, abs=1e-3)


def test_four_corners_that_are_no_rectangle_mean_the_least_one(tmp_path: Path) -> None:
    slanted = [10, 10, 40, 10, 40, 30, 12, 28]
    labels = objects_in(write_coco(tmp_path, {"segmentation": [slanted]}), "obb")
    (box,) = corners_of(labels.oriented)
    rectangle = shapely.Polygon(np.array(slanted).reshape(4, 2)).minimum_rotated_rectangle
    assert shapely.Polygon(box).symmetric_difference(rectangle).area < 1e-3


def make_folders(folder: Path, *files: str) -> Path:
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_classes_are_the_names_of_folders(tmp_path: Path) -> None:
    files = ["dog/x/1.jpg", "bird/y/1.jpg", "cat/b.png", "dog/b.txt", "b.png", "dog/other.jpg"]
    labels = load_labels(make_folders(tmp_path, *files), IMAGES, NAMES, "classify")
    assert {name: truth.class_ids.tolist() for name, truth in labels.images.items()} == {
        "x/1.jpg": [1],
        "y/1.jpg": [2],
    }
    assert labels.images["x/1.jpg"].boxes.tolist() == [[0, 0, 200, 100]]
    assert labels.notes == [
        "Images left out, since the model does not have their classes (cat): 1."
    ]


def test_folders_that_name_no_class(tmp_path: Path) -> None:
    folder = make_folders(tmp_path, "cat/b.png", "b.txt")
    with pytest.raises(UserError, match="has no folder that is named after a class of the"):
        load_labels(folder, IMAGES, NAMES, "classify")
    folder = make_folders(tmp_path, "dog/b.png", "bird/b.png")
    with pytest.raises(UserError, match=r"cat/b\.png and bird/b\.png would both be b\.png"):
        load_labels(folder, IMAGES, NAMES, "classify")


def test_classes_of_a_coco_file(tmp_path: Path) -> None:
    annotations = [{"image_id": 1, "category_id": 9}] * 2
    path = tmp_path / "labels.json"
    images = [IMAGE, {"id": 2, "file_name": "x/1.jpg"}]
    path.write_text(json.dumps(COCO | {"images": images, "annotations": annotations}))
    labels = load_labels(path, IMAGES, NAMES, "classify")
    assert labels.images["b.png"].class_ids.tolist() == [1]
    assert labels.notes == [
        "Images that are not in the labels and are left out: 1.",
        "Images without a class, which are left out: 1.",
    ]
    categories = [CLASS, {"id": 8, "name": "bird"}]
    two = [*annotations, {"image_id": 1, "category_id": 8}]
    path.write_text(json.dumps(COCO | {"categories": categories, "annotations": two}))
    with pytest.raises(UserError, match=r"gives b\.png the classes dog and bird; class"):
        load_labels(path, IMAGES, NAMES, "classify")
