"""Rescalings whose constants are fitted to the boxes: what is added to them, and canvases."""

from collections.abc import Iterator

import numpy as np

from parity.deployment.box_layout import UNMOVED, to_corners
from parity.deployment.box_output import to_output
from parity.deployment.pipeline import Pipeline
from parity.deployment.rescaling_variants import gains
from parity.deployment.whole_px import WholePx
from parity.detection.boxes import xyxy_to_xywh
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.catalogue.output import on_canvas, output_shift
from parity.diagnosis.catalogue.rescaling import input_shift
from parity.diagnosis.evidence.score_matches import MatchedImage, ScoreMatches
from parity.diagnosis.fitting.coordinate_fits import (
    BoxesOfImage,
    fit_canvas,
    fit_constant_offset,
    of_sides,
)

LEAST_SHARE = 0.7
"""Share of the coordinates that a fitted constant must explain to be tried; chosen."""

WHOLE: dict[WholePx, tuple[float, float]] = {
    "no": (0.5, 0.5),
    "rounded": (0.5, 0.5),
    "sides_rounded": (0.5, 0.5),
    "truncated": (0.0, 1.0),
    "floored": (0.0, 1.0),
    "sides_truncated": (0.0, 1.0),
}
"""How far the exact number may lie below and above a whole one, by the value of ``integers``."""

CANVAS_PX: tuple[tuple[WholePx, float], ...] = (("rounded", 0.0), ("truncated", 0.5))
"""Ways in which px of a canvas become whole, and what each coordinate loses on average, px."""

MATCHING = {
    name: getattr(Pipeline(), name)
    for name in ("box_format", "gain", "offset", "offset_rounding", "rescaled")
}
"""What brings boxes back rightly, whatever the geometry is; whether a canvas follows or not."""

PAIRINGS = 4
"""How often boxes are paired and a canvas is fitted; chosen: of several candidates with the score
of a box, the nearest is known only when the canvas nearly is."""


def fitted_faults(matches: ScoreMatches, pipeline: Pipeline) -> Iterator[tuple[Pipeline, Fault]]:
    """Yield what pipelines become with a fitted constant, and the fault that it is.

    Parameters
    ----------
    matches : ScoreMatches
        Observed boxes and candidates of the same score.
    pipeline : Pipeline
        Its input and decoding give the observed scores.
    """
    if not matches.images:
        return
    plain = pipeline.replace(
        integers="no",
        clip="no",
        unit="image",
        corners="xyxy",
        input_shift=UNMOVED,
        output_shift=UNMOVED,
    )
    tolerance = 0.5 if matches.precision.whole else 2 * float(np.max(matches.precision.box))
    for start in dict.fromkeys((plain, plain.replace(**MATCHING))):
        for whole, cut in CANVAS_PX if matches.precision.whole else (("no", 0.0),):
            yield from _canvases(matches, start.replace(integers=whole), pipeline, tolerance, cut)
    mapped, observed, scales = [], [], []
    for image, own, seen in _in_pairs(matches, plain, pipeline):
        place, shape = image.source.place, image.source.image_shape
        inside = (own > 0) & (own < np.array(shape[::-1] * 2))
        mapped.append(np.where(inside, own, np.nan).astype(np.float64))
        observed.append(seen)
        scales.append(np.broadcast_to(1 / np.array(gains(plain, place, shape) * 2), own.shape))
    given, seen = np.concatenate(mapped), np.concatenate(observed)
    px = np.concatenate(scales)
    for rule, (below, above) in WHOLE.items():
        if (rule == "no") == matches.precision.whole:
            continue
        sides = rule.startswith("sides")
        margin = 0.0 if matches.precision.whole else tolerance - 0.5
        for make, unit in ((input_shift, px), (output_shift, np.ones_like(px))):
            found = fit_constant_offset(
                xyxy_to_xywh(given) if sides else given,
                xyxy_to_xywh(seen) if sides else seen,
                px=unit,
                below=below + margin,
                above=above + margin,
            )
            if found and found.share >= LEAST_SHARE and any(found.value):
                fault = make(of_sides(found.value) if sides else found.value)
                yield fault.inject_into(pipeline.replace(integers=rule)), fault


def _in_pairs(
    matches: ScoreMatches, plain: Pipeline, nearly: Pipeline
) -> Iterator[tuple[MatchedImage, np.ndarray, np.ndarray]]:
    """Yield images with the boxes that a pipeline maps, and the observed ones of the same scores.

    Of several of a score, the one is taken that another pipeline maps nearest.
    """
    for image in matches.images:
        pairs = matches.nearest(image, nearly)
        corners = to_corners(plain, image.found.boxes[pairs])
        own = to_output(plain, corners, image.source.place, image.source.image_shape)
        yield image, own, image.observed.boxes[image.owners[pairs]]


def _canvases(
    matches: ScoreMatches, plain: Pipeline, nearly: Pipeline, tolerance: float, cut: float
) -> Iterator[tuple[Pipeline, Fault]]:
    """Yield a pipeline with the canvas that fits its boxes, and the fault that it is, if any.

    Coordinates lost ``cut`` px on average where they became whole.
    """
    unrounded = plain.replace(integers="no")
    for _ in range(PAIRINGS):
        boxes = [
            BoxesOfImage(image.source.image_shape, own, seen + cut)
            for image, own, seen in _in_pairs(matches, unrounded, nearly)
        ]
        canvas = fit_canvas(boxes, tolerance + 1e-3)
        if canvas is None:
            return
        place = matches.images[0].source.place
        of_input = canvas.value.size == (place.height, place.width)
        fault = on_canvas(canvas.value.unit, None if of_input else canvas.value.size)
        found = fault.inject_into(plain)
        if canvas.share >= LEAST_SHARE:
            yield found, fault
        if canvas.share >= LEAST_SHARE or found == nearly:
            return
        nearly = found
