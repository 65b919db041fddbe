"""Published deployments, explained from the boxes that they return."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parity.backends.onnx_network import OnnxNetwork
from parity.data.reading import read_image
from parity.deployment.replay import Replayer
from parity.diagnosis.diagnosis import Diagnosis, diagnose
from parity.external.observations import Declared, Observations, Observed
from parity.external.reader import load_external

EXPECTED = {
    "a_untransposed": {
        "stretched_letterbox_back",
        "not_transposed",
        "v5_layout",
        "sigmoid",
        "scaled_twice",
        "zero_size_nmsboxes",
        "class_is_rank",
    },
    "b_gain": {"gain_of_height", "sides_truncated"},
    "c_stretch": {"stretched"},
    "d_nmsboxes": {"agnostic_nmsboxes_given_xyxy", "one_gain", "fractional_border"},
    "e_bgr": {"bgr", "border_grey_0", "side_floor", "no_suppression", "truncated", "one_gain"},
}
UNDECIDED = {"b_gain": {"agnostic", "not_clipped"}, "c_stretch": {"agnostic"}}
"""What these deployments do too, and what their boxes on these images do not show."""


@pytest.fixture(scope="module")
def replayer(yolo11n_onnx: Path, shared: Path) -> Replayer:
    network = replace(OnnxNetwork.load(yolo11n_onnx, threads=1), rect=False)
    root = shared / "data"
    paths = [*(root / "coco" / "images").iterdir(), *(root / "report_images").iterdir()]
    return Replayer(network, {path.relative_to(root).as_posix(): path for path in paths})


def observe(replayer: Replayer, shared: Path, name: str) -> Observations:
    source = shared / "data" / "deployments" / f"{name}.json"
    images = {n: read_image(path).shape[:2] for n, path in replayer.paths.items()}
    return load_external(source, images, replayer.network.names)


def examine(replayer: Replayer, seen: Observations) -> Diagnosis:
    return diagnose(seen, replayer, replayer.network.names)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_published_deployment_is_explained(replayer, shared, name):
    found = examine(replayer, observe(replayer, shared, name))
    assert found.verdict == "named"
    assert {fault.name for fault in found.faults} == EXPECTED[name]
    assert {fault.name for fault in found.undecided} >= UNDECIDED.get(name, set())
    assert found.reproduced.exact == 1
    assert found.reproduced.predicted == 1


def test_one_flat_box_per_image_proves_what_it_can(replayer):
    widths = {"image (63).png": 9.81, "image (64).png": 17.85, "image-2.png": 37.72}
    images = {
        f"report_images/{name}": Observed(
            np.array([[0, 0, width, 0]]), np.array([1.0]), np.array([0])
        )
        for name, width in widths.items()
    }
    found = examine(replayer, Observations(images, Declared(conf=0.25, iou=0.45)))
    named = {fault.name for fault in found.faults}
    assert {"not_transposed", "zero_size_nmsboxes", "stretched_letterbox_back"} <= named
    others = {fault.name for fault in found.undecided}
    others |= {fault.name for other in found.equivalents for fault in other.named}
    assert {"v5_layout", "best_only", "stretched_after"} <= others
