"""Choosing the images that tell most."""

from typing import Any

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.diagnosis.cost import Judge
from parity.external.observations import Observations

IMAGES = 12
"""Images that are looked at, at most."""

BOXES = 600
"""Boxes after which no further image is looked at."""

SCREEN = 3
"""Images by which inputs are told apart."""


def choose(observations: Observations, replayer: Replayer) -> list[str]:
    """Return the images that tell most: of many shapes, with boxes, not too crowded.

    Parameters
    ----------
    observations : Observations
        What was seen.
    replayer : Replayer
        Knows the images.
    """
    names = [name for name in observations.images if name in replayer.paths]
    plain = Pipeline()
    shapes: dict[str, Any] = {}
    for name in names[:200]:
        source = replayer.input_of(plain, name)
        if source is not None:
            shapes[name] = source.image_shape
    taken: list[str] = []
    boxes = 0
    seen: dict[Any, int] = {}
    left = sorted(shapes, key=lambda n: (-min(len(observations.images[n]), 15), n))
    while left and len(taken) < IMAGES and (len(taken) < SCREEN or boxes < BOXES):
        best = max(
            left,
            key=lambda n: (
                min(len(observations.images[n]), 15) * 0.6 ** seen.get(shapes[n], 0),
                -len(observations.images[n]),
            ),
        )
        taken.append(best)
        boxes += len(observations.images[best])
        seen[shapes[best]] = seen.get(shapes[best], 0) + 1
        left.remove(best)
    return sorted(taken, key=names.index)


def screen(judge: Judge) -> list[str]:
    """Return the few images by which inputs are told apart, the most telling first."""
    places = {n: judge.replayer.input_of(judge.correct, n) for n in judge.names}

    def worth(name: str, taken: list[str]) -> float:
        source = places[name]
        if source is None:
            return 0.0
        boxes = min(len(judge.observed[name]), 12)
        resized = (source.place.resized_height, source.place.resized_width) != source.image_shape
        upright = source.image_shape[0] > source.image_shape[1]
        shapes = [place.image_shape for t in taken if (place := places[t]) is not None]
        other = all(upright != (height > width) for height, width in shapes)
        return boxes * (1.5 if resized else 1.0) * (1.3 if other else 1.0) + 0.1

    taken: list[str] = []
    while len(taken) < min(SCREEN, len(judge.names)):
        rest = [n for n in judge.names if n not in taken]
        taken.append(max(rest, key=lambda n: worth(n, taken)))
    return taken
