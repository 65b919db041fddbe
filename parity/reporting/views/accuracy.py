"""How well each arm finds the labelled objects, and what each comparison costs."""

from collections.abc import Iterator, Mapping

from parity.accuracy.results import (
    ERROR_TYPES,
    Accuracy,
    AccuracyComparison,
    ArmAccuracy,
    Fate,
    OperatingPoint,
)
from parity.reporting.views.blocks import Block, Group, Note, Text, table
from parity.reporting.views.section import SECTIONS, Model, Section, View
from parity.reporting.wording import count, number

ARM_HEADER = (
    "arm",
    "mAP50-95",
    "95 % interval",
    "mAP50",
    "small",
    "medium",
    "large",
    "precision",
    "recall",
)
COST_HEADER = (
    "comparison",
    "lost mAP50-95 (%)",
    "95 % interval",
    "lost mAP50 (%)",
    "95 % interval",
)
ERROR_HEADER = (
    "arm",
    "wrong class",
    "badly placed",
    "both",
    "duplicate",
    "background",
    "missed objects",
)
MOVE_HEADER = ("comparison", "changes")


def prepare(model: Model) -> View | None:
    """Return the accuracy of a model's arms; None without labels."""
    found = model.document("accuracies", Accuracy)
    return View(tuple(blocks_of(found))) if found else None


def blocks_of(found: Accuracy) -> Iterator[Block]:
    """Yield what is said of accuracy."""
    labels, protocol = found.labels, found.protocol
    floor = max(arm.floor for arm in found.arms.values())
    yield Text(
        f"{count(labels.images, 'image')} with {count(labels.objects, 'labelled object')}. "
        f"Candidates that score above {number(floor)} went through NMS at an IoU threshold of "
        f"{number(protocol.iou)}, one label per box; everything else follows COCO. The values of "
        "Ultralytics' val differ a little, because it takes candidates from 0.001, several labels "
        "per box and other rectangles."
    )
    for note in labels.notes:
        yield Note(note)
    yield table("Accuracy", ARM_HEADER, [arm_row(name, arm) for name, arm in found.arms.items()])
    yield Note("Precision and recall hold at the thresholds of this run.")
    costs = [cost_row(name, each) for name, each in found.comparisons.items()]
    yield table("Loss of the candidate, in per cent of the reference's value", COST_HEADER, costs)
    yield Note(
        f"A negative loss is a gain. The intervals hold 95 % of {protocol.draws} bootstrap draws "
        "of the images."
    )
    yield Group("Errors and changes by object", tuple(error_blocks(found)), folded=True)


def error_blocks(found: Accuracy) -> Iterator[Block]:
    """Yield which errors each arm makes, and which objects fare differently."""
    errors = [error_row(name, arm.operating_point) for name, arm in found.arms.items()]
    yield table("Errors at the thresholds of this run", ERROR_HEADER, errors)
    moves = [(name, moves_in_words(each.moved)) for name, each in found.comparisons.items()]
    yield table("Objects that fare differently with the candidate", MOVE_HEADER, moves)


def arm_row(name: str, arm: ArmAccuracy) -> tuple[str, ...]:
    """Return the accuracy of an arm."""
    low, high = arm.interval.map
    return (
        name,
        three_decimals(arm.map),
        f"{three_decimals(low)} to {three_decimals(high)}",
        three_decimals(arm.map50),
        *(three_decimals(arm.sizes[size]) for size in ("small", "medium", "large")),
        three_decimals(arm.operating_point.precision),
        three_decimals(arm.operating_point.recall),
    )


def cost_row(name: str, each: AccuracyComparison) -> tuple[str, ...]:
    """Return what the candidate of a comparison loses."""
    cells = [name]
    for cost in (each.map, each.map50):
        low, high = cost.percent_interval
        cells += [number(cost.percent), f"{number(low)} to {number(high)}"]
    return tuple(cells)


def error_row(name: str, point: OperatingPoint) -> tuple[str, ...]:
    """Return the errors of an arm by kind, and what it missed."""
    kinds = [f"{point.mistakes[kind]:,}" for kind in ERROR_TYPES]
    return (name, *kinds, f"{point.fates['missed']:,}")


def moves_in_words(moved: Mapping[Fate, Mapping[Fate, int]]) -> str:
    """Return how many objects changed their fate, and how."""
    changes = [
        f"{many} {before} → {after}"
        for before, row in moved.items()
        for after, many in row.items()
        if many and before != after
    ]
    return "; ".join(changes) or "none"


def three_decimals(value: float | None) -> str:
    """Return a share with three decimals; a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


SECTIONS.add("accuracy", Section("Accuracy", 40, prepare))
