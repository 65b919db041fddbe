"""What somebody observed, and what they know about how it came about."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Observed:
    """Somebody's boxes of one image.

    Attributes
    ----------
    boxes : (N, 4) float64
        x1, y1, x2, y2 in px of the image, as far as they are right.
    scores : (N,) float64
        NaN where none was given.
    class_ids : (N,) int64
        Index into the model's names; a label that the model does not know has an id of its own,
        from :data:`UNKNOWN_LABEL` on.
    """

    boxes: np.ndarray
    scores: np.ndarray
    class_ids: np.ndarray

    def __len__(self) -> int:
        """Return the number of boxes."""
        return len(self.scores)


UNKNOWN_LABEL = 10000
"""First id of labels that are not among the model's names."""


@dataclass(frozen=True)
class Declared:
    """What the user says of the deployment; None is what is not said.

    Attributes
    ----------
    conf, iou, max_det
        Thresholds.
    imgsz : tuple of int or None
        Height and width of the input, px.
    geometry : {"square", "rect", None}
        Whether images are fitted into the whole input or into a minimal rectangle.
    """

    conf: float | None = None
    iou: float | None = None
    max_det: int | None = None
    imgsz: tuple[int, int] | None = None
    geometry: str | None = None


@dataclass(frozen=True)
class Observations:
    """Somebody's boxes of many images.

    Attributes
    ----------
    images : dict of str to Observed
        By image name; an image that is not there is not stated, one without boxes is.
    declared : Declared
        What is said of the deployment.
    notes : tuple of str
        One sentence for everything that was inferred when reading.
    labels : dict of int to str
        The labels that the model does not know, by the ids given to them.
    tensors, raws : dict of str to ndarray
        Inputs, (1, 3, H, W), and raw outputs of the network, by image name, where handed over.
    """

    images: dict[str, Observed]
    declared: Declared = Declared()
    notes: tuple[str, ...] = ()
    labels: dict[int, str] = field(default_factory=dict)
    tensors: dict[str, np.ndarray] = field(default_factory=dict)
    raws: dict[str, np.ndarray] = field(default_factory=dict)


def decimals(numbers: np.ndarray, most: int = 6) -> int:
    """Return the decimals to which numbers are rounded; ``most`` if they are not."""
    finite = numbers[np.isfinite(numbers)]
    for digits in range(most):
        if np.all(np.abs(finite - np.round(finite, digits)) < 1e-7 * (1 + np.abs(finite))):
            return digits
    return most
