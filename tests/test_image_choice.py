"""Choosing the images that a diagnosis uses."""

from types import SimpleNamespace

import numpy as np

from parity.diagnosis.image_choice import IMAGES, OPENED, choose_images
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
