"""Choosing the images that a diagnosis uses."""

from types import SimpleNamespace

import numpy as np

from parity.deployment.replay import Input
from parity.detection.letterbox import fit
from parity.diagnosis.evidence.image_choice import (
    IMAGES,
    OPENED,
    choose_images,
    hiding_images,
    probe_images,
)
from parity.external.observations import NO_BOXES, Observations, Observed


def test_images_with_boxes_are_found_behind_many_without() -> None:
    one = Observed(np.array([[0.0, 0, 9, 9]]), np.array([0.5]), np.zeros(1, int))
    seen = {f"{i:04}.jpg": one if i >= OPENED else NO_BOXES for i in range(OPENED + 3)}
    replayer = SimpleNamespace(
        paths=dict.fromkeys(seen),
        input_of=lambda *_: SimpleNamespace(image_shape=(480, 640)),
    )
    chosen = choose_images(Observations(seen), replayer)
    assert len(chosen) == IMAGES
    assert {name for name in seen if seen[name] is one} <= {*chosen}


def test_one_probe_needs_no_resizing() -> None:
    shapes = {f"{i}.jpg": (1080, 810) for i in range(5)} | {"large.jpg": (480, 640)}
    boxes = dict.fromkeys(shapes, 9) | {"large.jpg": 25}
    cost_model = SimpleNamespace(
        names=list(shapes),
        observed={name: [0] * count for name, count in boxes.items()},
        box_count=sum(boxes.values()),
        correct=None,
        inputs=lambda _, names: tuple(
            Input(name, fit(shapes[name], (640, 640), stride=None), shapes[name]) for name in names
        ),
    )
    assert "large.jpg" in probe_images(cost_model)
    boxes["large.jpg"] = 4
    cost_model.observed["large.jpg"], cost_model.box_count = [0] * 4, sum(boxes.values())
    assert "large.jpg" not in probe_images(cost_model)


def test_images_that_hide_one_fault_of_a_pair_are_chosen() -> None:
    shows = {
        "first.jpg": ("colours", "kernel", "border"),
        "grey.jpg": ("kernel", "border"),
        "alike.jpg": ("colours", "kernel", "border"),
        "square.jpg": ("colours", "kernel"),
        "small.jpg": (),
    }
    cost_model = SimpleNamespace(
        names=list(shows),
        observed={name: [0] * (1 if name == "small.jpg" else 5) for name in shows},
        correct="",
        same_inputs=lambda fault, _, names: fault not in shows[names[0]],
    )
    chosen = hiding_images(cost_model, ["colours", "kernel", "border"], "first.jpg")
    assert chosen[:2] == ["grey.jpg", "square.jpg"]
    assert "small.jpg" not in chosen
