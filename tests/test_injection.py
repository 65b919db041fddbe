"""Faults by name, for those who want to see what the diagnosis makes of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from parity.backends.onnx_network import OnnxNetwork
from parity.data.sample_images import find_samples
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.evaluation.injection import (
    are_the_same,
    find_faults,
    observe,
    with_faults,
)
from parity.errors import UserError
from parity.external.observations import Declared, Observations, Observed


def test_faults_have_names() -> None:
    assert [fault.name for fault in find_faults(["bgr", "truncated"])] == ["bgr", "truncated"]
    assert find_faults([]) == []


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["brg"], "there is no fault 'brg' that can be injected; did you mean bgr"),
        (["truncated", "rounded"], "truncated and rounded change the same step"),
    ],
)
def test_a_mistake_gets_a_sentence(names: list[str], sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        find_faults(names)
    assert sentence in str(caught.value)


def test_two_deployments_print_the_same_only_if_every_number_is_equal() -> None:
    boxes, scores = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]), np.array([0.9, 0.8])
    one = Observed(boxes, scores, np.array([0, 1]))
    same = Observed(boxes.copy(), scores.copy(), np.array([0, 1]))
    moved = replace(one, boxes=boxes + 0.01)
    turned = Observed(boxes[::-1], scores[::-1], np.array([1, 0]))
    whole = Observations({"a.jpg": one, "b.jpg": one})
    assert are_the_same(Observations({"a.jpg": same, "b.jpg": same}), whole)
    for other in (moved, turned, Observed(boxes[:1], scores[:1], np.array([0]))):
        assert not are_the_same(Observations({"a.jpg": same, "b.jpg": other}), whole)


def test_nearest_pixels_have_two_names(yolo11n_onnx: Path) -> None:
    network = replace(OnnxNetwork.load(yolo11n_onnx, threads=1), rect=False)
    paths = {name: path for name, path in find_samples().items() if name == "bus.jpg"}
    replayer = Replayer(network, paths)

    def printed(*names: str) -> Observations:
        pipeline = with_faults(find_faults(names), Pipeline())
        return observe(replayer, pipeline, ["bus.jpg"], declared=Declared())

    assert are_the_same(printed("no_half_pixel", "kernel_floor"), printed("kernel_nearest"))
    assert not are_the_same(printed("kernel_cubic"), printed("kernel_nearest"))
