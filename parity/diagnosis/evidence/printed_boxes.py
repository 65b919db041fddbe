"""Predicted boxes as the deployment would have printed them: what rounding costs by itself."""

from dataclasses import replace

from parity.comparison.differences import compare_image
from parity.comparison.rounding import Rounding, rounding_of
from parity.comparison.tolerances import FLOAT32_ROUNDING, widened
from parity.detection.detection_files import ImageDetections, Printed

LEAST_OVERLAP = 0.1
"""Overlap of a pair that rounding may have moved; chosen below the usual 0.5, since whole px move
the smallest boxes far."""


def as_printed(
    predicted: dict[str, ImageDetections], observed: dict[str, ImageDetections], printed: Printed
) -> dict[str, ImageDetections]:
    """Return predicted boxes with the observed numbers where they differ by no more than rounding.

    Parameters
    ----------
    predicted, observed : dict of str to ImageDetections
        Of the same images, by name.
    printed : Printed
        How the numbers of the observed boxes were printed.
    """
    return {
        name: rounded(image, observed[name], rounding_of(printed, image.height, image.width))
        for name, image in predicted.items()
    }


def rounded(
    predicted: ImageDetections, observed: ImageDetections, rounding: Rounding
) -> ImageDetections:
    """Return the predicted boxes of an image, those that rounding alone moved as they are observed.

    Parameters
    ----------
    predicted, observed : ImageDetections
        Of the same image.
    rounding : Rounding
        What printing may have changed.
    """
    tolerance = widened(FLOAT32_ROUNDING, rounding)
    boxes, scores = list(predicted.boxes), list(predicted.scores)
    for pair in compare_image(predicted, observed, iou=LEAST_OVERLAP).matched:
        score, printed_score = pair.scores
        apart = 0.0 if score is None or printed_score is None else abs(score - printed_score)
        if pair.box_px <= tolerance.box_px and apart <= tolerance.score:
            boxes[pair.reference] = observed.boxes[pair.candidate]
            scores[pair.reference] = printed_score
    return replace(predicted, boxes=boxes, scores=scores)
