"""Pictures of what is wrong: a part of an image with the reference's boxes and the others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from parity.detection.outlines import NOTHING
from parity.diagnosis.document import (
    Change,
    DiagnosisDocument,
    DrawnBoxes,
    FaultExample,
    FoundFault,
    Severity,
)
from parity.reporting.fault_wording import LEAST_PX
from parity.reporting.task_wording import words_of
from parity.reporting.views.blocks import Crop, Outline
from parity.reporting.wording import capitalised, number, reference_name
from parity.sentences import listing

ALONE = "with this fault alone"
WITH_FAULTS = "a program with the named faults"
OBSERVED = "your program"

CHANGES: dict[Change, str] = {
    "lost": "{reference} {detects} {correct}; with this fault alone, nothing is detected there.",
    "misplaced": "{reference} {detects} {correct}; with this fault alone, its box is elsewhere.",
    "renamed": "{reference} {detects} {correct}; with this fault alone, it becomes {changed}.",
    "added": "{reference} has no such {noun}; with this fault alone, {changed} is added.",
    "moved": "{reference} {detects} {correct}; with this fault alone, {what}.",
}
"""What there is to see of each change."""

LEFT: dict[Change, str] = {
    "lost": "{reference} {detects} {correct}; your program reports nothing there.",
    "misplaced": "{reference} {detects} {correct}; your program puts its box elsewhere.",
    "renamed": "{reference} {detects} {correct}; your program reports {changed}.",
    "added": "{reference} has no such {noun}; your program reports {changed}.",
    "moved": "{reference} {detects} {correct}; in your program, {what}.",
}
"""The same of what named faults leave unexplained."""

MOVES = {
    "mask": "its mask changes",
    "keypoint_px": "its keypoints move",
    "angle": "it turns",
    "probability": "its probability changes",
}
"""What moves where a box does not, see :data:`parity.diagnosis.document.HARMLESS_SHAPES`."""


@dataclass(frozen=True)
class Sides:
    """What a picture compares."""

    reference: str
    changed: str
    """What the boxes without a change and with it are called."""
    captions: Mapping[Change, str]
    """What is said of each change."""


def crop_of(fault: FoundFault, diagnosis: DiagnosisDocument) -> Crop | None:
    """Return where a fault shows best; None if it shows nowhere."""
    if fault.example is None:
        return None
    reference = reference_name(diagnosis.reference)
    what = what_moves(fault.example, fault.severity)
    return crop_of_change(fault.example, diagnosis, Sides(reference, ALONE, CHANGES), what)


def crop_of_rest(diagnosis: DiagnosisDocument) -> Crop | None:
    """Return where the boxes differ best from what is explained; None if they do not.

    Where no fault is named, it is a whole image, with what PyTorch detects in it.
    """
    left = diagnosis.unexplained
    if not diagnosis.faults:
        return whole_example(diagnosis)
    if left.example is None:
        return None
    what = what_moves(left.example, left.severity)
    return crop_of_change(left.example, diagnosis, Sides(WITH_FAULTS, OBSERVED, LEFT), what)


def crop_of_change(
    found: FaultExample,
    diagnosis: DiagnosisDocument,
    sides: Sides,
    what: str,
) -> Crop:
    """Return where a change shows.

    Parameters
    ----------
    found : FaultExample
        The place.
    diagnosis : DiagnosisDocument
        What it is of.
    sides : Sides
        What is compared.
    what : str
        What moves where an object moves.
    """
    names = diagnosis.names | diagnosis.labels
    correct = outlines(found.correct, names, telling=int(found.change != "added"))
    changed = outlines(found.changed, names, telling=int(found.change != "lost"))
    words = words_of(diagnosis.task)
    caption = sides.captions[found.change].format(
        reference=capitalised(sides.reference),
        correct=first_label(correct),
        changed=first_label(changed),
        what=what,
        detects=words.verbs,
        noun=words.noun,
    )
    return Crop(
        model=diagnosis.model,
        image=found.name,
        height=found.height,
        width=found.width,
        view=found.view,
        correct=correct,
        wrong=changed,
        reference=sides.reference,
        side=sides.changed,
        caption=f"{found.name}: {caption}",
    )


def what_moves(shown: FaultExample, severity: Severity) -> str:
    """Return what moves of an object: its box, what its task adds to that, or its score."""
    if shown.change == "moved":
        ends = zip(shown.correct.boxes[0], shown.changed.boxes[0], strict=True)
        px = max(abs(one - other) for one, other in ends)
        if px >= LEAST_PX:
            return f"its box moves by {number(px)} px"
    shapes = (MOVES[name] for name in MOVES if severity.shapes.get(name, 0.0) > 0)
    return next(shapes, "its score changes")


def whole_example(diagnosis: DiagnosisDocument) -> Crop | None:
    """Return the image that tells most, with the boxes of the reference and the observed ones."""
    names, detects = diagnosis.names | diagnosis.labels, words_of(diagnosis.task).verbs
    for found in diagnosis.examples[:1]:
        reference = reference_name(diagnosis.reference)
        expected, observed = (outlines(each, names) for each in (found.correct, found.observed))
        return Crop(
            model=diagnosis.model,
            image=found.name,
            height=found.height,
            width=found.width,
            view=(0.0, 0.0, float(found.width), float(found.height)),
            correct=unlabelled(expected),
            wrong=unlabelled(observed),
            reference=reference,
            side=OBSERVED,
            caption=(
                f"{found.name}: {capitalised(reference)} {detects} {labels_of(expected)}; "
                f"{OBSERVED} {detects} {labels_of(observed)}."
            ),
        )
    return None


def outlines(
    found: DrawnBoxes, names: dict[int, str], *, telling: int | None = None
) -> tuple[Outline, ...]:
    """Return detections with what they are, such as "bus 0.93"; the first are what it is about."""
    shapes = found.outlines or [NOTHING] * len(found.boxes)
    rows = zip(found.boxes, found.scores, found.class_ids, shapes, strict=True)
    return tuple(
        Outline(
            (box[0], box[1], box[2], box[3]),
            label(names.get(class_id, ""), score),
            telling is None or place < telling,
            shape,
        )
        for place, (box, score, class_id, shape) in enumerate(rows)
    )


def unlabelled(found: tuple[Outline, ...]) -> tuple[Outline, ...]:
    """Return boxes of which there are too many for labels."""
    return tuple(replace(each, label="") for each in found)


def label(name: str, score: float | None) -> str:
    """Return what a box is called."""
    return name if score is None else f"{name} {number(score)}".strip()


def first_label(found: tuple[Outline, ...]) -> str:
    """Return what the object of a picture is called; its box comes first."""
    return found[0].label if found else "nothing"


def labels_of(found: Iterable[Outline]) -> str:
    """Return what all boxes of a side are called, the first of them by name."""
    return listing([each.label for each in found], limit=4) or "nothing"
