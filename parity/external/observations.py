"""External boxes as observations of a deployment, and what is known of that deployment."""

from dataclasses import dataclass, field

import numpy as np

from parity.detection.detection_files import NOT_ROUNDED, Printed


@dataclass(frozen=True)
class Observed:
    """The external boxes of one image.

    Attributes
    ----------
    boxes : (N, 4) float64
        x1, y1, x2, y2 in px of the image; all of it for a label of classification.
    scores : (N,) float64
        NaN where none was given.
    class_ids : (N,) int64
        Index into the model's names; labels that the model does not know are numbered from
        :data:`FIRST_UNKNOWN_CLASS` on.
    keypoints, oriented, masks : ndarray or None
        See :class:`parity.detection.detections.Detections`; None where they were not given.
    """

    boxes: np.ndarray
    scores: np.ndarray
    class_ids: np.ndarray
    keypoints: np.ndarray | None = None
    oriented: np.ndarray | None = None
    masks: np.ndarray | None = None

    def __len__(self) -> int:
        """Return the number of boxes."""
        return len(self.scores)


NO_BOXES = Observed(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))

FIRST_UNKNOWN_CLASS = 10000
"""Class id of the first label that is not among the model's names; chosen above any list."""


@dataclass(frozen=True)
class Declared:
    """What the user states of the deployment; None is what is not stated.

    Attributes
    ----------
    conf, iou, max_det
        Thresholds.
    imgsz : tuple of int or None
        Height and width of the input, px.
    geometry : {"square", "rect", None}
        Whether images are fitted into the whole input or into a minimal rectangle.
    export : str or None
        Name of the export that it runs.
    """

    conf: float | None = None
    iou: float | None = None
    max_det: int | None = None
    imgsz: tuple[int, int] | None = None
    geometry: str | None = None
    export: str | None = None


NOTHING_DECLARED = Declared()


@dataclass(frozen=True)
class Known:
    """What is known of a deployment besides its boxes.

    Attributes
    ----------
    declared : Declared
        What the user states.
    input_tensors, raw_outputs : str or None
        Folders of arrays, see :func:`parity.external.tensors.files_by_image`.
    recorded : str or None
        A folder that holds both, written by ``python -m parity.record``.
    tensor_shape, raw_shape : tuple of int or None
        Shapes of the arrays whose files hold only floats.
    """

    declared: Declared = NOTHING_DECLARED
    input_tensors: str | None = None
    raw_outputs: str | None = None
    recorded: str | None = None
    tensor_shape: tuple[int, ...] | None = None
    raw_shape: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Observations:
    """The external boxes of many images.

    Attributes
    ----------
    images : dict of str to Observed
        By image name; an image without boxes is stated to hold no object, of a missing one nothing
        is stated.
    declared : Declared
        What is stated of the deployment.
    notes : tuple of str
        A sentence on each thing that was inferred when reading.
    labels : dict of int to str
        The labels that the model does not know, by the ids given to them.
    printed : Printed or None
        How coordinates and scores were printed; None if nobody knows or there is no box.
    tensors, raws : dict of str to ndarray
        Input tensors, (1, 3, H, W), and raw outputs of the network, by image name, where the user
        gave them.
    """

    images: dict[str, Observed]
    declared: Declared = NOTHING_DECLARED
    notes: tuple[str, ...] = ()
    labels: dict[int, str] = field(default_factory=dict)
    printed: Printed | None = None
    tensors: dict[str, np.ndarray] = field(default_factory=dict)
    raws: dict[str, np.ndarray] = field(default_factory=dict)


def decimals(numbers: np.ndarray, most: int = NOT_ROUNDED) -> int:
    """Return the decimals to which numbers are rounded; ``most`` if they are not."""
    finite = numbers[np.isfinite(numbers)]
    for digits in range(most):
        if np.all(np.abs(finite - np.round(finite, digits)) < 1e-7 * (1 + np.abs(finite))):
            return digits
    return most
