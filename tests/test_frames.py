"""Images that are resized before all else, with boxes in px of that."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from parity.backends.onnx_network import OnnxNetwork
from parity.data.reading import read_image
from parity.data.sample_images import find_samples
from parity.deployment.pipeline import Pipeline
from parity.deployment.reading import ReadingChoices, frame_sides, read_with_choices
from parity.deployment.replay import Replayer
from parity.deployment.run import run
from parity.diagnosis.catalogue.fault import FAULTS, Fault
from parity.diagnosis.catalogue.output import on_canvas
from parity.diagnosis.catalogue.reading import resized_first
from parity.diagnosis.diagnosis import diagnose
from parity.diagnosis.evaluation.injection import observe, with_faults
from parity.diagnosis.evaluation.varied_images import write_varied_images
from parity.external.observations import Declared

DECLARED = Declared(conf=0.25, iou=0.45)
CORRECT = Pipeline(conf=0.25, iou=0.45)


@pytest.fixture(scope="module")
def replayer(yolo11n_onnx: Path, tmp_path_factory: pytest.TempPathFactory) -> Replayer:
    network = replace(OnnxNetwork.load(yolo11n_onnx, threads=1), rect=False)
    samples = {n: p for n, p in find_samples().items() if n != "nothing_here.png"}
    return Replayer(network, write_varied_images(samples, tmp_path_factory.mktemp("mixed")))


@pytest.mark.parametrize(
    ("choices", "size", "flag"),
    [
        ({"frame": (500, 1020)}, (1020, 500), cv2.INTER_LINEAR),
        ({"frame": (0, 500), "frame_kernel": "area"}, (500, 666), cv2.INTER_AREA),
    ],
)
def test_boxes_are_those_of_a_file_that_was_resized(
    choices, size, flag, replayer: Replayer, tmp_path: Path
) -> None:
    photo = find_samples()["bus.jpg"]
    resized = cv2.resize(read_image(photo), size, interpolation=flag)
    path = tmp_path / "resized.png"
    cv2.imwrite(str(path), resized)
    np.testing.assert_array_equal(read_with_choices(ReadingChoices(**choices), photo), resized)
    found = run(CORRECT.replace(**choices), photo, replayer.network)
    expected = run(CORRECT, path, replayer.network)
    np.testing.assert_array_equal(found.boxes, expected.boxes)
    assert len(found)


@pytest.mark.parametrize(("shape", "height"), [((427, 640), 333), ((640, 427), 749), ((1, 999), 1)])
def test_a_width_keeps_the_aspect_ratio_as_imutils_does(shape, height) -> None:
    assert frame_sides((0, 500), shape) == (height, 500)


@pytest.mark.parametrize(
    "faults",
    [
        (resized_first((500, 1020), "linear"), FAULTS["truncated"]),
        (resized_first((0, 500), "area"), FAULTS["truncated"]),
        (on_canvas("canvas", (480, 800)), FAULTS["truncated"]),
        (on_canvas("canvas", (500, 1020)), FAULTS["bgr"]),
    ],
    ids=lambda faults: "-".join(fault.name for fault in faults),
)
def test_a_frame_is_told_from_a_canvas(faults: tuple[Fault, ...], replayer: Replayer) -> None:
    seen = observe(replayer, with_faults(faults, CORRECT), list(replayer.paths), declared=DECLARED)
    found = diagnose(seen, Replayer(replayer.network, replayer.paths), replayer.network.names)
    assert {fault.changes for fault in found.faults} == {fault.changes for fault in faults}
    assert found.verdict == "explained"
