"""Boxes of some classes only."""

from dataclasses import replace
from pathlib import Path

import pytest

from parity.backends.onnx_network import OnnxNetwork
from parity.data.sample_images import find_samples
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.cost import CostModel
from parity.diagnosis.evaluation.injection import observe
from parity.diagnosis.given_classes import fit_given_classes
from parity.external.observations import NOTHING_DECLARED


@pytest.fixture(scope="module")
def replayer(yolo11n_onnx: Path) -> Replayer:
    network = replace(OnnxNetwork.load(yolo11n_onnx, threads=1), rect=False)
    return Replayer(network, find_samples())


def observing(replayer: Replayer, pipeline: Pipeline) -> CostModel:
    names = list(replayer.paths)
    seen = observe(replayer, pipeline, names, declared=NOTHING_DECLARED)
    return CostModel(replayer, seen, names)


def test_classes_that_were_never_observed_are_left_out(replayer: Replayer) -> None:
    given = Pipeline(given_classes=(0,))
    seen = observing(replayer, given)
    found = fit_given_classes(seen, seen.correct, {0: "person"})
    assert found is not None
    assert found.given_classes == (0,)
    named = seen.faults(found)
    assert [fault.name for fault in named] == ["classes_left_out"]
    assert "(person)" in named[0].wrong


def test_where_every_class_was_observed_none_is_left_out(replayer: Replayer) -> None:
    seen = observing(replayer, Pipeline())
    assert fit_given_classes(seen, seen.correct, {}) is None
