"""The correct pipeline is the ONNX arm; every choice changes something."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parity.backends.onnx_network import OnnxNetwork
from parity.data.sample_images import find_samples
from parity.deployment.box_output import to_output
from parity.deployment.pipeline import Pipeline
from parity.deployment.postprocess import postprocess
from parity.deployment.run import read_and_preprocess, run
from parity.deployment.task import InImage
from parity.detection.candidate_files import ImageCandidates
from parity.detection.head import NetworkHead
from parity.detection.letterbox import Letterbox
from parity.postprocessing.postprocess import detect

BOXES = np.array([[100, 200, 180, 260], [300, 300, 420, 360]], np.float32)
PLACE = Letterbox(640, 640, 480, 640, 80, 0)
SHAPE = (600, 800)


@pytest.fixture(scope="module", params=["rect", "square"])
def network(yolo11n_onnx: Path, request: pytest.FixtureRequest) -> OnnxNetwork:
    return replace(OnnxNetwork.load(yolo11n_onnx, threads=1), rect=request.param == "rect")


@pytest.mark.parametrize("name", sorted(find_samples()))
def test_the_correct_pipeline_is_the_onnx_arm_bit_for_bit(network, name):
    path = find_samples()[name]
    pipeline = Pipeline(stride=network.stride if network.rect else None, iou=0.45)
    image = network.read(path)
    tensor = network.preprocess(image)
    arm = ImageCandidates(
        name,
        "",
        image.shape[:2],
        tensor.shape[2:],
        candidates=network.decode((network.forward(tensor),), 0.01),
    )
    expected = detect(arm, conf=0.25, iou=0.45, max_det=300, head=NetworkHead())
    found = run(pipeline, path, network)
    for ours, theirs in (
        (found.boxes, expected.boxes),
        (found.scores, expected.scores),
        (found.class_ids, expected.class_ids),
    ):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [125, 150, 225, 225]),
        ({"offset": "none"}, [125, 250, 225, 325]),
        ({"gain": "none", "offset": "none"}, [100, 200, 180, 260]),
        ({"gain": "stretch", "offset": "none"}, [125, 187.5, 225, 243.75]),
        ({"gain": "height"}, [93.75, 112.5, 168.75, 168.75]),
        ({"rescaled": "gain"}, [156.25, 187.5, 281.25, 281.25]),
        ({"offset": "added"}, [125, 350, 225, 425]),
        ({"corners": "xywh"}, [125, 150, 100, 75]),
        ({"unit": "image_fraction"}, [0.15625, 0.25, 0.28125, 0.375]),
    ],
)
def test_ways_back_into_the_image(changes, expected):
    found = to_output(Pipeline(**changes), BOXES[:1], PLACE, SHAPE)
    np.testing.assert_allclose(found[0], expected, rtol=1e-6)


def test_integers_are_cut_side_by_side():
    boxes = np.array([[0.9, 0.9, 2.7, 2.7]], np.float32)
    place = Letterbox(640, 640, 640, 640, 0, 0)
    cut = to_output(Pipeline(integers="sides_truncated"), boxes, place, (640, 640))
    np.testing.assert_array_equal(cut, [[0, 0, 1, 1]])


def test_nothing_is_modified_in_place():
    before = BOXES.copy()
    to_output(Pipeline(integers="rounded", rescaled="gain"), BOXES, PLACE, SHAPE)
    np.testing.assert_array_equal(BOXES, before)


def test_a_replay_needs_no_network(network):
    path = find_samples()["nothing_here.png"]
    ready = read_and_preprocess(Pipeline(), path, network)
    raw = np.zeros((84, 8400), np.float32)
    assert not len(
        postprocess(Pipeline(), (raw,), InImage(ready.place, ready.image_shape), classes=80)
    )
