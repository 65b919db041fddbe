"""What the report says of a diagnosis."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from parity.data.batches import Batch
from parity.data.reading import read_image
from parity.files import write_json
from parity.provenance import sha256
from parity.reporting.figures.diagnosis import write_figure
from parity.reporting.views.diagnosis import (
    DIAGNOSIS,
    cut_at,
    diagnosis_sections,
    fence,
    odds,
    section,
    verdict,
)
from tests.synthetic import GROUND, HOSTILE

BGR = {
    "name": "bgr",
    "stage": "tensor",
    "changes": {"colours": "bgr"},
    "wrong": "The colours enter as blue, green, red.",
    "mend": "Turn them round once.",
    "code": "x = x[..., ::-1]\ny = x",
    "reference": "https://github.com/a/b/issues/1",
}
FOUND = {
    "reference": 10,
    "matched": 10,
    "missing": 0,
    "extra": 0,
    "flipped": 0,
    "box_px": 0.0001,
    "score": 1e-6,
    "box_px_median": 0.0,
    "score_median": 0.0,
    "agreement": 0.9999999,
}
WORSE = FOUND | {"matched": 7, "missing": 3, "extra": 1, "box_px": 20.0, "agreement": 0.7}
SHARES = {"exact": 1.0, "close": 1.0, "predicted": 1.0, "box_px": 0.0, "score": 0.0}
BOX = {"boxes": [[5.0, 5.0, 30.0, 30.0]], "scores": [None], "class_ids": [10000]}


def told(**own: Any) -> dict[str, Any]:
    """Return a diagnosis as ``diagnose`` writes it."""
    return {
        "model": "m",
        "external": "mine",
        "export": "fp32",
        "reference": "pytorch-square",
        "verdict": "named",
        "faults": [BGR],
        "choices": [BGR | {"name": "conf_0.5"}],
        "reproduced": SHARES,
        "reproduced_by_correct": SHARES | {"exact": 0.0, "close": 0.5},
        "runner_up": {"faults": ["grey"], "margin": 3.0},
        "equivalents": [],
        "undecided": ["not_clipped"],
        "first_difference": "tensor",
        "ask": ["Hand over the input."],
        "notes": [],
        "images": [HOSTILE],
        "images_stated": 1,
        "network_runs": 3,
        "complete": True,
        "cure": {"images": 1, "thresholds": {}, "before": WORSE, "after": FOUND},
        "waterfall": [
            {"kind": "runtime", "name": "", "share": 0.0, **FOUND},
            {"kind": "fault", "name": "bgr", "share": 1.0, **WORSE},
            {"kind": "unexplained", "name": "", "share": 0.0, **WORSE},
        ],
        "alone": {"bgr": 0.6},
        "examples": [
            {"name": HOSTILE, "height": 60, "width": 80}
            | dict.fromkeys(("observed", "reproduced", "correct"), BOX)
        ],
        "labels": {"10000": "<i>cat</i>"},
        "names": {"0": "person"},
        **own,
    }


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        ({}, "1 step is wrong in mine: bgr."),
        ({"faults": [BGR, BGR]}, "2 steps are wrong in mine: bgr and bgr."),
        (
            {"verdict": "correct", "faults": []},
            "Nothing is wrong with mine: fp32, run as it should be, gives its boxes.",
        ),
        (
            {"verdict": "correct", "faults": [], "reproduced": SHARES | {"exact": 0.95}},
            (
                "No step of the catalogue is wrong in mine, but 5 % of its boxes are not what "
                "fp32, run as it should be, gives."
            ),
        ),
        (
            {"verdict": "unknown", "faults": []},
            (
                "Nothing in the catalogue gives the boxes of mine; it differs first in the numbers "
                "of the input."
            ),
        ),
    ],
)
def test_the_verdict_is_a_sentence(own: dict[str, Any], sentence: str) -> None:
    assert verdict(told(**own)) == sentence


def test_what_is_said() -> None:
    said = section(told(), "mine.jpg")
    (fault,) = said["faults"]
    assert fault["cost"] == (
        "Alone it would leave an agreement of 0.6000; after those before it, it takes 100 % of all "
        "that is lost."
    )
    assert fault["link"] == BGR["reference"]
    assert fault["block"] == "```python\nx = x[..., ::-1]\ny = x\n```"
    evidence = " ".join(said["evidence"])
    assert "Of 8 boxes in 1 image, 100 % are reproduced" in evidence
    assert "grey, is worse by 3 nats, which makes it 20.1 times less likely" in evidence
    assert "3 runs of the network" in evidence
    assert said["cure"][0][:5] == ["the boxes that were given", "7 of 10", "3", "1", "0"]
    assert said["waterfall"][1] == ["bgr", "7", "3", "1", "0.7000", "100 %"]
    assert "not_clipped" in said["open"][0]
    assert "conf_0.5" in said["assumed"][0]


def test_where_nothing_is_lost_there_is_no_waterfall() -> None:
    steps = [{"kind": "unexplained", "name": "", "share": None, **FOUND}]
    assert section(told(waterfall=steps, faults=[]), "")["waterfall"] == []


def test_an_address_that_is_none_becomes_no_link() -> None:
    odd = BGR | {"reference": "javascript:alert(1)"}
    assert section(told(faults=[odd]), "")["faults"][0]["link"] == ""


def test_code_cannot_leave_its_fence() -> None:
    assert fence("a\n```\nb").startswith("````python\n")


@pytest.mark.parametrize(("nats", "text"), [(0, "1 times"), (50, "more than a million times")])
def test_odds(nats: float, text: str) -> None:
    assert odds(nats) == text


def test_sections_belong_to_models(tmp_path: Path) -> None:
    for model, name in (("m", "a"), ("m", "b"), ("n", "a")):
        write_json(tmp_path / model / f"{name}.json", DIAGNOSIS, told(external=name))
    paths = [str(tmp_path / p) for p in ("m/a.json", "m/b.json", "n/a.json")]
    plots = [path.replace("json", "jpg") for path in paths]
    inputs = {"diagnoses": paths, "diagnosis_plots": plots}
    said = diagnosis_sections(inputs, tmp_path / "r" / "report.md")
    assert {model: [each["name"] for each in own] for model, own in said.items()} == {
        "m": ["a", "b"],
        "n": ["a"],
    }
    assert said["m"][1]["plot"] == "../m/b.jpg"
    assert diagnosis_sections({}, tmp_path / "report.md") == {}


def test_the_figure_is_drawn_and_the_same_every_time(tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    cv2.imwrite(str(image), np.full((60, 80, 3), GROUND, np.uint8))
    write_json(tmp_path / "d.json", DIAGNOSIS, told())
    listed = {"name": HOSTILE, "path": str(image), "sha256": sha256(image)}
    write_json(tmp_path / "batch.json", Batch.SCHEMA, {"images": [listed]})
    drawn = [tmp_path / "1.jpg", tmp_path / "2.jpg"]
    for path in drawn:
        write_figure(tmp_path / "d.json", [str(tmp_path / "batch.json")], path)
    assert drawn[0].read_bytes() == drawn[1].read_bytes()
    assert np.ptp(read_image(drawn[0])) > 200


def test_the_thresholds_of_the_proof_are_said() -> None:
    proof = {"images": 1, "thresholds": {"conf": 0.5}, "before": WORSE, "after": FOUND}
    (said,) = cut_at(told(cure=proof))
    assert said.startswith("Here PyTorch is cut at the thresholds of mine: conf 0.5.")
