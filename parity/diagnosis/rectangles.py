"""Recognising boxes of ``predict`` on the checkpoint, which pads images to minimal rectangles."""

from dataclasses import replace

import numpy as np

from parity.comparison.rounding import Rounding, rounding_of
from parity.comparison.tolerances import FLOAT32_ROUNDING, widened
from parity.detection.candidate_files import ImageCandidates
from parity.detection.head import NetworkHead
from parity.diagnosis.attribution import Reference
from parity.diagnosis.diagnosis import Diagnosis
from parity.external.observations import Observations, Observed
from parity.postprocessing.postprocess import detect_boxes

SHARE = 0.99
"""Share of the boxes that must be found; chosen: a box may have been rounded twice."""

LEAST_TELLING = 5
"""Boxes that are needed in images whose rectangle is not the whole input; chosen."""

NO_SUPPRESSION = 1.0
"""IoU threshold that no pair of boxes exceeds."""

WITHOUT_BOXES = frozenset(("classify", "obb"))
"""Tasks whose objects are no upright boxes."""

FROM_PREDICT = (
    "On a checkpoint, predict pads each image to the smallest rectangle that the network accepts. "
    "The export has a fixed input, and no program that runs it gives these boxes."
)
SAVE_OTHERS = (
    "Give the boxes of your own program, or those of predict with rect=False or on the exported "
    "file."
)


def recognise_rectangles(
    found: Diagnosis, observations: Observations, rectangles: Reference, control: Reference
) -> Diagnosis:
    """Return a diagnosis that says so if boxes without a proved fault are those of rectangles.

    Parameters
    ----------
    found : Diagnosis
        Of the boxes.
    observations, rectangles, control
        See :func:`are_of_rectangles`.
    """
    explained = found.verdict == "nothing_wrong" or found.faults
    if explained or not are_of_rectangles(observations, rectangles, control):
        return found
    return replace(found, of_rectangles=True, reasons=(FROM_PREDICT,), ask=(SAVE_OTHERS,))


def are_of_rectangles(
    observations: Observations, rectangles: Reference, control: Reference
) -> bool:
    """Return whether boxes are, to their digits, what PyTorch predicts on minimal rectangles.

    They are looked for among all candidates, so no threshold and no suppression matters. Boxes
    without scores do not tell, nor do images whose rectangle is the whole input.

    Parameters
    ----------
    observations : Observations
        Boxes of a program.
    rectangles : Reference
        PyTorch's candidates on minimal rectangles, of the images that the diagnosis used.
    control : Reference
        The same on the input of the export.
    """
    if rectangles.head.task in WITHOUT_BOXES:
        return False
    every = found = telling = 0
    for name, image in rectangles.candidates.items():
        seen = observations.images.get(name)
        if seen is not None and len(seen):
            every += len(seen)
            telling += len(seen) * (image.input_shape != control.candidates[name].input_shape)
            rounding = rounding_of(observations.printed, *image.image_shape)
            found += _found(seen, image, rectangles.head, rounding)
    return telling >= LEAST_TELLING and found >= SHARE * every


def _found(seen: Observed, image: ImageCandidates, head: NetworkHead, rounding: Rounding) -> int:
    tolerance = widened(FLOAT32_ROUNDING, rounding)
    if not np.isfinite(seen.scores).all():
        return 0
    least = float(seen.scores.min() - tolerance.score)
    most = len(image.candidates)
    there = detect_boxes(image, conf=least, iou=NO_SUPPRESSION, max_det=most, head=head)
    apart = np.abs(seen.boxes[:, None] - there.boxes).max(axis=2)
    scores = np.abs(seen.scores[:, None] - there.scores)
    same = seen.class_ids[:, None] == there.class_ids
    near = (apart <= tolerance.box_px) & (scores <= tolerance.score) & same
    return int(near.any(axis=1).sum())
