"""Injected faults are named again, from the boxes alone."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from parity.backends.onnx_network import OnnxNetwork
from parity.data.sample_images import find_samples
from parity.deployment.pipeline import Pipeline
from parity.deployment.postprocess import postprocess
from parity.deployment.replay import Replayer
from parity.deployment.task import InImage
from parity.diagnosis.diagnosis import diagnose
from parity.diagnosis.evaluation.injection import injectable_faults, observe, with_faults
from parity.diagnosis.evaluation.parts import truth_of
from parity.diagnosis.evaluation.scoring import answer_of, score_answer
from parity.diagnosis.evaluation.varied_images import write_varied_images
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.proof import scores_prove
from parity.external.observations import Declared, Observations, Observed

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
        ("kernel_cubic", "times_input"),
        ("imagenet_mean", "stretched_after"),
        ("sides_rounded", "one_px_taken_from_all"),
        ("half_input_px_added", "outward"),
        ("column_4_confidence", "class_minus_one"),
        ("padded_around_first_black", "rounded"),
        ("crop_not_moved_back", "not_clipped"),
    ],
    ids="+".join,
)
def test_injected_faults_are_named(replayer, names):
    faults = tuple(FAULTS[name] for name in names)
    pipeline = with_faults(faults, CORRECT)
    _, diagnosis = examine(replayer, pipeline)
    scored = score_answer(truth_of(pipeline, CORRECT), answer_of(diagnosis), {})
    assert scored.right, [f.name for f in diagnosis.faults]
    assert diagnosis.verdict == "explained"
    assert diagnosis.reproduced.exact == 1
    assert not diagnosis.unexplained_stages
    for fault in diagnosis.faults:
        proof = diagnosis.proofs[fault.name]
        assert proof.explained + proof.unobserved > 0


def test_scores_prove_an_input_wherever_the_boxes_lie(replayer):
    faults = tuple(FAULTS[name] for name in ("stretched", "kernel_nearest"))
    names = list(replayer.paths)
    seen = observe(replayer, with_faults(faults, CORRECT), names, declared=DECLARED)
    unite = {
        name: replace(each, boxes=each.boxes + np.array([-7.0, -9.0, 5.0, 11.0]))
        for name, each in seen.images.items()
    }
    cost_model = CostModel(replayer, replace(seen, images=unite), names)
    both = with_faults(faults, cost_model.correct)
    assert all(scores_prove(cost_model, both, fault) for fault in faults)
    wrong = FAULTS["kernel_cubic"].inject_into(both)
    assert not scores_prove(cost_model, wrong, FAULTS["kernel_cubic"])
    assert not scores_prove(cost_model, wrong, FAULTS["not_clipped"])


@pytest.mark.parametrize(
    ("conf", "iou", "said"),
    [(0.25, 0.45, True), (0.5, 0.6, True), (0.1, 0.7, True), (0.4, 0.45, False)],
)
def test_a_correct_deployment_is_called_correct(replayer, conf, iou, said):
    declared = Declared(conf=conf, iou=iou) if said else Declared()
    _, diagnosis = examine(replayer, replace(CORRECT, conf=conf, iou=iou), declared)
    assert diagnosis.verdict == "nothing_wrong"
    assert not diagnosis.faults
    for name, value in (("conf", conf), ("iou", iou)):
        found = diagnosis.thresholds[name]
        assert (found.low or 0) <= value <= (found.high or 1)
        assert not found.contradicted
        assert not said or found.used == value


def test_a_threshold_that_is_declared_and_contradicted_is_a_fault(replayer):
    _, diagnosis = examine(replayer, replace(CORRECT, conf=0.6))
    assert [f.stage for f in diagnosis.faults] == ["thresholds"]
    found = diagnosis.thresholds["conf"]
    assert found.contradicted
    assert found.low <= 0.6 <= found.high


def test_after_the_network_nothing_runs_it_again(replayer):
    examine(replayer, CORRECT)
    before = replayer.runs
    examine(replayer, with_faults([FAULTS["border_not_removed"]], CORRECT))
    assert replayer.runs == before


@pytest.mark.parametrize("declared", [DECLARED, Declared()], ids=["declared", "undeclared"])
def test_a_deployment_that_finds_nothing_is_not_explained(replayer, declared):
    _, diagnosis = examine(replayer, with_faults([FAULTS["divided_twice"]], CORRECT), declared)
    assert diagnosis.verdict == "not_explained"
    assert not diagnosis.faults
    assert not diagnosis.equivalents
    assert "Many faults do that" in " ".join(diagnosis.reasons)
    asked = " ".join(diagnosis.ask)
    assert "input_tensors" in asked
    assert "raw_outputs" in asked


def test_a_tensor_settles_the_input_without_running_hypotheses(replayer):
    pipeline = with_faults([FAULTS["bgr"], FAULTS["border_not_removed"]], CORRECT)
    names = list(replayer.paths)
    seen = observe(replayer, pipeline, names, declared=DECLARED)
    tensors = {name: replayer.tensor(pipeline, name) for name in names}
    seen = Observations(seen.images, DECLARED, tensors=tensors)
    found = diagnose(seen, replayer, {})
    assert {f.name for f in found.faults} == {"bgr", "border_not_removed"}


@pytest.mark.parametrize(
    ("names", "known"),
    [((), set()), (("bgr",), {"bgr"}), (("stretched", "border_grey_0"), {"stretched"})],
)
def test_tensors_suffice_alone(replayer, names, known):
    """The border of a stretched image has no effect."""
    pipeline = with_faults([FAULTS[name] for name in names], CORRECT)
    tensors = {name: replayer.tensor(pipeline, name) for name in replayer.paths}
    found = diagnose(Observations({}, tensors=tensors), replayer, {})
    assert {f.name for f in found.faults} == known
    assert found.verdict == ("explained" if known else "nothing_wrong")
    assert not found.thresholds


def test_images_that_are_resized_tell_the_kernel_behind_those_that_are_not(replayer, tmp_path):
    path = next(iter(replayer.paths.values()))
    image = cv2.resize(cv2.imread(str(path)), (640, 480))
    sizes = {f"{n}.png": (640, 480) for n in range(3)} | {"small.png": (400, 300)}
    paths = {name: tmp_path / name for name in sizes}
    for name, size in sizes.items():
        cv2.imwrite(str(paths[name]), cv2.resize(image, size))
    own = Replayer(replayer.network, paths)
    for wrong in ("top_left", "bgr"):
        pipeline = with_faults((FAULTS["kernel_pillow_bicubic"], FAULTS[wrong]), CORRECT)
        tensors = {name: own.tensor(pipeline, name) for name in paths}
        found = diagnose(Observations({}, tensors=tensors), own, {})
        assert {fault.name for fault in found.faults} == {"kernel_pillow_bicubic", wrong}
        assert found.verdict == "explained"
        assert found.proofs["kernel_pillow_bicubic"].levels > 0


def test_boxes_of_an_image_with_another_input_are_laid_to_that_input(replayer):
    odd, like = "odd.jpg", max(find_samples().values(), key=lambda path: path.stat().st_size)
    own = Replayer(replayer.network, replayer.paths | {odd: like})
    names = list(own.paths)
    images = dict(observe(own, CORRECT, names, declared=DECLARED).images)
    tensors = {name: own.tensor(CORRECT, name) for name in names}
    tensors[odd] = np.sqrt(tensors[odd])
    (raw,) = own.network.forward_batch([tensors[odd]])
    source = own.input_of(CORRECT, odd)
    seen = postprocess(CORRECT, raw, InImage(source.place, source.image_shape), classes=80)
    images[odd] = Observed(seen.boxes.astype(float), seen.scores.astype(float), seen.class_ids)
    found = diagnose(Observations(images, DECLARED, tensors=tensors), own, {})
    assert not found.faults
    assert set(found.unexplained_stages) == {"reading", "geometry", "input_tensor"}
    assert any(f"That of {odd} is not" in said for said in found.readings)


def test_what_is_read_from_tensors_is_said_even_if_they_are_not_reproduced(replayer):
    pipeline = with_faults([FAULTS["bgr"], FAULTS["border_grey_0"]], CORRECT)
    blurred = {}
    for name in replayer.paths:
        planes = replayer.tensor(pipeline, name)[0]
        blurred[name] = np.stack([cv2.GaussianBlur(plane, (0, 0), 2) for plane in planes])
    found = diagnose(Observations({}, tensors=blurred), replayer, {})
    assert found.verdict == "explained_in_part"
    assert {f.name for f in found.faults} == {"bgr", "border_grey_0"}
    assert set(found.unexplained_stages) == {"reading", "geometry", "input_tensor"}
    assert any("not reproduced" in said for said in found.readings)


def test_raw_outputs_settle_the_network_and_leave_the_postprocessing(replayer):
    """The input is unknown, but the boxes follow from the raw outputs."""
    pipeline = with_faults([FAULTS["gain_of_height"]], CORRECT)
    names = list(replayer.paths)
    tensors, raws, images = {}, {}, {}
    for name in names:
        source = replayer.input_of(pipeline, name)
        tensors[name] = np.sqrt(replayer.tensor(pipeline, name))
        (raws[name],) = replayer.network.forward_batch([tensors[name]])
        seen = postprocess(
            pipeline, raws[name], InImage(source.place, source.image_shape), classes=80
        )
        images[name] = Observed(seen.boxes.astype(float), seen.scores.astype(float), seen.class_ids)
    seen = Observations(images, DECLARED, tensors=tensors, raws=raws)
    found = diagnose(seen, replayer, replayer.network.names)
    assert {f.name for f in found.faults} == {"gain_of_height"}
    assert found.reproduced.exact == 1
    assert found.verdict == "explained_in_part"
    assert found.network_runs
    assert set(found.unexplained_stages) == {"reading", "geometry", "input_tensor"}
    assert any("gives the raw outputs" in said for said in found.readings)


def test_raw_outputs_of_another_network_are_not_nothing(replayer):
    names = list(replayer.paths)[:2]
    tensors = {name: replayer.tensor(CORRECT, name) for name in names}
    raws = {name: (np.zeros_like(replayer.outputs(CORRECT, name)[0]),) for name in names}
    seen = Observations({}, DECLARED, tensors=tensors, raws=raws)
    found = diagnose(seen, replayer, replayer.network.names)
    assert (found.verdict, found.faults) == ("explained_in_part", ())
    assert found.unexplained_stages == ("network",)
    assert "the deployment runs another network" in found.readings[-1]
    assert any("Add the exports" in each for each in found.ask)


def test_of_an_input_that_no_catalogue_holds_nothing_is_named(replayer):
    names = list(replayer.paths)
    images = {}
    for name in names:
        source = replayer.input_of(CORRECT, name)
        raw = replayer.network.forward(np.sqrt(replayer.tensor(CORRECT, name)))
        seen = postprocess(CORRECT, (raw,), InImage(source.place, source.image_shape), classes=80)
        images[name] = Observed(seen.boxes.astype(float), seen.scores.astype(float), seen.class_ids)
    found = diagnose(Observations(images, DECLARED), replayer, replayer.network.names)
    assert found.verdict == "not_explained"
    assert not found.faults
    assert "network" in found.unexplained_stages


def test_where_the_boxes_of_one_image_alone_differ_it_is_named(replayer):
    """One file is read differently, so nothing after the network is to blame."""
    odd, *others = replayer.paths
    images = observe(replayer, CORRECT, others, declared=DECLARED).images
    source = replayer.input_of(CORRECT, odd)
    raw = replayer.network.forward(np.sqrt(replayer.tensor(CORRECT, odd)))
    seen = postprocess(CORRECT, (raw,), InImage(source.place, source.image_shape), classes=80)
    images[odd] = Observed(seen.boxes.astype(float), seen.scores.astype(float), seen.class_ids)
    found = diagnose(Observations(images, DECLARED), replayer, replayer.network.names)
    assert not found.faults
    assert set(found.unexplained_stages) == {"reading", "geometry", "input_tensor", "network"}
    assert f"1 of {len(images)} images: {odd}" in " ".join(found.reasons)
    assert f"the input tensor of {odd}" in found.ask[0]


def test_the_answer_does_not_depend_on_what_was_computed_before(replayer):
    first, second = (
        replace(diagnosis, network_runs=0, seconds=0.0)
        for _, diagnosis in (
            examine(replayer, with_faults([FAULTS["bgr"]], CORRECT)) for _ in range(2)
        )
    )
    assert first == second
