"""External boxes in the formats that people write: recognised, read, and refused in a sentence."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from parity.detection.detection_files import Printed
from parity.errors import UserError
from parity.external.box_formats import BOX_FORMAT_NAMES
from parity.external.file_format import FORMATS, recognise
from parity.external.observations import FIRST_UNKNOWN_CLASS
from parity.external.reader import load_external
from parity.external.source import Source

IMAGES = {"a.jpg": (480, 640), "sub/b.png": (100, 200), "c.jpg": (50, 50)}
NAMES = {0: "person", 1: "bicycle", 2: "car"}
BOX = [10.0, 20.0, 30.0, 60.0]
CORNERS = {"xmin": 10, "ymin": 20, "xmax": 30, "ymax": 60}
ROBOFLOW = {
    **{"x": 20, "y": 40, "width": 20, "height": 40, "confidence": 0.5},
    **{"class": "car", "class_id": 2, "detection_id": "f9f7"},
}


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
        [{"image": "a.jpg", "name": "car", "conf": 0.5, "x": 10, "y": 20, "w": 20, "h": 40}],
        [{"file": "a.jpg", "objects": [{"name": "car", "confidence": 0.5, "box": BOX}]}],
        [{"image": "a.jpg", "boxes": [BOX], "scores": [0.5], "class_ids": [2]}],
        [
            {
                "Image": "a.jpg",
                "Left": 10,
                "Top": 20,
                "Right": 30,
                "Bottom": 60,
                "Score": 0.5,
                "ClassId": 2,
            }
        ],
        [
            {
                "ImagePath": "a.jpg",
                "Detections": [
                    {"X": 10, "Y": 20, "Width": 20, "Height": 40, "Confidence": 0.5, "Label": "car"}
                ],
            }
        ],
        {
            "images": [{"id": 7, "file_name": "a.jpg"}],
            "annotations": [
                {"image_id": 7, "bbox": [10, 20, 20, 40], "score": 0.5, "category_id": 2}
            ],
        },
        [
            {
                "image": "a.jpg",
                "X": 10,
                "Y": 20,
                "Width": 20,
                "Height": 40,
                "Score": 0.5,
                "ClassID": 2,
            }
        ],
        [{"image": "a.jpg", "bbox": BOX, "confidence": 0.5, "clsId": 2}],
        [{"image": "a.jpg", "location": BOX, "confidence": 0.5, "title": "car"}],
        [
            {
                "image": "a.jpg",
                "relative_bounding_box": {"xmin": 10, "ymin": 20, "width": 20, "height": 40},
                "score": 0.5,
                "labelIndex": 2,
            }
        ],
        [
            {
                "image": "a.jpg",
                "center_x": 20,
                "center_y": 40,
                "size_x": 20,
                "size_y": 40,
                "score": 0.5,
                "class_id": 2,
            }
        ],
        [{"image": "a.jpg", "left": 10, "top": 20, "w": 20, "h": 40, "score": 0.5, "class": 2}],
        [{"image": "a.jpg", "x1": 10, "y1": 20, "width": 20, "height": 40, "score": 0.5, "cls": 2}],
        [{"image": "a.jpg", "x0": 10, "y0": 20, "x1": 30, "y1": 60, "score": 0.5, "cls": 2}],
    ],
)
def test_json_as_people_write_it(tmp_path, content):
    seen = load(tmp_path, content)
    np.testing.assert_allclose(seen.images["a.jpg"].boxes, [BOX])
    assert seen.images["a.jpg"].scores.tolist() == [0.5]
    assert seen.images["a.jpg"].class_ids.tolist() == [2]


@pytest.mark.parametrize(
    ("names", "label", "expected"),
    [
        ({0: "A", 1: "a"}, "A", 0),
        ({0: "A", 1: "a"}, "a", 1),
        ({0: "Person", 1: "car"}, "PERSON", 0),
        ({0: "30", 1: "50"}, "50", 1),  # speed limits
        ({0: "30", 1: "50"}, 1, 1),
        ({0: "30", 1: "50"}, 7, 7),
        ({0: "dining table", 1: "car"}, "dining-table", 0),  # as DOTA's text needs it
        ({0: "dining table", 1: "dining-table"}, "dining-table", 1),
        ({0: "small_ship", 1: "car"}, "Small ship", 0),
    ],
)
def test_labels_are_names_or_ids(tmp_path, names, label, expected):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([{"image": "a.jpg", "box": BOX, "score": 0.5, "label": label}]))
    assert load_external(path, IMAGES, names).images["a.jpg"].class_ids.tolist() == [expected]


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


COCO = {class_id: f"class {class_id}" for class_id in range(80)} | {0: "person"}
CATEGORIES = "Category ids are read as those of COCO results, 1 to {}, not as class ids."


@pytest.mark.parametrize(
    ("names", "given", "expected", "last", "reason"),
    [
        (COCO, [1, 13, 90], [0, 11, 79], 90, "as val writes them for COCO"),
        (COCO, [1, 13, 79], [1, 13, 79], None, "they may be class ids"),
        (COCO, [1, 12, 90], [1, 12, 90], None, "COCO has no category 12"),
        (COCO, [0, 90], [0, 90], None, "COCO has no category 0"),
        (NAMES, [1, 3], [0, 2], 3, "as val writes them for other classes"),
        (NAMES, [1, 2], [1, 2], None, "they may be class ids"),
        (NAMES, [1, 4], [1, 4], None, "there is no fourth class"),
    ],
)
def test_category_ids_of_coco_results(tmp_path, *, names, given, expected, last, reason):
    path = tmp_path / "predictions.json"
    records = [
        {"image_id": 36, "bbox": [1, 2, 3, 4], "score": 0.5, "category_id": each} for each in given
    ]
    path.write_text(json.dumps(records))
    seen = load_external(path, {"36.jpg": (640, 480)}, names)
    assert seen.images["36.jpg"].class_ids.tolist() == expected, reason
    said = [note for note in seen.notes if note.startswith("Category")]
    assert said == ([CATEGORIES.format(last)] if last else [])


def test_corners_beside_the_keys_of_roboflow_are_corners(tmp_path):
    corners = dict(zip(("x1", "y1", "x2", "y2"), BOX, strict=True))
    seen = load(tmp_path, [{"image": "a.jpg", **ROBOFLOW, **corners}])
    assert seen.images["a.jpg"].boxes.tolist() == [BOX]


def test_ids_of_other_formats_are_class_ids(tmp_path):
    entry = {"image": "a.jpg", "box": BOX, "score": 0.5}
    seen = load(tmp_path, [{**entry, "class_id": each} for each in (1, 3)])
    assert seen.images["a.jpg"].class_ids.tolist() == [1, 3]


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


def test_an_image_in_fractions_among_images_in_px_is_named(tmp_path):
    boxes = {"a.jpg": [0.1, 0.2, 0.3, 0.4], "sub/b.png": [10, 20, 30, 40]}
    rows = [{"image": k, "box": box, "score": 0.5, "class_id": 0} for k, box in boxes.items()]
    seen = load(tmp_path, rows)
    assert {name: own.boxes.tolist() for name, own in seen.images.items()} == {
        name: [box] for name, box in boxes.items()
    }
    (note,) = (note for note in seen.notes if "fractions" in note)
    assert note.startswith("The boxes of a.jpg may be fractions, as no number exceeds 1.5;")


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


ENTRY = {"image": "a.jpg", "box": BOX, "score": 0.5, "class_id": 2}
UNBOXED = {"image": "a.jpg", "score": 0.5, "class_id": 2}


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        ({"a.jpg": [[10, 20, 30, 60, 0.5, 2]], "c.jpg": []}, ".json"),
        ({"a.jpg": {"boxes": [BOX], "scores": [0.5], "labels": [2]}}, ".json"),
        ({"results": {"a.jpg": [[10, 20, 30, 60, 0.5, 2]]}}, ".json"),
        ({"a.jpg": json.dumps([{"box": BOX, "score": 0.5, "class": 2}])}, ".json"),
        ([{"image": "a.jpg", "detections": [[10, 20, 30, 60, 2, 0.5]]}], ".json"),
        ([["a.jpg", 10, 20, 30, 60, 0.5, 2]], ".json"),
        ({**ENTRY}, ".jsonl"),
        (f"{json.dumps(ENTRY)}\n\n{json.dumps({'image': 'c.jpg'})}\n", ".jsonl"),
        ("a.jpg,10,20,30,60,0.5,2\n", ".csv"),
        ("a.jpg;2;0.5;10;20;30;60\nc.jpg\n", ".csv"),
        ("10,20,30,60,0.5,car,photos/a.jpg\n", ".csv"),
        ("a.jpg 10 20 30 60 0.5 2\n", ".txt"),
        ("a.jpg\t10\t20\t30\t60\t50%\tcar\n", ".txt"),
        ("Image,XMin,YMin,XMax,YMax,Conf,Class\na.jpg,10,20,30,60,0.5,2.0\nc.jpg,,,,,,", ".csv"),
        ("image,width,height,x1,y1,x2,y2,conf,cls\na.jpg,9,9,10,20,30,60,.5,2\nc.jpg,9,9", ".csv"),
        ("image,box,conf,label\na,\"{'x1': 10, 'y1': 20, 'x2': 30, 'y2': 60}\",0.5,car", ".csv"),
        ({"images": [{"id": 7, "file_name": "a.jpg"}], "categories": [{"id": 3, "name": "car"}],
          "annotations": [{"image_id": 7, "category_id": 3, "bbox": [10, 20, 20, 40], "score": 0.5,
                           "segmentation": {"counts": "PX1", "size": [480, 640]}}]}, ".json"),
        ({"a.jpg": {"predictions": [ROBOFLOW], "image": {"width": 640, "height": 480}}}, ".json"),
        ([{"image": "a.jpg", "predictions": [ROBOFLOW], "time": 0.1}], ".json"),
        ({"a.jpg": [[[10, 20, 30, 60], 0.5, 2]]}, ".json"),
        ([{"img": "a.jpg", "dets": [{"bndbox": CORNERS, "prob": 0.5, "cls": 2}]}], ".json"),
        ([{"image": "a.jpg", "boxes": [{"x": 10, "y": 20, "width": 20, "height": 40}],
           "confidences": [0.5], "classIds": [2]}], ".json"),
        ([{"filename": "a.jpg", "objects": [{"class_id": 2, "name": "car", "confidence": 0.5,
           "relative_coordinates": {"center_x": 0.03125, "center_y": 1 / 12, "width": 0.03125,
                                    "height": 1 / 12}}]}], ".json"),
        ([{"image": "a.jpg", "classes": ["person", "bicycle", "car", "dog"],
           "detections": [{"boundingBox": CORNERS, "score": 0.5, "class": 2}]}], ".json"),
    ],
)  # fmt: skip
def test_more_ways_to_write_the_same_box(tmp_path, content, suffix):
    seen = load(tmp_path, content, suffix).images
    np.testing.assert_allclose(seen["a.jpg"].boxes, [BOX])
    assert seen["a.jpg"].scores.tolist() == [0.5]
    assert seen["a.jpg"].class_ids.tolist() == [2]
    assert len(seen.get("c.jpg", ())) == 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_text_may_have_a_byte_order_mark(tmp_path, encoding):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([ENTRY | {"image": "ä.jpg"}], ensure_ascii=False), encoding)
    assert list(load_external(path, {"ä.jpg": (480, 640)}, NAMES).images) == ["ä.jpg"]


def test_percentages_are_recognised_and_said(tmp_path):
    seen = load(tmp_path, [ENTRY | {"score": 87.5}, ENTRY | {"score": 0.9}, ENTRY | {"score": 30}])
    np.testing.assert_allclose(seen.images["a.jpg"].scores, [0.875, 0.009, 0.3])
    assert "The scores are read as percentages: the highest is 87.5." in seen.notes


def test_scores_that_are_no_confidences_are_evidence_and_said(tmp_path):
    seen = load(tmp_path, [ENTRY | {"score": 637.2}, ENTRY])
    assert seen.images["a.jpg"].scores.tolist() == [637.2, 0.5]
    assert any("entry 1: the score 637.2 is not a confidence" in note for note in seen.notes)


def ultralytics_results():
    """Return what Ultralytics returns for an image with two objects and for one without."""
    import torch
    from ultralytics.engine.results import Results

    names = {0: "person", 1: "bicycle", 2: "car"}
    boxes = torch.tensor([[10.0, 20, 30, 60, 0.5, 2], [1.5, 2.25, 300.125, 400, 0.75, 0]])
    return {
        "a": Results(np.zeros((480, 640, 3), np.uint8), "photos/a.jpg", names, boxes=boxes),
        "c": Results(np.zeros((50, 50, 3), np.uint8), "photos/c.jpg", names, boxes=boxes[:0]),
    }


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("suffix", ["json", "csv"])
def test_a_folder_of_what_ultralytics_writes(tmp_path, suffix, normalize):
    for stem, result in ultralytics_results().items():
        text = getattr(result, f"to_{suffix}")(normalize=normalize)
        (tmp_path / f"{stem}.{suffix}").write_text(text)
    seen = load_external(tmp_path, IMAGES, NAMES)
    np.testing.assert_allclose(
        seen.images["a.jpg"].boxes, [BOX, [1.5, 2.25, 300.125, 400]], atol=0.01
    )
    assert seen.images["a.jpg"].scores.tolist() == [0.5, 0.75]
    assert seen.images["a.jpg"].class_ids.tolist() == [2, 0]
    assert len(seen.images["c.jpg"]) == 0
    assert "sub/b.png" not in seen.images
    assert seen.printed.box_unit == ("fraction" if normalize else "px")


def test_a_dictionary_of_what_to_json_returns(tmp_path):
    results = ultralytics_results().values()
    for value in (str, json.loads):
        seen = load(tmp_path, {result.path: value(result.to_json()) for result in results})
        assert seen.images["a.jpg"].class_ids.tolist() == [2, 0]
        assert len(seen.images["c.jpg"]) == 0


@pytest.mark.parametrize("save_conf", [False, True])
def test_a_folder_of_save_txt(tmp_path, save_conf):
    for stem, result in ultralytics_results().items():
        result.save_txt(tmp_path / "predict" / "labels" / f"{stem}.txt", save_conf=save_conf)
    seen = load_external(tmp_path / "predict", IMAGES, NAMES)
    np.testing.assert_allclose(
        seen.images["a.jpg"].boxes, [BOX, [1.5, 2.25, 300.125, 400]], atol=1e-3
    )
    assert seen.images["a.jpg"].class_ids.tolist() == [2, 0]
    assert np.isnan(seen.images["a.jpg"].scores).all() != save_conf
    assert seen.printed.box_unit == "fraction"
    assert "c.jpg" not in seen.images, "Ultralytics writes no file for an image without boxes"


def test_a_folder_of_rows_of_px(tmp_path):
    (tmp_path / "a.txt").write_text("10 20 30 60 0.5 2\n\n")
    (tmp_path / "c.txt").write_text("1 2 3 4 0.75 0\n")
    seen = load_external(tmp_path, IMAGES, NAMES)
    np.testing.assert_allclose(seen.images["a.jpg"].boxes, [BOX])
    assert seen.images["a.jpg"].class_ids.tolist() == [2]
    assert "The columns are read as box, score, class" in " ".join(seen.notes)


TWINS = {"x/1.jpg": (100, 100), "y/1.jpg": (100, 100)}
LINE = "2 0.5 0.5 0.1 0.2 0.75\n"


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files below a folder and return it."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_text_files_are_matched_by_path_first(tmp_path):
    folder = write(tmp_path / "labels", {"x/1.txt": LINE, "y/1.txt": ""})
    seen = load_external(folder, TWINS, NAMES).images
    assert (len(seen["x/1.jpg"]), len(seen["y/1.jpg"])) == (1, 0)
    one = load_external(folder, {"x/1.jpg": (100, 100)}, NAMES)
    assert set(one.images) == {"x/1.jpg"}
    assert "y/1 is not an image of this run; left out." in one.notes


@pytest.mark.parametrize(
    ("files", "images", "words"),
    [
        (["1.txt"], TWINS, r"1 could be x/1\.jpg or y/1\.jpg"),
        (["x/1.txt", "y/1.txt"], {"1.jpg": (9, 9)}, r"both be 1\.jpg of this run"),
        (["1.txt"], {"1.jpg": (9, 9), "1.png": (9, 9)}, r"1 could be 1\.jpg or 1\.png"),
    ],
)
def test_a_stem_of_two_images_gets_a_sentence(tmp_path, files, images, words):
    folder = write(tmp_path / "labels", dict.fromkeys(files, LINE))
    with pytest.raises(UserError, match=words):
        load_external(folder, images, NAMES)


def test_images_that_are_not_in_the_run_are_said(tmp_path):
    header = "image,x1,y1,x2,y2,score,label\n"
    rows = ["a.jpg,10,20,30,60,0.5,car", "z.jpg,1,2,3,4,0.5,car", "y.jpg,1,2,3,4,0.5,car"]
    note = "z.jpg and 1 more are not images of this run; left out."
    assert note in load(tmp_path, header + "\n".join(rows), ".csv").notes
    assert note in load(tmp_path, "\n".join(rows), ".csv").notes
    entries = [ENTRY, ENTRY | {"image": "z.jpg"}, ENTRY | {"image": "y.jpg"}]
    assert note in load(tmp_path, entries).notes


OWN = {"name": "a.jpg", "reason": "", "boxes": [], "scores": [], "class_ids": []}
DIGITS = "9" * 5000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([ENTRY, ENTRY | {"score": 1.5}, ENTRY], "entry 2: the score 1.5 is above 1"),
        ([ENTRY | {"score": -0.5}], "entry 1: the score -0.5 is below 0"),
        ([ENTRY | {"score": float("nan")}], "entry 1: the score: nan is not a finite number"),
        ([ENTRY | {"score": float("inf")}], "entry 1: the score: inf is not a finite number"),
        ([ENTRY | {"score": 1e308}], r"entry 1: the score: 1e\+308 is too large for a number"),
        ([ENTRY | {"score": True}], "entry 1: the score: True is not a number"),
        ([ENTRY | {"class_id": 1.7}], r"entry 1: 1\.7 is not a class id"),
        ([ENTRY | {"class_id": "1.7"}], r"entry 1: '1\.7' is not a class id"),
        ([ENTRY | {"class_id": -2}], "entry 1: -2 is not a class id"),
        ([ENTRY | {"class_id": 10**40}], "entry 1: 1000.* is not a class id"),
        ([ENTRY | {"class_id": float("nan")}], "entry 1: nan is not a class id"),
        ([ENTRY | {"class_id": "c" * 200_000}], "is too long for the name of a class"),
        ([{"image": "a\n.bmp", "boxes": []}] * 2, r"none of the images"),
        ([ENTRY | {"class_id": [2]}], r"entry 1: \[2\] is not a class id"),
        ([ENTRY | {"box": [1e308, 0, 1, 1]}], r"entry 1: box: 1e\+308 is too large"),
        ([ENTRY | {"box": [10**400, 0, 1, 1]}], "entry 1: box: 1000.* is not a finite number"),
        ([ENTRY | {"image": ["a.jpg"]}], r"entry 1: \['a\.jpg'\] is not the name or number"),
        ([{"image_id": {}, "bbox": BOX, "category_id": 1}], "is not the name or number"),
        ([{"image": "a.jpg", "boxes": [BOX], "scores": [], "labels": [1]}], "1 boxes, but 0"),
        ([{"image": "a.jpg", "boxes": []}] * 2, r"entry 2: a\.jpg is listed twice"),
        ([ENTRY | {"image": "a.bmp"}, ENTRY | {"image": "a.png"}], r"both be a\.jpg of this run"),
        ({"schema": "yolo-parity/detections/1", "images": [OWN, OWN]}, "a.jpg is listed twice"),
        ({"schema": "yolo-parity/detections/1", "images": [{"name": "a.jpg"}]}, "is not a record"),
        ({"schema": "yolo-parity/detections/1", "images": 5, "made_by": []}, "names none of the"),
        ('{"a.jpg": [], "a.jpg": []}', r"the key 'a\.jpg' appears twice"),
        ({"conf": 30, "detections": [ENTRY]}, "conf is 30; it must be from 0 to below 1"),
        ({"iou": 0, "detections": [ENTRY]}, "iou is 0; it must be above 0"),
        ({"max_det": 0.5, "detections": [ENTRY]}, "max_det is 0.5; it must be a whole number"),
        ({"a.jpg": [[10, 20, 30, 60, 0.5]]}, "entry 1, box 1: .* should be a box, a score"),
        ({"a.jpg": [[10, 20, 30, 60, 0.5, 2], [1, 2, 3, 4, 5]]}, "box 2: has 5 values, where"),
        (f'[{{"image": "a.jpg", "box": [{DIGITS}, 1, 2, 3], "label": 1}}]', "too many digits"),
        (f"a.jpg,{DIGITS},20,30,60,0.5,2\n", "999.* is not a finite number"),
        ("[" * 100_000, "nested too deeply"),
        ('{"image": "a.jpg"}\n{"image": "c.jpg", "box": [1,', "not valid JSON at line 2"),
        ("image,x1,y1,x2,y2,score,label\na.jpg,1,2,3,4,0.5\n", "line 2: has a different number"),
        ("image,x1,x1,x2,y2,score,label\na.jpg,1,2,3,4,0.5,1\n", "names the column x1 twice"),
        ('image,x1,y1,x2,y2,score,label\n"a.jpg,1,2,3,4,0.5,1\n', "not valid CSV"),
        (f"image,x1,y1,x2,y2,score,label\na.jpg,1,2,3,4,0.5,{'c' * 200_000}\n", "not valid CSV"),
        ("image,x1,y1,x2,y2,score,label\na.jpg,,,,,0.5,\n", "line 2: holds no box"),
        ("x1,y1,x2,y2,score,label\n1,2,3,4,0.5,1\n", "first line must name the columns, image"),
        ("z.jpg,1,2,3,4,0.5,1\n", "line 1: names no image"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_gets_a_sentence(tmp_path, content, words):
    with pytest.raises(UserError, match=words) as error:
        load(tmp_path, content, ".json")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 450


@pytest.mark.parametrize(
    "content", [b"\x93NUMPY\x01\x00", '["ä.jpg"]'.encode("latin-1"), "a.jpg,1".encode("utf-16-le")]
)
def test_what_is_no_text_gets_a_sentence(tmp_path, content):
    (tmp_path / "mine").write_bytes(content)
    with pytest.raises(UserError, match=r"(it|text) as UTF-8; boxes are read from: JSON with"):
        load_external(tmp_path / "mine", IMAGES, NAMES)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1.7 0.5 0.5 0.1 0.2 0.75", r"'1\.7' is not a class id"),
        ("2 0.5 0.5 0.1 nan 0.75", "'nan' is not a finite number"),
        ("2 0.5 0.5 0.1", "expected class, cx, cy"),
        (f"{DIGITS} 0.5 0.5 0.1 0.2", "is not a class id"),
    ],
)
def test_a_broken_line_of_a_text_file_gets_a_sentence(tmp_path, text, words):
    folder = write(tmp_path / "labels", {"a.txt": f"{LINE}{text}\n"})
    with pytest.raises(UserError, match=f"a.txt, line 2: .*{words}"):
        load_external(folder, IMAGES, NAMES)


ID_7 = {"image_id": 7, "bbox": BOX, "category_id": 2}
LISTED = {"images": [{"id": 7, "file_name": "a.jpg"}], "annotations": [ID_7]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            {"schema": "yolo-parity/detections/1", "images": [OWN, OWN | {"name": "./a.jpg"}]},
            r"image 2: a\.jpg is listed twice, as a\.jpg and as \./a\.jpg",
        ),
        ({"a.jpg": [], "c.jpg": {"box": BOX, "class": 1}}, r"c\.jpg is {.*}; it must be a list"),
        ({"a.jpg": [], "c.jpg": None}, r"c\.jpg is None; it must be a list"),
        ({"box_format": "xyxy", "boxes": [{"image": "a.jpg", "xywh": BOX, "class": 1}]},
         "entry 1: its keys say xywh, and the file says xyxy"),
        ({"box_format": "yxyx", "boxes": [ENTRY]}, "box_format is 'yxyx'; it must be one of xyxy,"),
        (LISTED | {"images": [*LISTED["images"], {"id": 7, "file_name": "c.jpg"}]},
         "image 2: another image has the id 7, too"),
        (LISTED | {"images": [*LISTED["images"], {"id": 8, "file_name": "a.jpg"}]},
         r"image 2: a\.jpg is listed twice, with the ids 7 and 8"),
        (LISTED | {"annotations": [ID_7 | {"image_id": 8}]},
         "entry 1: the file lists no image with the id 8"),
        (LISTED | {"categories": [{"id": 3, "name": "car"}]},
         "entry 1: the file lists no category with the id 2"),
        (LISTED | {"categories": [{"id": 2, "name": "car"}, {"id": 2, "name": "person"}]},
         "category 2: another category has the id 2, too"),
        (LISTED | {"categories": ["car"]}, "category 1: 'car' is not a category with an id and a"),
        ({"images": [{"file_name": "c.jpg", "boxes": [ENTRY]}], "detections": [ENTRY]},
         "image 1: holds boxes of its own"),
        ({"conf": "high", "detections": [ENTRY]}, "conf: 'high' is not a number"),
        ([ENTRY | {"score": "0_1"}], "entry 1: the score: '0_1' is not a number"),
    ],
)  # fmt: skip
def test_what_would_be_read_wrong_or_left_out_gets_a_sentence(tmp_path, content, words):
    with pytest.raises(UserError, match=words):
        load(tmp_path, content)


def test_two_text_files_of_one_image_get_a_sentence(tmp_path):
    folder = write(tmp_path / "labels", {"x/1.txt": LINE, "1.txt": LINE})
    with pytest.raises(UserError, match=r"x/1\.jpg is listed twice, as 1 and as x/1"):
        load_external(folder, {"x/1.jpg": (9, 9)}, NAMES)


@pytest.mark.parametrize(
    ("content", "one", "other"),
    [
        ([ENTRY | {"label": "bicycle"}], "class_id is 2", "label is bicycle"),
        ([ENTRY | {"class": 1}], "class_id is 2", "class is 1"),
        ([ENTRY | {"name": "person"}], "class_id is 2", "name is person"),
        ([ENTRY | {"category_id": 1}], "class_id is 2", "category_id is 1"),
        ([ENTRY | {"class_id": None, "class": "car", "prediction": "van"}],
         "class is car", "prediction is van"),
        ([ENTRY | {"confidence": 0.9}], "score is 0.5", "confidence is 0.9"),
        ([ENTRY | {"score": 1, "conf": "60%"}], "score is 1", "conf is 0.6"),
        ([ENTRY | {"path": "/data/c.jpg"}], "image is a.jpg", "path is /data/c.jpg"),
        ([ENTRY | {"image": "q/z.jpg", "file": "a.jpg"}], "image is q/z.jpg", "file is a.jpg"),
        ([ENTRY | {"image_id": 36}], "image is a.jpg", "image_id is 36"),
        ([UNBOXED | {"xywh": BOX, "xyxy": BOX}], r"xyxy is \[10, 20, 30, 60\]", "xywh is"),
        ([ENTRY | {"box": [10, 20, 99, 60], "xyxy": BOX}], "xyxy is", r"box is \[10, 20, 99, 60\]"),
        ([ENTRY | CORNERS | {"xmax": 35}], "box is", "xmin, ymin, xmax, ymax is"),
        ([ENTRY | {"xyxyn": [0.5, 0.5, 0.7, 0.7]}], "xyxyn is", "box is"),
        ([UNBOXED | {"box": {**CORNERS, "x": 10, "y": 20, "w": 9, "h": 40}}],
         "xmin, ymin, xmax, ymax is", "x, y, w, h is"),
        ([{"image": "a.jpg", "boxes": [BOX], "scores": [0.5], "confs": [0.4], "labels": [1]}],
         "score is 0.5", "conf is 0.4"),
        ("image,x1,y1,x2,y2,cx,cy,w,h,conf,cls\na.jpg,10,20,30,60,20,40,30,40,.5,2\n",
         "x1, y1, x2, y2 is", "cx, cy, w, h is"),
        ({"box_format": "xyxy", "bbox_format": "xywh", "boxes": [ENTRY]},
         "box_format is xyxy", "bbox_format is xywh"),
    ],
)  # fmt: skip
def test_two_fields_that_say_different_things_get_a_sentence(tmp_path, content, one, other):
    images = IMAGES | {"000000000036.jpg": (50, 50)}
    (tmp_path / "mine").write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(UserError, match=rf"mine.*: {one}.*, and {other}.*; leave out the one"):
        load_external(tmp_path / "mine", images, NAMES)


@pytest.mark.parametrize(
    "content",
    [
        [ENTRY | {"label": "Car", "class_name": "car", "category_id": 3, "cls_id": "2.0"}],
        [ENTRY | {"confidence": "50%", "conf": 0.5, "prob": 0.4999}],
        [ENTRY | {"path": "/data/a.jpg", "filename": "a", "image_id": 7, "file": "video.mp4"}],
        [ENTRY | {"image_id": 36}],
        [ENTRY | {"xyxy": [10.4, 19.6, 30.2, 60], "xywh": [10, 20, 20, 40]}],
        [ENTRY | {"cxcywh": [20, 40, 20, 40], "xyxyn": [0.0156, 0.0417, 0.0469, 0.125]}],
        [ENTRY | CORNERS | {"w": 640, "h": 480, "rect": None, "coordinates": [52.5, 13.4]}],
        [UNBOXED | {"x": 10, "y": 20, "w": 20, "h": 40, "width": 640, "height": 480}],
        [{"img": "a.jpg", "name": "car", "conf": 0.5, "box": BOX}],
        [{"name": "car", "class": 2, "confidence": 0.5, "box": CORNERS, "img": "a.jpg"}],
        "image,x1,y1,x2,y2,width,height,conf,cls\na.jpg,10,20,30,60,640,480,.5,2\n",
        {"images": [{"id": 7, "file_name": "a.jpg"}, {"id": 36, "file_name": "c.jpg"}],
         "annotations": [ENTRY | {"image_id": "7"}]},
    ],
)  # fmt: skip
def test_fields_that_say_the_same_are_read(tmp_path, content):
    seen = load(tmp_path, content).images["a.jpg"]
    np.testing.assert_allclose(seen.boxes, [BOX], atol=0.5)
    assert (seen.scores.tolist(), seen.class_ids.tolist()) == ([0.5], [2])


ONE, TWO = [ENTRY], [ENTRY | {"box": [1, 2, 3, 4]}]


@pytest.mark.parametrize(
    "content",
    [
        {"detections": ONE, "objects": TWO},
        {"detections": [], "objects": ONE},
        {"boxes": ONE, "annotations": []},
        [{"image": "a.jpg", "detections": ONE, "objects": TWO}],
        {"image": "a.jpg", "predictions": ONE, "shapes": TWO},
        {"a.jpg": {"boxes": [[*BOX, 0.5, 2]], "dets": [[*BOX, 0.4, 2]]}},
        {"detections": [["a.jpg", *BOX, 0.5, 2]], "objects": [["a.jpg", *BOX, 0.4, 2]]},
        [{"image": "a.jpg", "boxes": [BOX], "bboxes": [[10, 20, 20, 40]], "labels": [2]}],
    ],
)
def test_two_lists_of_boxes_get_a_sentence(tmp_path, content):
    said = r": (\w+) and (\w+) are different lists; leave out the one that is wrong\.$"
    with pytest.raises(UserError, match=said):
        load(tmp_path, content)
    folder = write(tmp_path / "folder", {"a.json": json.dumps(content)})
    with pytest.raises(UserError, match=said):
        load_external(folder, IMAGES, NAMES)


@pytest.mark.parametrize(
    "content",
    [
        {"detections": ONE, "objects": ONE},
        {"detections": ONE, "objects": ["car", "person"], "results": {"fps": 30}, "shapes": 3},
    ],
)
def test_one_list_of_boxes_under_two_keys_is_one(tmp_path, content):
    np.testing.assert_array_equal(load(tmp_path, content).images["a.jpg"].boxes, [BOX])


def test_a_label_that_the_model_does_not_have_contradicts_no_id(tmp_path):
    seen = load(tmp_path, [ENTRY | {"label": "Auto"}])
    assert seen.images["a.jpg"].class_ids.tolist() == [2]
    said = "1 label that the model does not have, such as Auto, stands beside a class id"
    assert said in " ".join(seen.notes)


@pytest.mark.parametrize("listed", [["car", "person", "bicycle"], {"0": "car"}, {"0": "Auto"}])
def test_a_list_of_other_names_is_noted(tmp_path, listed):
    said = "The file lists other class names: 0 is .* there, and person here, which counts."
    notes = load(tmp_path, {"names": listed, "detections": [ENTRY]}).notes
    assert any(re.fullmatch(said, note) for note in notes)
    for same in (["Person", "bicycle", "car"], {"2": "car"}, [[1]], "car", {"x": "car"}, None):
        notes = load(tmp_path, {"names": same, "detections": [ENTRY]}).notes
        assert not any("class names" in note for note in notes)


def test_a_name_that_several_classes_share_tells_none(tmp_path):
    shared = {0: "crane", 1: "bird", 2: "crane"}
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([{"image": "a.jpg", "box": BOX, "score": 0.5, "label": "crane"}]))
    with pytest.raises(UserError, match="entry 1: classes 0 and 2 of the model are all called cra"):
        load_external(path, IMAGES, shared)
    entries = [ENTRY | {"class_id": i, "label": shared[i]} for i in shared]
    path.write_text(json.dumps({"names": list(shared.values()), "detections": entries}))
    seen = load_external(path, IMAGES, shared)
    assert seen.images["a.jpg"].class_ids.tolist() == [0, 1, 2]
    assert not any("class names" in note for note in seen.notes)
    path.write_text(json.dumps([ENTRY | {"class_id": 1, "label": "crane"}]))
    with pytest.raises(UserError, match="class_id is 1, and label is crane"):
        load_external(path, IMAGES, shared)


def test_an_image_may_be_named_as_the_class_of_its_box(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([{"name": "car", "box": BOX, "score": 0.5, "class_id": 0}]))
    seen = load_external(path, {"car.jpg": (480, 640)}, NAMES)
    assert seen.images["car.jpg"].class_ids.tolist() == [0]


def test_the_number_of_an_image_is_a_number_as_text_too(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([ID_7 | {"score": 0.5}, ID_7 | {"image_id": "7", "score": 0.4}]))
    seen = load_external(path, {"000000000007.jpg": (480, 640)}, NAMES)
    assert len(seen.images["000000000007.jpg"]) == 2


def test_what_a_reader_would_not_guess_is_said(tmp_path):
    folder = write(tmp_path / "mixed", {"a.txt": LINE, "c.json": "[]", "d.csv": ""})
    notes = load_external(folder, IMAGES, NAMES).notes
    assert "Boxes are read from *.txt alone: c.json and 1 more left out." in notes
    entries = [UNBOXED | {"xywh": [1, 2, -3, 4]}, ENTRY | {"class_id": 500}, ENTRY]
    notes = " ".join(load(tmp_path, entries).notes)
    assert re.search(
        r"1 box has a negative width or height, such as \S+mine.json, entry 1\.", notes
    )
    assert "1 box has a class id that the model does not have, such as 500." in notes
    assert load(tmp_path, {"conf": "0.5", "detections": [ENTRY]}).declared.conf == 0.5


def test_keys_that_name_a_format_count_more_than_those_that_do_not(tmp_path):
    both = UNBOXED | {"bbox": [10, 20, 20, 40], "xyxy": BOX, "image_id": 7}
    np.testing.assert_allclose(load(tmp_path, [both]).images["a.jpg"].boxes, [BOX])


def test_a_line_ends_where_lines_end(tmp_path):
    entry = json.dumps(ENTRY | {"class_id": None, "label": "x\u2028y"}, ensure_ascii=False)
    seen = load(tmp_path, f"{entry}\r\n{entry}\n", ".jsonl")
    assert (len(seen.images["a.jpg"]), [*seen.labels.values()]) == (2, ["x\u2028y"])


def test_a_class_may_be_one_below_the_first_and_written_as_a_float(tmp_path):
    entries = [ENTRY | {"class_id": each} for each in (-1, 0.0, "0.0", "2")]
    assert load(tmp_path, entries).images["a.jpg"].class_ids.tolist() == [-1, 0, 0, 2]


QUAD = [10 / 640, 20 / 480, 30 / 640, 20 / 480, 30 / 640, 60 / 480, 10 / 640, 60 / 480]
"""Corners of BOX as fractions of an image of 640x480 px."""

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
    "rows without a header": "a.jpg,10,20,30,60,0.5,2\n",
    "a JSON or CSV file per image": 'name,class,confidence,box\ncar,2,0.5,"[10, 20, 30, 60]"\n',
    "JSON labels": {"a.jpg": {"car": 0.9}},
    "label rows": "0.9 car",
    "shape text files": "2 " + " ".join(map(str, QUAD)),
    "YOLO text files": "2 0.03125 0.0833333333333 0.03125 0.0833333333333",
}


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_recognises_its_own_alone(tmp_path, name):
    images = {"a.jpg": (480, 640), "000000000036.jpg": (480, 640)}
    content = EXAMPLES[name]
    suffix = FORMATS[name].files[-1] if FORMATS[name].files else "*.txt"
    path = tmp_path / f"a{suffix[1:]}"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    source = Source.open(path if not FORMATS[name].files else tmp_path)
    specific = [each for each in FORMATS.values() if each.recognises(source) and not each.generic]
    assert recognise(source) is FORMATS[name]
    assert specific in ([], [FORMATS[name]])
    task = {"shape text files": "obb"}.get(name, "classify" if "label" in name else "detect")
    (seen,) = load_external(source.path, images, NAMES, task=task).images.values()
    expected = [0, 0, 640, 480] if task == "classify" else BOX
    np.testing.assert_allclose(seen.boxes, [expected], rtol=1e-6)
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


@pytest.mark.parametrize(
    "page", ["<!doctype html><html><title>404, not found</title></html>", "a,b;c", "p,q\n\n"]
)
def test_a_line_that_names_no_column_is_no_table_without_boxes(tmp_path: Path, page: str) -> None:
    (tmp_path / "a.csv").write_text(page)
    with pytest.raises(UserError, match=r"a\.csv: its first line names no column of a box"):
        load_external(tmp_path, {"a.jpg": (480, 640)}, {0: "person"})
    (tmp_path / "a.csv").write_text("class,confidence,x1,y1,x2,y2\n")
    assert len(load_external(tmp_path, {"a.jpg": (480, 640)}, {0: "person"}).images["a.jpg"]) == 0


def test_a_column_of_thousands_of_digits_is_no_rank(tmp_path: Path) -> None:
    column = f"top{'1' * 5000}"
    (tmp_path / "a.csv").write_text(f"image,{column},{column}_score\na.jpg,car,0.5\n")
    with pytest.raises(UserError):
        load_external(tmp_path / "a.csv", {"a.jpg": (480, 640)}, {0: "car"}, task="classify")
