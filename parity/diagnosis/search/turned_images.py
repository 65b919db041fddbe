"""Mirrored and turned images: which way round the network saw them."""

from parity.deployment.turning import TurningBackChoices, boxes_back
from parity.detection.boxes import pairwise_iou
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.evidence.correct_boxes import correct_and_observed
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.search.fault_effects import turns_images

UNDONE_BY = {"by_90": "by_270", "by_270": "by_90"}
"""What undoes each way of turning; the others undo themselves."""

SAME_PLACE = 0.5
"""Overlap (IoU) from which a box lies where another was turned to; chosen."""

IN_PLACE = 0.35
"""Share of observed boxes that must lie there; chosen: of a turned image, others are found."""

UPRIGHT = 0.5
"""Share of those that may lie in the upright image as well; chosen: objects in its middle do."""


def turned_as_boxes(cost_model: CostModel, names: list[str]) -> Fault | None:
    """Return the fault that turns the image so that the observed boxes lie as in the turned one.

    No network is run: of a turned image it finds much the same objects, turned. Where boxes were
    moved back, they tell nothing.

    Parameters
    ----------
    cost_model : CostModel
        Holds the boxes.
    names : list of str
        The images to look at.
    """
    if "turned_back" not in cost_model.replayer.task.choices:
        return None
    faults = [fault for fault in cost_model.preprocessing_faults if turns_images(fault)]
    placed = {
        fault: _in_place(cost_model, names, dict(fault.changes)["turned"]) for fault in faults
    }
    observed = sum(len(cost_model.observed[name]) for name in names)
    best = max(placed, key=lambda fault: placed[fault], default=None)
    if best is None or placed[best] < max(IN_PLACE * observed, 1):
        return None
    return best if _in_place(cost_model, names, "no") <= UPRIGHT * placed[best] else None


def _in_place(cost_model: CostModel, names: list[str], turned: str) -> int:
    """Return how many observed boxes lie where the correct ones of their class are turned to."""
    forwards = TurningBackChoices(turned=UNDONE_BY.get(turned, turned))  # type: ignore[arg-type]
    many = 0
    for found, seen, shape in correct_and_observed(cost_model, names):
        boxes = boxes_back(forwards, found.boxes, shape)
        overlaps = pairwise_iou(seen.boxes, boxes)
        overlaps[seen.class_ids[:, None] != found.class_ids] = 0
        many += int((overlaps.max(axis=1, initial=0) >= SAME_PLACE).sum())
    return many
