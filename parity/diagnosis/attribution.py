"""The proof of a diagnosis: what each fault costs, and that without the faults nothing is left."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from parity.comparison.agreement import panoptic_quality
from parity.comparison.differences import compare_image
from parity.comparison.tolerances import Tolerance
from parity.comparison.totals import ComparisonTotals
from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.detection.candidate_files import ImageCandidates
from parity.detection.detection_files import ImageDetections
from parity.detection.postprocess import detect
from parity.diagnosis.diagnosis import Diagnosis
from parity.external.convert import record_of
from parity.external.observations import Observations

EXAMPLES = 3
"""Images that are shown."""

THRESHOLDS = ("conf", "iou", "max_det")
KEPT = (*THRESHOLDS, "imgsz", "stride")
"""Choices that do not belong to the way of doing it."""

CROWD = 15
"""Boxes beyond which an image shows nothing any more."""

Records = dict[str, ImageDetections]
"""Records of detections by image."""


@dataclass(frozen=True)
class Reference:
    """What PyTorch sees, at any thresholds.

    Attributes
    ----------
    candidates : dict of str to ImageCandidates
        Those of the control arm by image, down to ``floor``.
    end2end : bool
        Whether the candidates are finished boxes.
    floor : float
        Scores below it are not known.
    """

    candidates: dict[str, ImageCandidates]
    end2end: bool
    floor: float

    def records(self, pipeline: Pipeline) -> Records:
        """Return the detections of every image at the thresholds of a pipeline."""
        limits = {"conf": max(pipeline.conf, self.floor), "iou": pipeline.iou}
        limits["max_det"] = pipeline.max_det
        options: dict[str, Any] = {**limits, "end2end": self.end2end}
        return {
            name: ImageDetections.of(image, detect(image, **options))
            for name, image in self.candidates.items()
        }


def prove(
    diagnosis: Diagnosis,
    observations: Observations,
    replayer: Replayer,
    reference: Reference,
    *,
    iou: float,
) -> dict[str, Any]:
    """Apply the cure and add the faults one at a time.

    Parameters
    ----------
    diagnosis : Diagnosis
        The answer.
    observations : Observations
        What somebody observed.
    replayer : Replayer
        Runs any deployment.
    reference : Reference
        What PyTorch sees in the images that the diagnosis looked at.
    iou : float
        Smallest overlap of a matched pair.

    Returns
    -------
    dict
        ``cure``, the measures ``before`` and ``after`` it, see :func:`measure`; ``waterfall``, see
        :func:`waterfall`; ``alone``, the agreement that each fault would leave if it was the only
        one; ``examples``, see :func:`examples`.
    """
    references = reference.records(diagnosis.cured)

    def played(pipeline: Pipeline) -> Records:
        return {
            name: ImageDetections.of(image, replayer.detections(pipeline, name))
            for name, image in reference.candidates.items()
        }

    observed = {
        name: record_of(record, observations.images[name]) for name, record in references.items()
    }
    start = correct(diagnosis)
    cured, reproduced = played(diagnosis.cured), played(diagnosis.pipeline)
    steps: list[tuple[str, str, Records]] = [
        (kind, name, played(pipeline)) for kind, name, pipeline in pipelines(diagnosis)
    ]
    steps.append(("unexplained", "", observed))
    return {
        "cure": {
            "images": len(references),
            "thresholds": {
                key: getattr(diagnosis.cured, key) for key in ("conf", "iou", "max_det")
            },
            "before": measure(references, observed, iou=iou),
            "after": measure(references, cured, iou=iou),
        },
        "waterfall": waterfall(references, steps, iou=iou),
        "alone": {
            fault.name: measure(references, played(fault.apply(start)), iou=iou)["agreement"]
            for fault in diagnosis.faults
        },
        "examples": examples(references, observed, reproduced, iou=iou),
    }


def correct(diagnosis: Diagnosis) -> Pipeline:
    """Return the correct deployment with the thresholds and the input of the cured one."""
    return Pipeline(**{key: getattr(diagnosis.cured, key) for key in KEPT})


def pipelines(diagnosis: Diagnosis) -> Iterator[tuple[str, str, Pipeline]]:
    """Yield kind, name and deployment of every step from the correct one to the observed one.

    The first is the correct deployment with the thresholds of the cured one; then harmless choices
    are added, then the faults, in the order of the stages.
    """
    present = correct(diagnosis)
    yield "runtime", "", present
    for kind, faults in (("choice", diagnosis.choices), ("fault", diagnosis.faults)):
        for fault in faults:
            changed = fault.apply(present)
            if changed != present:
                present = changed
                yield kind, fault.name, present
    if present != diagnosis.pipeline:
        yield "rest", "", diagnosis.pipeline


def measure(references: Records, candidates: Records, *, iou: float) -> dict[str, Any]:
    """Compare the detections of some images.

    Parameters
    ----------
    references, candidates : dict of str to dict
        Records by image, of the same images.
    iou : float
        Smallest overlap of a matched pair.

    Returns
    -------
    dict
        Counts ``reference``, ``matched``, ``missing``, ``extra``, ``flipped``; ``box_px`` and
        ``score``, the largest differences of matched pairs, and their medians, None without any;
        ``agreement``, see :func:`parity.comparison.agreement.panoptic_quality`.
    """
    totals = ComparisonTotals(Tolerance())
    for name, record in references.items():
        totals.add(compare_image(record, candidates[name], iou=iou))
    found = totals.results()
    box_px, score = found.distributions.box_px, found.distributions.score
    return {
        "reference": sum(len(record.scores) for record in references.values()),
        **{key: getattr(found, key) for key in ("matched", "missing", "extra", "flipped")},
        "box_px": box_px.max if box_px else None,
        "score": score.max if score else None,
        "box_px_median": box_px.median if box_px else None,
        "score_median": score.median if score else None,
        "agreement": panoptic_quality(found),
    }


def waterfall(
    references: Records, steps: list[tuple[str, str, Records]], *, iou: float
) -> list[dict[str, Any]]:
    """Go from the reference to what was observed, one change at a time.

    Parameters
    ----------
    references : dict of str to dict
        What PyTorch sees.
    steps : list of (str, str, dict)
        Kind, name and detections after each change.
    iou : float
        Smallest overlap of a matched pair.

    Returns
    -------
    list of dict
        Per step ``kind`` and ``name``, what :func:`measure` returns, and ``share``: its part of the
        agreement that is lost in the end. Shares add up to 1; one is negative where a change makes
        up for another, and None where nothing is lost.
    """
    rows = []
    before = 1.0
    for kind, name, records in steps:
        found = measure(references, records, iou=iou)
        rows.append({"kind": kind, "name": name, **found, "lost": before - found["agreement"]})
        before = found["agreement"]
    whole = 1.0 - before
    return [row | {"share": row["lost"] / whole if whole > 0 else None} for row in rows]


def examples(
    references: Records, observed: Records, reproduced: Records, *, iou: float
) -> list[dict[str, Any]]:
    """Return the images that show best what is wrong: much of it, and not too many boxes.

    Parameters
    ----------
    references, observed, reproduced : dict of str to dict
        Records by image.
    iou : float
        Smallest overlap of a matched pair.

    Returns
    -------
    list of dict
        ``name``, ``height``, ``width``; ``correct``, ``observed`` and ``reproduced`` with
        ``boxes``, ``scores`` and ``class_ids``; boxes that are not finite are left out.
    """

    def worth(name: str) -> tuple[bool, float, str]:
        one = {name: references[name]}
        lost = 1.0 - measure(one, {name: observed[name]}, iou=iou)["agreement"]
        crowded = max(len(one[name].scores), len(observed[name].scores)) > CROWD
        return crowded, -lost, name

    told = [n for n in references if references[n].scores or observed[n].scores]
    chosen = sorted(told or references, key=worth)[:EXAMPLES]
    sides = {"correct": references, "observed": observed, "reproduced": reproduced}
    return [
        {key: getattr(references[name], key) for key in ("name", "height", "width")}
        | {side: drawable(records[name]) for side, records in sides.items()}
        for name in chosen
    ]


def drawable(record: ImageDetections) -> dict[str, Any]:
    """Return boxes, scores and classes of a record, those that are finite."""
    kept = [i for i, box in enumerate(record.boxes) if np.isfinite(box).all()]
    return {
        key: [getattr(record, key)[i] for i in kept] for key in ("boxes", "scores", "class_ids")
    }
