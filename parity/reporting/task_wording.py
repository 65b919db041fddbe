"""What the detections of each task are called, and which of their differences are reported."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from parity.comparison.tolerances import Quantity

MeasuredQuantity = Literal["box_px", "score", "mask", "keypoint_px", "visibility"]
"""Differences of a matched pair that a tolerance limits."""

MEASURED: tuple[MeasuredQuantity, ...] = get_args(MeasuredQuantity)


@dataclass(frozen=True)
class QuantityWording:
    """How a difference is called."""

    subject: str
    """What differs, as in "boxes differ by up to 0.1 px"."""
    title: str
    """The difference, as the head of a column."""
    short: str
    """The same in a narrow column."""
    unit: str = ""
    """After its number, with a blank before it."""
    amount: str = ""
    """The same where no subject is named, as in "0.1 px"."""
    ends_at_one: bool = False
    """Whether the difference cannot exceed 1."""


QUANTITIES: dict[Quantity, QuantityWording] = {
    "box_px": QuantityWording("boxes", "Box (px)", "box px", " px", " px"),
    "score": QuantityWording("scores", "Score", "score", "", ends_at_one=True),
    "mask": QuantityWording(
        "masks", "Mask (1 − IoU)", "mask", " (1 − IoU)", " of masks (1 − IoU)", ends_at_one=True
    ),
    "keypoint_px": QuantityWording(
        "keypoints", "Keypoint (px)", "keypoint px", " px", " px of keypoints"
    ),
    "visibility": QuantityWording(
        "visibilities", "Visibility", "visibility", "", " in visibility", ends_at_one=True
    ),
}

FURTHER = {
    "boundary_px": "boundaries of masks (px)",
    "area": "areas of masks (share)",
    "oks": "keypoints (1 − OKS)",
    "angle": "angles (degrees)",
    "rank": "changes of rank (places)",
    "margin": "lead of the best label over the second",
}
"""Differences that no tolerance limits, as heads of columns."""


@dataclass(frozen=True)
class TaskWording:
    """What the detections of a task are called."""

    noun: str
    detection: str
    """What is counted, such as "object", and what an arm reports of it."""
    verb: str
    verbs: str
    past: str
    """What arms do, what an arm does, and what it did."""
    quantities: tuple[MeasuredQuantity, ...]
    """Differences in the order in which they are reported."""
    answered: tuple[MeasuredQuantity, ...]
    """Those that an answer states where all is well."""
    score: str = "score"
    scores: str = "scores"
    """What a score is called, and what several are."""

    def subject(self, quantity: Quantity) -> str:
        """Return what differs by a quantity, such as ``boxes`` or ``probabilities``."""
        return self.scores if quantity == "score" else QUANTITIES[quantity].subject

    def title(self, quantity: MeasuredQuantity) -> str:
        """Return the head of a column of a difference, such as ``Box (px)``."""
        return self.score.capitalize() if quantity == "score" else QUANTITIES[quantity].title


def _boxes(*further: MeasuredQuantity, answered: tuple[MeasuredQuantity, ...]) -> TaskWording:
    return TaskWording(
        "object",
        "detection",
        "detect",
        "detects",
        "detected",
        ("box_px", "score", *further),
        ("box_px", *answered),
    )


TASK_WORDING = {
    "detect": _boxes(answered=()),
    "segment": _boxes("mask", answered=("mask",)),
    "pose": _boxes("keypoint_px", "visibility", answered=("keypoint_px",)),
    "obb": _boxes(answered=()),
    "classify": TaskWording(
        "label",
        "label",
        "give",
        "gives",
        "gave",
        ("score",),
        ("score",),
        "probability",
        "probabilities",
    ),
}
"""By task, a key of :data:`parity.tasks.task.TASKS`."""


def words_of(task: str) -> TaskWording:
    """Return what the detections of a task are called; one without words of its own has objects."""
    return TASK_WORDING.get(task, TASK_WORDING["detect"])


LABELS = {
    "boxes": "labels",
    "box": "label",
    "objects": "labels",
    "object": "label",
    "detects": "gives",
    "detected": "given",
    "scores": "probabilities",
    "score": "probability",
    "panoptic quality": "F1",
}
"""Words of a sentence on boxes, and those on labels in their place."""

_WORDS = re.compile(rf"\b({'|'.join(LABELS)})\b", re.IGNORECASE)


def worded(sentence: str, task: str) -> str:
    """Return a sentence on boxes in the words of a task.

    Parameters
    ----------
    sentence : str
        It names no class; names between backquotes stay.
    task : str
        A key of :data:`parity.tasks.task.TASKS`.
    """
    if task != "classify":
        return sentence

    def word(found: re.Match[str]) -> str:
        said = LABELS[found[0].lower()]
        return said.capitalize() if found[0][0].isupper() else said

    parts = sentence.split("`")  # what stands between them is a name
    parts[::2] = [_WORDS.sub(word, part) for part in parts[::2]]
    return "`".join(parts)
