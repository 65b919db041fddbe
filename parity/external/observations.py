"""External boxes as observations of a deployment, and what is known of that deployment."""

from dataclasses import dataclass, field

import numpy as np

from parity.detection.detection_files import NOT_ROUNDED, Printed
from parity.tasks.task import Outputs


@dataclass(frozen=True)
class Observed:
    """The external boxes of one image."""

    boxes: np.ndarray
    """(N, 4) float64. x1, y1, x2, y2 in px of the image; all of it for a label of
    classification."""
    scores: np.ndarray
    """(N,) float64. NaN where none was given."""
    class_ids: np.ndarray
    """(N,) int64. Index into the model's names; labels that the model does not know are numbered
    from :data:`FIRST_UNKNOWN_CLASS` on."""
    keypoints: np.ndarray | None = None
    oriented: np.ndarray | None = None
    masks: np.ndarray | None = None
    """See :class:`parity.detection.detections.Detections`; None where they were not given."""

    def __len__(self) -> int:
        """Return the number of boxes."""
        return len(self.scores)


NO_BOXES = Observed(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))

FIRST_UNKNOWN_CLASS = 10000
"""Class id of the first label that is not among the model's names; chosen above any list."""


@dataclass(frozen=True)
class Declared:
    """What the user states of the deployment; None is what is not stated."""

    conf: float | None = None
    iou: float | None = None
    max_det: int | None = None
    imgsz: tuple[int, int] | None = None
    """Height and width of the input, px."""
    geometry: str | None = None
    """``square`` or ``rect``: whether images fill the whole input or a minimal rectangle."""
    export: str | None = None
    """Name of the export that it runs."""


NOTHING_DECLARED = Declared()


@dataclass(frozen=True)
class Known:
    """What is known of a deployment besides its boxes."""

    declared: Declared = NOTHING_DECLARED
    """What the user states."""
    input_tensors: str | None = None
    raw_outputs: str | None = None
    """Folders of arrays, see :mod:`parity.external.tensors` and
    :mod:`parity.external.raw_outputs`."""
    recorded: str | None = None
    """A folder that holds both, written by ``python -m parity.record``."""
    tensor_shape: tuple[int, ...] | None = None
    raw_shape: tuple[int, ...] | None = None
    """Shapes of the arrays whose files hold only floats."""


@dataclass(frozen=True)
class Observations:
    """The external boxes of many images."""

    images: dict[str, Observed]
    """By image name; an image without boxes is stated to hold no object, of a missing one nothing
    is stated."""
    declared: Declared = NOTHING_DECLARED
    """What is stated of the deployment."""
    notes: tuple[str, ...] = ()
    """A sentence on each thing that was inferred when reading."""
    labels: dict[int, str] = field(default_factory=dict)
    """The labels that the model does not know, by the ids given to them."""
    printed: Printed | None = None
    """How coordinates and scores were printed; None if nobody knows or there is no box."""
    tensors: dict[str, np.ndarray] = field(default_factory=dict)
    """Input tensors, (1, 3, H, W), by image name, where the user gave them."""
    raws: dict[str, Outputs] = field(default_factory=dict)
    """Likewise the raw outputs of the network: the first, and those that follow it."""
    maskless: int = 0
    """Objects that were left out because their masks are empty."""


def decimals(numbers: np.ndarray, most: int = NOT_ROUNDED) -> int:
    """Return the decimals to which numbers are rounded; ``most`` if they are not."""
    finite = numbers[np.isfinite(numbers)]
    for digits in range(most):
        if np.all(np.abs(finite - np.round(finite, digits)) < 1e-7 * (1 + np.abs(finite))):
            return digits
    return most
