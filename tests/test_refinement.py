"""Exchanging faults before the network where a hypothesis is right in some images only."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from parity.backends.onnx_network import OnnxNetwork
from parity.data.reading import read_image
from parity.data.sample_images import find_samples
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.catalogue.fault import FAULTS
from parity.diagnosis.evaluation.injection import observe
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.search import refinement
from parity.diagnosis.search.alternatives import alternatives
from parity.diagnosis.search.refinement import refine
from parity.external.observations import Declared

CORRECT = Pipeline(conf=0.25, iou=0.45)
DECLARED = Declared(conf=0.25, iou=0.45)


@pytest.fixture(scope="module")
def replayer(yolo11n_onnx: Path, tmp_path_factory: pytest.TempPathFactory) -> Replayer:
    """Return what replays two images, of which only one must be resized."""
    folder = tmp_path_factory.mktemp("sizes")
    photo = read_image(find_samples()["bus.jpg"])
    for name, shape in (("same.png", (480, 640)), ("resized.png", (700, 520))):
        cut = photo[: shape[0] * 3 // 2, : shape[1] * 5 // 4]
        cv2.imwrite(str(folder / name), cv2.resize(cut, shape[::-1], interpolation=cv2.INTER_AREA))
    network = replace(OnnxNetwork.load(yolo11n_onnx, threads=1), rect=False)
    return Replayer(network, {path.name: path for path in sorted(folder.iterdir())})


@pytest.mark.parametrize(
    ("truth", "start"),
    [
        pytest.param(
            {"align": "top_left", "border": 0, "kernel": "cubic"},
            {"fitting": "pad_first", "border": 0},
            id="padding first looks the same without resizing",
        ),
        pytest.param(
            {"border": 0, "side_rounding": "floor", "kernel": "cubic"},
            {"border": 0},
            id="two faults that only resized images show",
            marks=pytest.mark.nightly,
        ),
    ],
)
def test_two_faults_are_exchanged_at_once(
    replayer: Replayer, truth: dict[str, object], start: dict[str, object]
) -> None:
    names = list(replayer.paths)
    true = replace(CORRECT, **truth)
    seen = observe(replayer, true, names, declared=DECLARED)
    cost_model = CostModel(replayer, seen, names)
    begun = replace(cost_model.correct, **start)
    assert 0.2 < cost_model.reproduction(begun).exact < 0.9
    refined = refine(cost_model, begun)
    assert cost_model.reproduction(refined).exact == 1
    for name in names:
        assert np.array_equal(replayer.tensor(refined, name), replayer.tensor(true, name))


def test_boxes_that_are_written_otherwise_are_not_taken_for_boxes_that_are_read_otherwise(
    replayer: Replayer,
) -> None:
    names = list(replayer.paths)
    true = replace(CORRECT, corners="yxyx", integers="truncated")
    cost_model = CostModel(replayer, observe(replayer, true, names, declared=DECLARED), names)
    begun = replace(cost_model.correct, integers="truncated")
    for name in ("x_y_exchanged", "one_gain", "borders_exchanged", "not_clipped"):
        begun = FAULTS[name].inject_into(begun)
    best = min(alternatives(cost_model, begun), key=cost_model.cost)
    assert (best.box_format, best.corners) == (CORRECT.box_format, "yxyx")
    assert cost_model.reproduction(best).exact == 1


@pytest.mark.parametrize(("grey", "name"), [(126, "border_grey_126"), (127.5, "border_grey_127_5")])
def test_a_border_is_no_usual_grey_where_one_nearby_fits_better(
    replayer: Replayer, monkeypatch: pytest.MonkeyPatch, grey: float, name: str
) -> None:
    names = list(replayer.paths)
    true = replace(CORRECT, border=grey)
    seen = observe(replayer, true, names, declared=DECLARED)
    cost_model = CostModel(replayer, seen, names)
    begun = replace(cost_model.correct, border=128)
    assert 0.2 < cost_model.reproduction(begun).exact < 0.97
    monkeypatch.setattr(CostModel, "exhausted", True)
    refined = refine(cost_model, begun)
    assert refined == replace(begun, border=grey)
    assert [fault.name for fault in cost_model.faults(refined)] == [name]


def test_how_an_image_that_covers_the_input_is_rounded_makes_another_input(
    replayer: Replayer,
) -> None:
    """The image is 861.5 px high where it fills the width, of which 222 or 221 px are cut away."""
    covering = CORRECT.replace(fitting="cover")
    floored = covering.replace(side_rounding="floor")
    options = (covering, floored, floored.replace(border_rounding="ceil"))
    assert len({replayer.input_of(each, "resized.png").digest for each in options}) == 3
    assert len({replayer.tensor(each, "resized.png").tobytes() for each in options}) == 3


@pytest.mark.parametrize(("boxes", "expected"), [(1, True), (4, False)])
def test_a_single_box_may_change_less_than_many_do_on_average(boxes: int, expected: bool) -> None:
    """One level changes logits by 0.005 on average, and here are six of them."""
    assert refinement._may_leave(6 * refinement.LEAST_EFFECT, 0.0045, boxes) is expected
