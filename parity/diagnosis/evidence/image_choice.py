"""Choosing the images that tell most."""

from collections.abc import Sequence

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.evidence.cost import CostModel
from parity.external.observations import Observations

IMAGES = 12
"""Images that are used, at most; chosen."""

BOXES = 600
"""Boxes after which no further image is used; chosen."""

PROBES = 3
"""Images by which inputs are told apart; chosen."""

OPENED = 200
"""Images that are opened to learn their size, at most; chosen."""

ENOUGH_BOXES = 15
"""Boxes of an image beyond which more of them tell nothing new; chosen."""

ENOUGH_PROBE_BOXES = 12
"""The same for a probe; chosen."""

SAME_SIZE = 0.6
"""Factor on the worth of an image for each chosen one of the same size; chosen."""

RESIZED = 1.5
"""Factor on the worth of a probe that must be resized, so that it shows the kernel; chosen."""

OTHER_ORIENTATION = 1.3
"""Factor on the worth of a probe that is upright where the others lie, or vice versa; chosen."""

AS_LARGE = 0.3
"""Share of all boxes in images that need no resizing from which one of them is a probe; chosen."""

HIDING, LEAST_SHOWN = 3, 2
"""Images that are chosen since they hide faults, at most, and boxes that each has at least; chosen.
"""

LEAST_WORTH = 0.1
"""Worth of a probe without boxes, in boxes; chosen: better than one that cannot be read."""


def choose_images(observations: Observations, replayer: Replayer) -> list[str]:
    """Return the images that tell most: of many sizes, with boxes, not too crowded.

    Parameters
    ----------
    observations : Observations
        What was seen.
    replayer : Replayer
        Knows the images.
    """
    shown = observations.images or observations.tensors or observations.raws
    names = [name for name in shown if name in replayer.paths]
    if not observations.images:
        return names[:IMAGES]
    counts = {name: len(observations.images[name]) for name in names}
    sizes: dict[str, tuple[int, int]] = {}
    for name in sorted(names, key=lambda name: -min(counts[name], ENOUGH_BOXES))[:OPENED]:
        source = replayer.input_of(Pipeline(), name)
        if source is not None:
            sizes[name] = source.image_shape
    chosen: list[str] = []
    boxes = 0
    seen: dict[tuple[int, int], int] = {}

    def worth(name: str) -> tuple[float, int]:
        repeated = SAME_SIZE ** seen.get(sizes[name], 0)
        return min(counts[name], ENOUGH_BOXES) * repeated, -counts[name]

    left = sorted(sizes, key=lambda name: (-min(counts[name], ENOUGH_BOXES), name))
    while left and len(chosen) < IMAGES and (len(chosen) < PROBES or boxes < BOXES):
        best = max(left, key=worth)
        chosen.append(best)
        boxes += counts[best]
        seen[sizes[best]] = seen.get(sizes[best], 0) + 1
        left.remove(best)
    return sorted(chosen, key=names.index)


def probe_images(cost_model: CostModel) -> list[str]:
    """Return the few images by which inputs are told apart, the most telling first."""
    sources = dict(
        zip(
            cost_model.names,
            cost_model.inputs(cost_model.correct, cost_model.names),
            strict=True,
        )
    )

    def tells(name: str, chosen: list[str]) -> float:
        source = sources[name]
        if source is None:
            return 0.0
        boxes = min(len(cost_model.observed[name]), ENOUGH_PROBE_BOXES)
        resized = not needs_no_resizing(cost_model, name)
        upright = source.image_shape[0] > source.image_shape[1]
        shapes = [other.image_shape for n in chosen if (other := sources[n]) is not None]
        turned = all(upright != (height > width) for height, width in shapes)
        worth = boxes * (RESIZED if resized else 1.0)
        return worth * (OTHER_ORIENTATION if turned else 1.0) + LEAST_WORTH

    as_large = images_as_large(cost_model)
    chosen: list[str] = []
    while len(chosen) < min(PROBES, len(cost_model.names)):
        rest = [name for name in cost_model.names if name not in chosen]
        if len(chosen) == PROBES - 1 and not as_large & set(chosen):
            rest = sorted(as_large) or rest
        chosen.append(max(rest, key=lambda name: tells(name, chosen)))
    return chosen


def hiding_images(cost_model: CostModel, altered: Sequence[Pipeline], first: str) -> list[str]:
    """Return images that hide one fault of most pairs of which another image hides none.

    What an image hides leaves its input as it is, which shows without running the network. The
    other fault of a pair is then found as if it were alone.

    Parameters
    ----------
    cost_model : CostModel
        Holds the boxes.
    altered : sequence of Pipeline
        Each with one fault.
    first : str
        The other image.
    """

    def shown(name: str) -> np.ndarray:
        return np.array(
            [not cost_model.same_inputs(p, cost_model.correct, [name]) for p in altered]
        )

    left = np.outer(shown(first), shown(first))
    names = [n for n in cost_model.names if len(cost_model.observed[n]) >= LEAST_SHOWN]
    parted = {n: its[:, None] != its for n in names if n != first for its in [shown(n)]}
    chosen: list[str] = []
    while parted and len(chosen) < HIDING:
        chosen.append(max(parted, key=lambda name: int((left & parted[name]).sum())))
        left &= ~parted.pop(chosen[-1])
    return chosen


def images_as_large(cost_model: CostModel) -> set[str]:
    """Return the images that need no resizing, so that few faults show; none where they are rare.

    Parameters
    ----------
    cost_model : CostModel
        Holds the boxes.
    """
    found = {name for name in cost_model.names if needs_no_resizing(cost_model, name)}
    boxes = sum(len(cost_model.observed[name]) for name in found)
    return found if boxes >= AS_LARGE * cost_model.box_count else set()


def needs_no_resizing(cost_model: CostModel, name: str) -> bool:
    """Return whether the correct pipeline leaves the size of an image as it is."""
    (source,) = cost_model.inputs(cost_model.correct, [name])
    if source is None:
        return False
    return (source.place.resized_height, source.place.resized_width) == source.image_shape
