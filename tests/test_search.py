"""Injected faults are named again, from the boxes alone."""

from dataclasses import replace
from pathlib import Path

import pytest
from parity.diagnosis.evaluation.scoring import Case, explains

from parity.backends.onnx_network import OnnxNetwork
from parity.data.listing import find_samples
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.diagnosis import diagnose
from parity.diagnosis.evaluation.injection import injectable_faults, observe, with_faults
from parity.diagnosis.evaluation.varied_images import write_varied_images
from parity.external.observations import Declared, Observations

DECLARED = Declared(conf=0.25, iou=0.45)
CORRECT = Pipeline(conf=0.25, iou=0.45)
FAULTS = {fault.name: fault for fault in injectable_faults()}


@pytest.fixture(scope="module")
def replayer(yolo11n_onnx: Path, tmp_path_factory: pytest.TempPathFactory) -> Replayer:
    network = replace(OnnxNetwork.load(yolo11n_onnx, threads=1), rect=False)
    samples = {n: p for n, p in find_samples().items() if n != "nothing_here.png"}
    return Replayer(network, write_varied_images(samples, tmp_path_factory.mktemp("mixed")))


def examine(replayer: Replayer, pipeline: Pipeline, declared=DECLARED, **printed):
    names = list(replayer.paths)
    seen = observe(replayer, pipeline, names, declared=declared, **printed)
    return seen, diagnose(seen, replayer, replayer.network.names)


@pytest.mark.parametrize(
    "names",
    [
        ("bgr",),
        ("stretched",),
        ("border_not_removed",),
        ("model_pixels",),
        ("v5_classes",),
        ("centre_as_corner",),
        ("no_suppression",),
        ("class_plus_one",),
        ("normalised",),
        ("not_transposed",),
        ("stretched_back", "coco_91_ids"),
        ("bgr", "truncated"),
        ("top_left", "scaled_twice"),
        ("kernel_pillow_bicubic", "gain_of_width", "class_is_zero"),
    ],
    ids="+".join,
)
def test_injected_faults_are_named(replayer, names):
    faults = tuple(FAULTS[name] for name in names)
    pipeline = with_faults(faults, CORRECT)
    seen, diagnosis = examine(replayer, pipeline)
    assert explains(diagnosis, Case(faults, pipeline, seen)), [f.name for f in diagnosis.faults]
    assert diagnosis.reproduced.exact == 1
    assert not diagnosis


@pytest.mark.parametrize(
    ("conf", "iou", "said"),
    [(0.25, 0.45, True), (0.5, 0.6, True), (0.1, 0.7, True), (0.4, 0.45, False)],
)
def test_a_correct_deployment_is_called_correct(replayer, conf, iou, said):
    declared = Declared(conf=conf, iou=iou) if said else Declared()
    _, diagnosis = examine(replayer, replace(CORRECT, conf=conf, iou=iou), declared)
    assert diagnosis.verdict == "correct"
    assert not diagnosis.faults


def test_a_threshold_that_is_declared_and_contradicted_is_a_fault(replayer):
    _, diagnosis = examine(replayer, replace(CORRECT, conf=0.6))
    assert [f.stage for f in diagnosis.faults] == ["thresholds"]


def test_after_the_network_nothing_runs_it_again(replayer):
    examine(replayer, CORRECT)
    before = replayer.runs
    examine(replayer, with_faults([FAULTS["border_not_removed"]], CORRECT))
    assert replayer.runs == before


def test_nothing_at_all_is_explained_by_all_that_gives_nothing(replayer):
    _, diagnosis = examine(replayer, with_faults([FAULTS["divided_twice"]], CORRECT))
    told = {f.name for f in diagnosis.faults}
    told |= {fault.name for other in diagnosis.equivalents for fault in other.named}
    assert {"divided_twice", "softmax", "v5_layout"} <= told


def test_a_tensor_settles_the_input_without_running_hypotheses(replayer):
    pipeline = with_faults([FAULTS["bgr"], FAULTS["border_not_removed"]], CORRECT)
    names = list(replayer.paths)
    seen = observe(replayer, pipeline, names, declared=DECLARED)
    tensors = {name: replayer.tensor(pipeline, name) for name in names}
    seen = Observations(seen.images, DECLARED, tensors=tensors)
    found = diagnose(seen, replayer, {})
    assert {f.name for f in found.faults} == {"bgr", "border_not_removed"}


def test_the_answer_does_not_depend_on_what_was_computed_before(replayer):
    first, second = (
        replace(diagnosis, network_runs=0, seconds=0.0)
        for _, diagnosis in (
            examine(replayer, with_faults([FAULTS["bgr"]], CORRECT)) for _ in range(2)
        )
    )
    assert first == second
