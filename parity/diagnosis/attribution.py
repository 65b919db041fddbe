"""What each fault costs in panoptic quality, and that nothing is left without the faults."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from parity.comparison.agreement import panoptic_quality
from parity.comparison.differences import compare_image
from parity.comparison.results import RunDifferences
from parity.comparison.tolerances import Tolerance
from parity.comparison.totals import ComparisonTotals
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.detection.candidate_files import ImageCandidates
from parity.detection.detection_files import ImageDetections, Thresholds
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.detection.outlines import outlines_of
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.diagnosis import Diagnosis
from parity.diagnosis.document import (
    HARMLESS_SHAPES,
    BoxComparison,
    DrawnBoxes,
    ExampleImage,
    FaultExample,
    FixEffect,
    Severity,
    StepKind,
    WaterfallStep,
)
from parity.diagnosis.evidence.printed_boxes import as_printed
from parity.diagnosis.fault_examples import drawn_boxes, telling_example
from parity.external.convert import record_of
from parity.external.observations import Observations
from parity.postprocessing.postprocess import detect

EXAMPLES = 3
"""Images that are shown; chosen."""

CROWDED = 15
"""Boxes beyond which an image shows nothing any more; chosen."""

SETTINGS = ("conf", "iou", "max_det", "imgsz", "stride")
"""Choices of the deployment that are no way of doing things: thresholds, and size of the input."""

Detected = dict[str, ImageDetections]
"""Detections by image name."""


@dataclass(frozen=True)
class Reference:
    """What PyTorch sees, at any thresholds."""

    candidates: dict[str, ImageCandidates]
    """Candidates of the control arm by image, down to ``floor``."""
    head: NetworkHead
    """What the candidates come from."""
    floor: float
    """Scores below it are not known."""

    def detections(self, pipeline: Pipeline, *, around_shapes: bool = False) -> Detected:
        """Return the detections of every image at the thresholds of a pipeline."""
        thresholds = {"conf": max(pipeline.conf, self.floor), "iou": pipeline.iou}
        return {
            name: as_record(
                image,
                detect(image, **thresholds, max_det=pipeline.max_det, head=self.head),
                around_shapes=around_shapes,
            )
            for name, image in self.candidates.items()
        }


@dataclass(frozen=True)
class LossAttribution:
    """What is lost, and to which fault; the document has the same attributes."""

    fix_effect: FixEffect
    waterfall: tuple[WaterfallStep, ...]
    examples: tuple[ExampleImage, ...]
    """See :class:`parity.diagnosis.document.DiagnosisDocument`."""
    severities: dict[str, Severity]
    """Of each fault, by name."""
    fault_examples: dict[str, FaultExample | None]
    """Where each fault shows, by name; None if it is harmless."""
    unexplained: Severity
    """How the observed boxes differ from those of the pipeline that the diagnosis names, beyond
    rounding."""
    unexplained_example: FaultExample | None = None
    """Where they do; None if nowhere."""


def as_record(image: ImageCandidates, found: Detections, *, around_shapes: bool) -> ImageDetections:
    """Return the record of what was found in an image, with the boxes around its masks if asked."""
    shown = found.around_shapes(image.image_shape) if around_shapes else found
    return ImageDetections.of(image, shown)


def attribute_loss(
    diagnosis: Diagnosis,
    observations: Observations,
    replayer: Replayer,
    reference: Reference,
    *,
    iou: float,
) -> LossAttribution:
    """Apply the fix, and add the faults one at a time.

    Parameters
    ----------
    diagnosis : Diagnosis
        What is wrong.
    observations : Observations
        The observed boxes. Where there are none, only arrays, the boxes that the diagnosed
        deployment would return take their place.
    replayer : Replayer
        Runs any deployment.
    reference : Reference
        What PyTorch sees in the images that the diagnosis used.
    iou : float
        Smallest overlap of a matched pair.
    """
    printed = observations.printed
    around = printed is not None and printed.of_shapes
    references = reference.detections(diagnosis.fixed, around_shapes=around)

    def replayed(pipeline: Pipeline) -> Detected:
        return {
            name: as_record(image, replayer.detections(pipeline, name), around_shapes=around)
            for name, image in reference.candidates.items()
        }

    plain = without_choices(diagnosis)
    reproduced = replayed(diagnosis.pipeline)
    observed = reproduced
    if observations.images:
        observed = {
            name: record_of(image, observations.images[name]) for name, image in references.items()
        }
    steps: list[tuple[StepKind, str, Detected]] = [
        (kind, name, replayed(pipeline)) for kind, name, pipeline in pipelines(diagnosis)
    ]
    rounded = reproduced
    if printed:
        rounded = as_printed(reproduced, observed, printed)
        steps.append(("rounding", "", rounded))
    steps.append(("unexplained", "", observed))
    fixed = diagnosis.fixed
    right = replayed(plain)
    alone = {fault.name: replayed(fault.inject_into(plain)) for fault in diagnosis.faults}
    task = reference.head.task
    severities = {name: severity(right, found, iou=iou, task=task) for name, found in alone.items()}
    return LossAttribution(
        FixEffect(
            len(references),
            Thresholds(fixed.conf, fixed.iou, fixed.max_det),
            before=compare(references, observed, iou=iou, task=task),
            after=compare(references, replayed(fixed), iou=iou, task=task),
        ),
        waterfall(references, steps, iou=iou, task=task),
        examples(references, observed, reproduced, iou=iou, task=task),
        severities,
        {
            name: None
            if severities[name].harmless
            else telling_example(right, found, iou=iou, task=task)
            for name, found in alone.items()
        },
        severity(rounded, observed, iou=iou, task=task),
        telling_example(rounded, observed, iou=iou, task=task),
    )


def without_choices(diagnosis: Diagnosis) -> Pipeline:
    """Return the correct deployment with the thresholds and the input size of the fixed one."""
    return Pipeline(**{field: getattr(diagnosis.fixed, field) for field in SETTINGS})


def pipelines(diagnosis: Diagnosis) -> Iterator[tuple[StepKind, str, Pipeline]]:
    """Yield kind, name and pipeline of every step from the correct deployment to the observed one.

    The first is the correct deployment with the thresholds of the fixed one; then harmless choices
    are added, then the faults, in the order of the stages.
    """
    present = without_choices(diagnosis)
    yield "runtime", "", present
    kinds: tuple[tuple[StepKind, tuple[Fault, ...]], ...] = (
        ("choice", diagnosis.choices),
        ("fault", diagnosis.faults),
    )
    for kind, faults in kinds:
        for fault in faults:
            changed = fault.inject_into(present)
            if changed != present:
                present = changed
                yield kind, fault.name, present
    if present != diagnosis.pipeline:
        yield "rest", "", diagnosis.pipeline


def compare(references: Detected, candidates: Detected, *, iou: float, task: str) -> BoxComparison:
    """Compare the detections of some images.

    Parameters
    ----------
    references, candidates : dict of str to ImageDetections
        Of the same images.
    iou : float
        Smallest overlap of a matched pair.
    task : str
        What the detections come from.
    """
    found = differences(references, candidates, iou=iou, task=task)
    box, score = found.distributions.box_px, found.distributions.score
    return BoxComparison(
        reference=sum(len(reference.scores) for reference in references.values()),
        matched=found.matched,
        missing=found.missing,
        extra=found.extra,
        flipped=found.flipped,
        box_px=box.max if box else None,
        score=score.max if score else None,
        box_px_median=box.median if box else None,
        score_median=score.median if score else None,
        panoptic_quality=panoptic_quality(found),
        shapes=largest_shapes(found),
    )


def differences(
    references: Detected, candidates: Detected, *, iou: float, task: str
) -> RunDifferences:
    """Return all differences of the detections of some images, see :func:`compare`."""
    totals = ComparisonTotals(Tolerance())
    for name, reference in references.items():
        totals.add(compare_image(reference, candidates[name], iou=iou, task=task))
    return totals.results()


def severity(correct: Detected, changed: Detected, *, iou: float, task: str) -> Severity:
    """Return what a change does to some images.

    Parameters
    ----------
    correct, changed : dict of str to ImageDetections
        Detections of the same images without the change and with it.
    iou : float
        Smallest overlap of a matched pair.
    task : str
        What the detections come from.
    """
    found = differences(correct, changed, iou=iou, task=task)
    box, score = found.distributions.box_px, found.distributions.score
    return Severity(
        lost=found.missing - found.flipped,
        added=found.extra - found.flipped,
        renamed=found.flipped,
        box_px=box.max if box else 0.0,
        box_px_median=box.median if box else 0.0,
        score=score.max if score else 0.0,
        shapes=largest_shapes(found),
    )


def largest_shapes(found: RunDifferences) -> dict[str, float]:
    """Return the largest differences of what a task adds to boxes, by name."""
    measures, score = found.distributions.measures, found.distributions.score
    shapes = {name: each.max for name, each in measures.items() if name in HARMLESS_SHAPES}
    return shapes | ({"probability": score.max} if score and "rank" in measures else {})


def waterfall(
    references: Detected,
    steps: list[tuple[StepKind, str, Detected]],
    *,
    iou: float,
    task: str,
) -> tuple[WaterfallStep, ...]:
    """Go from PyTorch to the observed boxes, one change at a time.

    Parameters
    ----------
    references : dict of str to ImageDetections
        What PyTorch sees.
    steps : list of (kind, name, dict of str to ImageDetections)
        Detections after each change.
    iou : float
        Smallest overlap of a matched pair.
    task : str
        What the detections come from.
    """
    compared = [compare(references, records, iou=iou, task=task) for _, _, records in steps]
    qualities = [1.0, *(each.panoptic_quality for each in compared)]
    whole = 1.0 - qualities[-1]
    rows = []
    for (kind, name, _), each, previous in zip(steps, compared, qualities, strict=False):
        lost = previous - each.panoptic_quality
        share = lost / whole if whole > 0 else None
        rows.append(WaterfallStep(**vars(each), kind=kind, name=name, lost=lost, share=share))
    return tuple(rows)


def examples(
    references: Detected, observed: Detected, reproduced: Detected, *, iou: float, task: str
) -> tuple[ExampleImage, ...]:
    """Return the images that show best what is wrong: much of it, and not too many boxes.

    Parameters
    ----------
    references, observed, reproduced : dict of str to ImageDetections
        Of the same images.
    iou : float
        Smallest overlap of a matched pair.
    task : str
        What the detections come from.
    """

    def rank(name: str) -> tuple[bool, float, str]:
        reference, candidate = references[name], observed[name]
        quality = compare({name: reference}, {name: candidate}, iou=iou, task=task).panoptic_quality
        crowded = max(len(reference.scores), len(candidate.scores)) > CROWDED
        return crowded, quality, name

    with_boxes = [n for n in references if references[n].scores or observed[n].scores]
    return tuple(
        ExampleImage(
            name,
            references[name].height,
            references[name].width,
            correct=drawable(references[name]),
            observed=drawable(observed[name]),
            reproduced=drawable(reproduced[name]),
        )
        for name in sorted(with_boxes or references, key=rank)[:EXAMPLES]
    )


def drawable(image: ImageDetections) -> DrawnBoxes:
    """Return the boxes of an image that are finite, with their masks, keypoints and corners."""
    kept = [i for i, box in enumerate(image.boxes) if np.isfinite(box).all()]
    return drawn_boxes(image, kept, outlines_of(image))
