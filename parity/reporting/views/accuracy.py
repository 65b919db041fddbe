"""How well each arm finds the labelled objects, and what each comparison costs."""

from collections.abc import Iterable, Iterator, Mapping

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
from parity.reporting.wording import count, number, three_decimals

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
    yield Text(" ".join(measured_in_words(found)))
    for note in found.labels.notes:
        yield Note(note)
    arms = [*found.arms.values()]
    sizes = [*arms[0].sizes]
    points = [arm.operating_point for arm in arms]
    header = ["arm", *metric_headers(arms[0].metrics), *sizes]
    header += ["precision", "recall"] if all(points) else []
    yield table("Accuracy", header, [arm_row(name, arm) for name, arm in found.arms.items()])
    if all(points):
        yield Note(
            f"Small, medium and large objects have columns of their {found.metric}. Precision and "
            "recall hold at the thresholds of this run."
        )
    costs = [cost_row(name, each) for name, each in found.comparisons.items()]
    header = ["comparison", *metric_headers(f"lost {name} (%)" for name in arms[0].metrics)]
    yield table("Loss of the candidate, in per cent of the reference's value", header, costs)
    yield Note(
        f"A negative loss is a gain. The intervals hold 95 % of {found.protocol.draws} bootstrap "
        "draws of the images."
    )
    title = "Errors and changes by object" if all(points) else "Changes by image"
    yield Group(title, tuple(detail_blocks(found)), folded=True)


def measured_in_words(found: Accuracy) -> Iterator[str]:
    """Yield sentences on the labels, and on how they were compared with what arms return."""
    labels, protocol = found.labels, found.protocol
    images = count(labels.images, "image")
    if any(arm.operating_point for arm in found.arms.values()):
        yield f"{images} with {count(labels.objects, 'labelled object')}."
        floor = max(arm.floor for arm in found.arms.values())
        yield (
            f"Candidates that score above {number(floor)} went through NMS at an IoU threshold of "
            f"{number(protocol.iou)}, one label per box; everything else follows COCO. The values "
            "of Ultralytics' val differ a little, because it takes candidates from 0.001, several "
            "labels per box and other rectangles."
        )
    else:
        yield f"{images}, each with its class."
    if protocol.says:
        yield protocol.says


def metric_headers(names: Iterable[str]) -> Iterator[str]:
    """Yield the heads of two columns for each metric."""
    for name in names:
        yield from (name, "95 % interval")


def detail_blocks(found: Accuracy) -> Iterator[Block]:
    """Yield which errors each arm makes, and what changes with a candidate."""
    errors = [
        error_row(name, arm.operating_point)
        for name, arm in found.arms.items()
        if arm.operating_point
    ]
    what = "Objects" if errors else "Images"
    if errors:
        yield table("Errors at the thresholds of this run", ERROR_HEADER, errors)
    moves = [(name, moves_in_words(each.moved)) for name, each in found.comparisons.items()]
    yield table(f"{what} that fare differently with the candidate", MOVE_HEADER, moves)


def arm_row(name: str, arm: ArmAccuracy) -> tuple[str, ...]:
    """Return the accuracy of an arm."""
    cells = [name]
    for metric in arm.metrics.values():
        low, high = map(three_decimals, metric.interval)
        cells += [three_decimals(metric.value), f"{low} to {high}"]
    cells += [three_decimals(value) for value in arm.sizes.values()]
    if point := arm.operating_point:
        cells += [three_decimals(point.precision), three_decimals(point.recall)]
    return tuple(cells)


def cost_row(name: str, each: AccuracyComparison) -> tuple[str, ...]:
    """Return what the candidate of a comparison loses."""
    cells = [name]
    for cost in each.losses.values():
        ends = cost.percent_interval
        interval = " to ".join(map(number, ends)) if ends else "–"
        cells += [number(cost.percent), interval]
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


SECTIONS.add("accuracy", Section("Accuracy", 40, prepare))
