"""Running a file that returns finished boxes, to see whether they are what they should be."""

from collections.abc import Sequence

import numpy as np

from parity.backends.given_file import Given
from parity.backends.onnx_network import run_session
from parity.backends.probing import fed_as, opened
from parity.errors import UserError
from parity.model_files.adapting import BOX_ROWS
from parity.tasks.task import Outputs


def finished_boxes(given: Given, tensors: Sequence[np.ndarray], classes: int) -> list[np.ndarray]:
    """Return the boxes that a file returns for some images.

    Parameters
    ----------
    given : Given
        A file whose only output is finished boxes.
    tensors : sequence of (1, 3, H, W) float32
        Input tensors, red, green and blue from 0 to 1.
    classes : int
        Of the network.

    Returns
    -------
    list of (boxes, 6) float32
        x1, y1, x2, y2 in input px, score and class, for each image.

    Raises
    ------
    UserError
        If what stands in a column can be no such thing.
    """
    session, found = opened(given), []
    for tensor in tensors:
        fed = fed_as(given.deviations, tensor, session)
        first, *_ = run_session(session, fed, given.path)
        rows = first[0][first[0][:, 4] != 0]
        scores, labels = rows[:, 4], rows[:, 5]
        are_labels = np.array_equal(labels, np.rint(labels)) and np.all(labels >= 0)
        if not (np.isfinite(rows).all() and are_labels and np.all((scores > 0) & (scores <= 1))):
            raise UserError(
                f"{given.path} has the outputs of a graph that suppresses boxes, but not all of "
                "its numbers can be corners, scores from 0 to 1 and classes; give the file without "
                "what was added behind the network."
            )
        if np.any(labels >= classes):
            raise UserError(
                f"{given.path} returns the class {labels.max():.0f}; there are {classes} classes, "
                "and the first is 0."
            )
        found.append(rows.astype(np.float32))
    return found


def finished_distance(
    found: Sequence[np.ndarray], truth: Sequence[Outputs], side: int, classes: int
) -> float:
    """Return how far boxes are from the nearest predictions of a reference.

    Parameters
    ----------
    found : sequence of (boxes, 6) float32
        As :func:`finished_boxes` returns them.
    truth : sequence of outputs
        What the reference returns for the same images, raw or finished.
    side : int
        Longer side of the input, px.
    classes : int
        Of the network.

    Returns
    -------
    float
        The median over all boxes of the largest difference of a coordinate, in sides, and that of
        the score; 0 where nothing was found.
    """
    distances: list[float] = []
    for rows, outputs in zip(found, truth, strict=True):
        corners, scores = _predictions(outputs[0], classes)
        for row in rows:
            boxes = np.abs(corners - row[:BOX_ROWS]).max(axis=1) / side
            distances.append(float((boxes + np.abs(scores[:, int(row[5])] - row[4])).min()))
    return float(np.median(distances)) if distances else 0.0


def _predictions(output: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return corners, (N, 4), and the scores of each class, (N, classes)."""
    if len(output) == BOX_ROWS + classes:
        centres, sides = output[:2].T, output[2:BOX_ROWS].T
        corners = np.concatenate([centres - sides / 2, centres + sides / 2], axis=1)
        return corners, output[BOX_ROWS:].T
    scores = np.where(output[:, 5:6] == np.arange(classes), output[:, 4:5], 0)
    return output[:, :BOX_ROWS], scores
