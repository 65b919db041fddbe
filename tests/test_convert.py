"""External boxes: converted to detections files, and read back as observations."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parity.detection.detection_files import (
    NOT_LISTED,
    DetectionBatch,
    ImageDetections,
    MadeBy,
    Printed,
)
from parity.documents import load, save
from parity.errors import UserError
from parity.external.convert import convert, load_converted, with_model_class_ids
from parity.external.observations import (
    FIRST_UNKNOWN_CLASS,
    Declared,
    Known,
    Observations,
    Observed,
)
from parity.integrity import set_aside_damaged

NAMES = {0: "person", 1: "car", 2: "dog"}
NOTHING_KNOWN = Known()


@pytest.fixture
def controls(tmp_path: Path) -> list[str]:
    """Return detections files of the control arm: two batches, one image unreadable."""
    paths = []
    for batch, names in {"0": ["a.jpg", "torn.jpg"], "1": ["b.jpg", "c.jpg"]}.items():
        path = tmp_path / "control" / f"{batch}.json"
        images = [
            ImageDetections(name, name, 0, 0, "torn", 0, [], [], [])
            if name == "torn.jpg"
            else ImageDetections(name, name, 100, 200, "", 0, [], [], [])
            for name in names
        ]
        save(path, DetectionBatch(MadeBy("c", NAMES), images))
        paths.append(str(path))
    return paths


def converted(
    tmp_path: Path, controls: list[str], content: Any, **options: Any
) -> tuple[list[str], dict[str, ImageDetections]]:
    """Write boxes, convert them, and return the files and the records by image."""
    source = tmp_path / "boxes.json"
    source.write_text(json.dumps(content))
    made = [str(tmp_path / "made" / Path(path).name) for path in controls]
    convert(source, controls, made, arm="external-mine", **options)
    records = [record for path in made for record in load(path, DetectionBatch).images]
    return made, {record.name: record for record in records}


def box(image: str, **own: Any) -> dict[str, Any]:
    return {"image": image, "box": [10.25, 20, 30, 40.5], "score": 0.5, "class_id": 1, **own}


def test_every_image_keeps_its_place_and_what_is_not_stated_says_so(
    tmp_path: Path, controls: list[str]
) -> None:
    content = {"images": ["a.jpg", "b.jpg"], "detections": [box("a.jpg")]}
    made, records = converted(tmp_path, controls, content)
    assert list(records) == ["a.jpg", "torn.jpg", "b.jpg", "c.jpg"]
    assert {name: record.reason for name, record in records.items()} == {
        "a.jpg": "",
        "torn.jpg": NOT_LISTED,
        "b.jpg": "",
        "c.jpg": NOT_LISTED,
    }
    assert records["a.jpg"].boxes == [[10.25, 20, 30, 40.5]]
    assert records["b.jpg"].boxes == [], "no boxes is a statement"
    seen = load_converted(made, NOTHING_KNOWN)
    assert set(seen.images) == {"a.jpg", "b.jpg"}
    np.testing.assert_array_equal(seen.images["a.jpg"].boxes, [[10.25, 20, 30, 40.5]])
    assert seen.printed == Printed("px", 2, 1)


def test_the_last_decimal_of_a_fraction_is_worth_more_along_the_longer_side() -> None:
    assert Printed("fraction", 3, 2).box_px(480, 640) == pytest.approx((0.64, 0.48))
    assert Printed("px", 1, 2).box_px(480, 640) == pytest.approx((0.1, 0.1))


def test_a_score_that_is_not_stated_is_null_in_the_file(
    tmp_path: Path, controls: list[str]
) -> None:
    entry = box("a.jpg")
    del entry["score"]
    made, records = converted(tmp_path, controls, [entry])
    assert records["a.jpg"].scores == [None]
    assert "NaN" not in Path(made[0]).read_text()
    assert np.isnan(load_converted(made, NOTHING_KNOWN).images["a.jpg"].scores).all()


@pytest.mark.parametrize(
    ("own", "names", "expected", "reason"),
    [
        ({"class_id": 2}, None, 2, "an id is one of the model"),
        ({"class_id": 7}, None, 7, "even where the model has none"),
        ({"class_id": 0}, ["dog", "car"], 2, "unless the deployment has a list of its own"),
        (
            {"class_id": 1},
            ["dog", "cat"],
            FIRST_UNKNOWN_CLASS,
            "which may name what the model does not",
        ),
        ({"class_id": None, "label": "Dog"}, None, 2, "a label is looked up"),
        ({"class_id": None, "label": "person"}, ["dog", "car"], 0, "in either list"),
        (
            {"class_id": None, "label": "cat"},
            None,
            FIRST_UNKNOWN_CLASS,
            "an unknown one has its own id",
        ),
    ],
)
def test_classes(  # noqa: PLR0917 - pytest gives them by name
    tmp_path: Path,
    controls: list[str],
    own: dict[str, Any],
    names: list[str] | None,
    expected: int,
    reason: str,
) -> None:
    entry = {key: value for key, value in box("a.jpg", **own).items() if value is not None}
    made, records = converted(tmp_path, controls, [entry], names=names)
    assert records["a.jpg"].class_ids == [expected], reason
    if expected == FIRST_UNKNOWN_CLASS:
        assert load_converted(made, NOTHING_KNOWN).labels == {FIRST_UNKNOWN_CLASS: "cat"}


def test_classes_of_one_name_keep_their_places_in_a_list() -> None:
    seen = Observations({"a.jpg": Observed(np.zeros((3, 4)), np.ones(3), np.arange(3))})
    model = {0: "crane", 1: "bird", 2: "crane"}
    own = with_model_class_ids(seen, model, model)
    assert own.images["a.jpg"].class_ids.tolist() == [0, 1, 2]
    with pytest.raises(UserError, match="names: classes 0 and 2 of the model are all called crane"):
        with_model_class_ids(seen, {1: "crane"}, model)


def test_what_the_user_says_counts_more_than_what_the_file_says(
    tmp_path: Path, controls: list[str]
) -> None:
    content = {"conf": 0.3, "iou": 0.6, "detections": [box("a.jpg")]}
    made, _ = converted(tmp_path, controls, content)
    declared = load_converted(made, Known(Declared(conf=0.5, imgsz=(320, 640)))).declared
    assert (declared.conf, declared.iou, declared.imgsz) == (0.5, 0.6, (320, 640))


def test_boxes_that_cannot_be_read_list_no_image_and_say_why(
    tmp_path: Path, controls: list[str]
) -> None:
    made, records = converted(tmp_path, controls, [box("a.jpg", class_id=10**10)])
    assert {record.reason for record in records.values()} == {NOT_LISTED}
    with pytest.raises(UserError, match=r"boxes.json, entry 1: 10000000000 is not a class id"):
        load_converted(made, NOTHING_KNOWN)


@pytest.mark.parametrize("place", ["results/inject/m", "."])
def test_only_a_result_that_cannot_be_read_is_moved_aside(
    tmp_path: Path, controls: list[str], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = Path(place, "mine.json")
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(json.dumps([box("a.jpg")])[:-9])
    made = [str(tmp_path / "made" / Path(path).name) for path in controls]
    if place == ".":
        convert(source, controls, made, arm="external-mine")
        assert "not valid JSON" in (load(made[0], DetectionBatch).made_by.unread or "")
    else:
        with pytest.raises(UserError, match=r"run again, and it will be made again"):
            convert(source, controls, made, arm="external-mine")
    set_aside_damaged()
    assert source.exists() == (place == ".")
