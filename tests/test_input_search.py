"""Searching inputs: what turns the image, and faults that not every image shows."""

from pathlib import Path

import cv2
import pytest

from parity.data.reading import read_image
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.catalogue.fault import FAULTS
from parity.diagnosis.evaluation.injection import find_faults, observe, with_faults
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.search.input_search import InputSearch
from parity.diagnosis.search.input_trials import InputTrials
from parity.external.observations import Declared


def trials_of(replayer: Replayer, names: tuple[str, ...]) -> InputTrials:
    pipeline = with_faults(find_faults(names), Pipeline())
    seen = observe(replayer, pipeline, list(replayer.paths), declared=Declared())
    return InputTrials(CostModel(replayer, seen, list(replayer.paths)))


@pytest.mark.parametrize(
    ("names", "turned"),
    [
        (("mirrored", "stretched", "kernel_canvas"), "mirrored"),
        (("turned_by_90", "warp_plus_half"), "turned_by_90"),
        (("upside_down", "bgr"), "upside_down"),
        (("stretched", "bgr"), None),
        (("symmetric",), None),
    ],
    ids=lambda each: "-".join(each) if isinstance(each, tuple) else str(each),
)
def test_all_probes_tell_what_turns_an_image_beside_another_fault(
    names: tuple[str, ...], turned: str | None, replayer: Replayer
) -> None:
    trials = trials_of(replayer, names)
    for fault in find_faults(names):
        if fault.name != turned:
            trials.try_input((fault,))
    found = InputSearch(trials).turned_after_all()
    assert (found and found.name) == turned


def test_a_fault_that_only_other_images_show_is_tried_beside_a_proven_one(
    replayer: Replayer, tmp_path: Path
) -> None:
    wide = next(path for path in replayer.paths.values() if "bus" in path.name)
    image = read_image(wide)
    side = min(image.shape[:2])
    cv2.imwrite(str(tmp_path / "square.png"), image[-side:, -side:])
    paths = {"square.png": tmp_path / "square.png", wide.name: wide}
    names = ("kernel_pillow_lanczos", "sides_exchanged")
    trials = trials_of(Replayer(replayer.network, paths), names)
    proven = trials.try_input((FAULTS[names[0]],), ["square.png"])
    assert proven.hits == 1
    (best, *_) = InputSearch(trials).best_inputs()
    assert {fault.name for fault in best.faults} == set(names)
    assert best.proven
