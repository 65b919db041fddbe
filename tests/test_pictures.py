"""Pictures show the right boxes, in the right place and style, whatever things are called."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from parity.comparison.differences import DetectionPair, ImageComparison
from parity.data.batch_files import Batch, load_batch, slug
from parity.detection.detection_files import ImageDetections
from parity.documents import load, save
from parity.errors import UserError
from parity.provenance import sha256
from parity.reporting.figures.drawing import (
    KIND_STYLES,
    Mark,
    Style,
    dashes,
    draw_panel,
    panel_corners,
)
from parity.reporting.figures.pictures import (
    NARROW,
    WIDE,
    arrange,
    draw_difference,
    fates,
)
from parity.reporting.picture_index import PICTURE_INDEX, PictureIndex
from scripts.annotate import main
from tests.synthetic import (
    BROKEN,
    CAR,
    GROUND,
    HOSTILE,
    NAMES,
    SAME,
    Run,
    comparison,
    make_run,
    record,
)

MISSING, EXTRA = KIND_STYLES["missing"], KIND_STYLES["extra"]


def annotate(run: Run, destination: Path, worst: int = 200) -> PictureIndex:
    main(
        results=run.results,
        detections=run.detections,
        comparisons=run.comparisons,
        batches=run.batches,
        worst=worst,
        destination=str(destination),
    )
    return load(destination / PICTURE_INDEX, PictureIndex)


def has_colour(pixels: np.ndarray, style: Style) -> np.ndarray:
    """Return where pixels have the colour of a style, but for the losses of JPEG."""
    distance = np.abs(pixels.astype(int) - style.colour[::-1]).max(axis=2)
    return distance < 40


def ground(height: int = 120, width: int = 200) -> np.ndarray:
    return np.full((height, width, 3), GROUND, np.uint8)


def test_a_box_lies_where_it_should() -> None:
    mark = Mark((50, 30, 150, 100), "", KIND_STYLES["matched"])
    coloured = has_colour(draw_panel(ground(), [mark], scale=2.0), KIND_STYLES["matched"])
    for x, y in ((150, 60), (200, 200), (100, 130), (300, 130)):  # the middle of each side
        assert coloured[y - 2 : y + 3, x - 2 : x + 3].any(), (x, y)
    assert not coloured[80:190, 110:290].any()  # nothing inside
    assert not coloured[:, 310:].any()


def test_dashes_cover_their_share_and_keep_the_ends() -> None:
    pieces = dashes((0, 0), (100, 0), (6, 4))
    assert pieces[0] == ((0, 0), (6, 0))
    assert sum(b[0] - a[0] for a, b in pieces) == pytest.approx(60, abs=2)
    assert dashes((0, 0), (100, 0), (1, 0)) == [((0, 0), (100, 0))]
    assert dashes((5, 5), (5, 5), (6, 4)) == [((5, 5), (5, 5))]


@pytest.mark.parametrize(
    ("box", "corners"),
    [
        ((-1e30, -5, 1e30, 500), (0, 0, 199, 119)),  # far outside
        ((50, 60, 20, 10), (20, 10, 50, 60)),  # sides the wrong way round
        ((30, 30, 30, 30), (30, 30, 30, 30)),  # no area
    ],
)
def test_degenerate_boxes_are_held_inside(box: tuple, corners: tuple) -> None:
    assert panel_corners(box, 1.0, (120, 200)) == corners
    draw_panel(ground(), [Mark(box, "x", MISSING)], scale=1.0)


def test_what_is_not_finite_is_said_and_not_drawn(tmp_path: Path) -> None:
    endless = ([float("nan"), 0.0, float("inf"), 9.0], 0.9, 0)
    arms = {**SAME, "onnx-fp32": {**SAME["onnx-fp32"], "one.png": [endless]}}
    assert annotate(make_run(tmp_path, arms), tmp_path / "out").images


def test_the_missing_box_is_on_the_left_and_the_extra_one_on_the_right() -> None:
    def found(box: list[float]) -> ImageDetections:
        return record("x", [(box, 0.9, 0)])

    sides = {"pytorch-rect": found([20, 20, 60, 100]), "onnx": found([120, 20, 160, 100])}
    compared = ImageComparison("x", ("", ""), matched=[], flipped=[], missing=[0], extra=[0])
    picture = draw_difference(ground(), "deployment", sides, compared, NAMES)
    scene = picture[70:-60]  # without heading and legend
    middle = picture.shape[1] // 2
    missing, extra = has_colour(scene, MISSING), has_colour(scene, EXTRA)
    assert missing[:, :middle].any()
    assert not missing[:, middle:].any()
    assert extra[:, middle:].any()
    assert not extra[:, :middle].any()


def test_kinds_differ_in_more_than_colour() -> None:
    assert len({(style.dash, style.letter) for style in KIND_STYLES.values()}) == len(KIND_STYLES)


def test_the_two_of_a_pair_have_one_number() -> None:
    def pair(reference: int, candidate: int) -> DetectionPair:
        return DetectionPair(reference, candidate, 1.0, 0.0, (0.9, 0.9), (0, 0))

    compared = ImageComparison("x", ("", ""), [pair(2, 0)], [pair(0, 1)], missing=[1], extra=[2])
    reference = fates(compared, "reference", 3)
    assert reference == [("flipped", "2 "), ("missing", ""), ("matched", "1 ")]
    candidate = fates(compared, "candidate", 3)
    assert candidate == [("matched", "1 "), ("flipped", "2 "), ("extra", "")]
    assert fates(compared, "candidate", 4)[3] == ("", ""), "one that was not compared"


@pytest.mark.parametrize("shape", [(1080, 810), (480, 640), (800, 4096), (100, 70), (8, 8), (1, 9)])
@pytest.mark.parametrize("panels", [1, 2, 3, 6, 14])
def test_pictures_stay_within_bounds(shape: tuple[int, int], panels: int) -> None:
    for side_by_side in (False, True):
        columns, scale = arrange(panels, shape, side_by_side=side_by_side)
        rows = -(-panels // columns)
        assert 1 <= columns <= panels
        assert 0 < columns * scale * shape[1] <= WIDE.width
        assert rows * scale * shape[0] <= WIDE.height


def test_panels_of_a_narrow_sheet_are_below_each_other() -> None:
    columns, scale = arrange(3, (480, 640), side_by_side=True, sheet=NARROW)
    assert columns == 1
    assert 640 * scale == pytest.approx(NARROW.width, abs=20)


def test_pictures_are_listed_and_only_differences_are_drawn(tmp_path: Path) -> None:
    index = annotate(make_run(tmp_path, SAME), tmp_path / "out")
    by_name = {entry.name: entry for entry in index.images}
    assert set(by_name) == {"one.png", HOSTILE, "empty.png"}
    assert set(by_name["one.png"].differences) == {"geometry", "deployment-fp32"}
    assert by_name["empty.png"].differences == {}
    assert by_name["one.png"].annotated == "annotated_one.png.jpg"
    listed = {PICTURE_INDEX}
    for entry in index.images:
        listed |= {entry.annotated, *entry.differences.values()}
    assert {path.name for path in (tmp_path / "out").iterdir()} == listed


def test_hostile_names_make_plain_files(tmp_path: Path) -> None:
    annotate(make_run(tmp_path, BROKEN), tmp_path / "out")
    for path in (tmp_path / "out").iterdir():
        assert set(path.name) <= set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
        )
    assert (tmp_path / "out" / f"annotated_{slug(HOSTILE)}.jpg").is_file()


def test_every_arm_has_a_panel(tmp_path: Path) -> None:
    arms = {**SAME, "onnx-fp32": {**SAME["onnx-fp32"], "one.png": [CAR]}}
    annotate(make_run(tmp_path, arms), tmp_path / "out")
    picture = cv2.imread(str(tmp_path / "out" / "annotated_one.png.jpg"))
    columns, scale = arrange(3, (120, 200), side_by_side=False)
    assert picture.shape[1] >= columns * round(200 * scale)
    greens = (np.abs(picture.astype(int) - GROUND).max(axis=2) < 12).mean()
    assert greens > 0.6  # three times the ground of the image


def test_only_the_worst_are_drawn(tmp_path: Path) -> None:
    run = make_run(tmp_path, BROKEN)
    assert annotate(run, tmp_path / "none", worst=0).images == []
    one = annotate(run, tmp_path / "one", worst=1).images
    ranked = [image.name for image in run.load().images]
    assert [entry.name for entry in one] == ranked[:1]


def test_unreadable_images_get_no_picture(tmp_path: Path) -> None:
    reasons = {arm: {"empty.png": "the file is empty"} for arm in SAME}
    index = annotate(make_run(tmp_path, SAME, reasons=reasons), tmp_path / "out")
    assert "empty.png" not in {entry.name for entry in index.images}


def test_an_image_that_one_arm_reads_is_drawn(tmp_path: Path) -> None:
    reasons = {"onnx-fp32": {"empty.png": "the file is empty"}}
    index = annotate(make_run(tmp_path, SAME, reasons=reasons), tmp_path / "out")
    entry = next(entry for entry in index.images if entry.name == "empty.png")
    assert set(entry.differences) == {"runtime-fp32", "deployment-fp32"}


def test_an_image_that_changed_is_not_drawn(tmp_path: Path) -> None:
    run = make_run(tmp_path, SAME)
    run.images["one.png"].write_bytes(b"another")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.jpg").touch()
    with pytest.raises(UserError, match="changed after the run was planned"):
        annotate(run, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["old.jpg"]  # nothing half done
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "pictures", "results"]


def test_what_was_detected_in_another_image_is_not_drawn(tmp_path: Path) -> None:
    run = make_run(tmp_path, SAME)
    path = run.images["one.png"]
    path.write_bytes(b"another")
    listed = [replace(image, sha256=sha256(image.path)) for image in load_batch(run.batches[0])]
    save(run.batches[0], Batch(listed))
    with pytest.raises(UserError, match=r"is not of .*one\.png\.png as it is now"):
        annotate(run, tmp_path / "out")


def test_two_comparisons_of_the_same_arms_share_a_picture(tmp_path: Path) -> None:
    settings = {
        "runtime-dyn": comparison("runtime", "pytorch-rect", "onnx-fp32", gated=True),
        "deployment-dyn": comparison("deployment", "pytorch-rect", "onnx-fp32"),
    }
    index = annotate(make_run(tmp_path, SAME, settings=settings), tmp_path / "out")
    pictures = next(e.differences for e in index.images if e.name == "one.png")
    assert pictures["runtime-dyn"] == pictures["deployment-dyn"]


def test_pictures_are_the_same_every_time(tmp_path: Path) -> None:
    run = make_run(tmp_path, BROKEN)
    for name in ("first", "second"):
        annotate(run, tmp_path / name)
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()
