"""Published deployments, explained from the boxes that they return."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parity.backends.onnx_network import OnnxNetwork
from parity.deployment.replay import Replayer
from parity.diagnosis.diagnosis import diagnose
from parity.diagnosis.evaluation.parts import Bench, published
from parity.diagnosis.evaluation.scoring import ScoredAnswer
from parity.external.observations import Declared, Observations, Observed

EVERY_TIME = ("b_gain", "c_stretch", "d_nmsboxes", "f_browser_canvas", "n_edges_lost")
"""Those that need few runs of the network."""

NIGHTLY = (
    "a_untransposed",
    "e_bgr",
    "g_offset",
    "h_android",
    "i_warp_affine",
    "j_other_bicubic",
    "k_whole_input_px",
    "m_nearest",
    "p_no_half_pixel",
)

IN_PART = {"m_nearest"}
"""Explained in part: one image is placed by arithmetic in float32."""


@pytest.fixture(scope="module")
def bench(yolo11n_onnx: Path, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench.open(yolo11n_onnx, tmp_path_factory.mktemp("bench"), threads=1)


def scored_answer(bench: Bench, shared: Path, name: str, *, declared: bool) -> ScoredAnswer:
    folder = shared / "data" / "deployments"
    (scored,) = published(bench, folder, [name], declared=declared)
    return scored


def check(scored: ScoredAnswer) -> None:
    name, answer = scored.truth.name, scored.answer
    assert scored.false == ()
    assert scored.missed == ()
    assert answer.verdict == ("explained_in_part" if name in IN_PART else "explained")
    assert name in IN_PART or min(answer.exact, answer.predicted) >= 0.95


@pytest.mark.parametrize("name", EVERY_TIME)
def test_a_published_deployment_is_explained(bench: Bench, shared: Path, name: str) -> None:
    check(scored_answer(bench, shared, name, declared=True))


@pytest.mark.nightly
@pytest.mark.parametrize("name", NIGHTLY)
def test_any_published_deployment_is_explained(bench: Bench, shared: Path, name: str) -> None:
    check(scored_answer(bench, shared, name, declared=True))


@pytest.mark.nightly
@pytest.mark.parametrize("name", EVERY_TIME + NIGHTLY)
def test_what_is_declared_is_not_needed(bench: Bench, shared: Path, name: str) -> None:
    check(scored_answer(bench, shared, name, declared=False))


@pytest.mark.nightly
def test_another_network_is_not_explained_by_faults(bench: Bench, shared: Path) -> None:
    """The boxes are those of an int8 export that is not at hand."""
    scored = scored_answer(bench, shared, "o_int8", declared=True)
    assert scored.answer.verdict == "not_explained"
    assert scored.answer.named == ()


def test_one_flat_box_per_image_proves_what_it_can(yolo11n_onnx: Path, shared: Path) -> None:
    widths = {"image (63).png": 9.81, "image (64).png": 17.85, "image-2.png": 37.72}
    images = {
        name: Observed(np.array([[0, 0, width, 0]]), np.array([1.0]), np.array([0]))
        for name, width in widths.items()
    }
    network = replace(OnnxNetwork.load(yolo11n_onnx, threads=1), rect=False)
    folder = shared / "data" / "report_images"
    replayer = Replayer(network, {name: folder / name for name in widths})
    found = diagnose(Observations(images, Declared(conf=0.25, iou=0.45)), replayer, network.names)
    named = {fault.name for fault in found.faults}
    assert {"not_transposed", "zero_size_nmsboxes", "stretched_letterbox_back"} <= named
    others = {fault.name for fault in found.undecided}
    others |= {fault.name for other in found.equivalents for fault in other.named}
    assert {"v5_layout", "best_only", "stretched_after"} <= others
