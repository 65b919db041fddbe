"""How far the arms agree at other thresholds, and which thresholds a candidate should get."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from parity.comparison.threshold_grid import Axes
from parity.comparison.tuning import Cell, Point, SweepComparison, SweepResults, Tuning
from parity.reporting.views.blocks import Figure, Group, Note, Sentences, Text, table
from parity.reporting.views.section import SECTIONS, Model, Section, View
from parity.reporting.wording import count, four_decimals, number
from parity.sentences import listing
from parity.tasks.task import TASKS

TUNED_HEADER = (
    "comparison",
    "conf",
    "IoU",
    "matched",
    "missing",
    "extra",
    "F1",
    "best conf",
    "missing",
    "extra",
    "F1",
    "best conf and IoU",
    "missing",
    "extra",
    "F1",
)
LABELS_TUNED_HEADER = (*TUNED_HEADER[:2], *TUNED_HEADER[3:11])
RANGE_HEADER = (
    "comparison",
    "lowest F1",
    "at conf, IoU",
    "highest F1",
    "at conf, IoU",
    "lowest mean IoU of matched boxes",
)
LABELS_RANGE_HEADER = ("comparison", "lowest F1", "at conf", "highest F1", "at conf")
SAME_IMAGES = (
    "These thresholds were found and judged on the same images; check them on others before you "
    "ship them."
)
MOST_CELLS = 400
"""A map of more cells than this is not legible as a table (chosen); the figure shows it."""
LABEL_PLOTS = "Labels per arm, and F1, over the confidence threshold"
PLOTS = "F1 at every pair of thresholds, detections per arm, and F1 over confidence threshold"


@dataclass(frozen=True)
class MapCell:
    """F1 at thresholds of the candidate, in words and as a number.

    It is ``here`` at the thresholds of this run and ``best`` at those that agree best.
    """

    text: str
    f1: float | None
    here: bool
    best: bool


@dataclass(frozen=True)
class Map:
    """F1 at every pair of thresholds of the candidate, while the reference keeps its own."""

    comparison: str
    """Whose it is."""
    conf: tuple[str, ...]
    """Confidence thresholds, heads of the columns."""
    rows: tuple[tuple[str, tuple[MapCell, ...]], ...]
    """IoU threshold and cells of each row, falling."""


@dataclass(frozen=True)
class ThresholdsView(View):
    """The blocks, and maps below them."""

    maps: tuple[Map, ...]


def prepare(model: Model) -> ThresholdsView | None:
    """Return what a sweep found; None where no thresholds were swept."""
    found = model.document("sweeps", SweepResults)
    if found is None:
        return None
    axes, comparisons = found.axes, found.comparisons
    labels = not TASKS[found.task].has_boxes
    legible = len(axes.conf) * len(axes.iou) <= MOST_CELLS and not labels
    tuned = [tuned_row(name, each.tuning, labels=labels) for name, each in comparisons.items()]
    ranges = [range_row(name, each.cells, labels=labels) for name, each in comparisons.items()]
    tuned_header, range_header = (
        (LABELS_TUNED_HEADER, LABELS_RANGE_HEADER) if labels else (TUNED_HEADER, RANGE_HEADER)
    )
    details = (
        Text(labels_swept(found) if labels else boxes_swept(found)),
        Note(SAME_IMAGES),
        table("Other thresholds for the candidate alone", tuned_header, tuned),
        table("The same thresholds for both arms", range_header, ranges),
        *(
            Figure(path, LABEL_PLOTS if labels else PLOTS)
            for path in model.inputs.get("sweep_plots", ())
        ),
        *(Note(each) for each in found.notes),
    )
    return ThresholdsView(
        blocks=(
            Sentences(tuple(advice(comparisons))),
            Group(
                "Every threshold" if labels else "Every pair of thresholds", details, folded=True
            ),
        ),
        maps=tuple(map_of(name, each, axes) for name, each in comparisons.items() if legible),
    )


MOST_KEPT = 2
"""Sentences on thresholds to keep, of different reasons; chosen."""


def boxes_swept(found: SweepResults) -> str:
    """Return what was swept, and what F1 is."""
    pairs = count(len(found.axes.conf) * len(found.axes.iou), "pair")
    return (
        f"The candidates of {count(found.images, 'image')} were filtered at {pairs} of confidence "
        "and IoU thresholds, without running a network again. F1 is twice the number of matched "
        "pairs divided by the detections of both arms: 1 means every detection has a partner."
    )


def labels_swept(found: SweepResults) -> str:
    """Return what was swept of labels, and what F1 is."""
    values = count(len(found.axes.conf), "value")
    return (
        f"The labels of {count(found.images, 'image')} were counted at {values} of the confidence "
        "that a label must exceed, without running a network again. F1 is twice the number of "
        "labels that both arms give divided by the labels of both arms: 1 means both give the "
        "same labels."
    )


def advice(comparisons: Mapping[str, SweepComparison]) -> Iterator[str]:
    """Yield which thresholds to change, a sentence each, and then which to keep.

    The pair that agrees best, the brightest cell of a map, is named.
    """
    kept: dict[str, list[str]] = {}
    best_already, slightly = [], []
    for each in comparisons.values():
        now, best = each.tuning.operating, each.tuning.best
        if each.recommended != now:
            yield each.sentence
            continue
        if (best.conf, best.iou) == (now.conf, now.iou):
            best_already.append(each.candidate)
            continue
        iou = "" if best.iou == now.iou else f" and IoU {number(best.iou)}"
        reason = f"conf {number(best.conf)}{iou} agrees best with {each.reference}"
        kept.setdefault(f"{reason}, but not clearly better", []).append(each.candidate)
        slightly.append(best.conf)
    if len(kept) > MOST_KEPT:
        arms = [arm for own in kept.values() for arm in own]
        ends = dict.fromkeys((number(min(slightly)), number(max(slightly))))
        kept = {f"agreement is best at conf {' to '.join(ends)}, but not clearly better": arms}
    others = {arm for arms in kept.values() for arm in arms}
    if alone := [arm for arm in best_already if arm not in others]:
        kept["no other threshold agrees better"] = alone
    conf = next((number(each.tuning.operating.conf) for each in comparisons.values()), "")
    for reason, arms in kept.items():
        yield f"Keep conf {conf} for {listing(list(dict.fromkeys(arms)))}: {reason}."


def tuned_row(name: str, tuning: Tuning, *, labels: bool) -> tuple[str, ...]:
    """Return what the candidate of a comparison gives at its own thresholds; labels know no IoU."""
    now, conf, both = tuning.operating, tuning.best_conf, tuning.best
    pair = (f"{number(both.conf)}, {number(both.iou)}", *_differences(both))
    return (
        name,
        number(now.conf),
        *(() if labels else (number(now.iou),)),
        f"{now.matched:,}",
        *_differences(now),
        number(conf.conf),
        *_differences(conf),
        *(() if labels else pair),
    )


def range_row(name: str, cells: Sequence[Cell], *, labels: bool) -> tuple[str, ...]:
    """Return between which values the F1 of a comparison lies over the grid."""
    stated = [(cell.f1, cell) for cell in cells if cell.f1 is not None]
    if not stated:
        return (name, *["–"] * (4 if labels else 5))
    ends = min(stated, key=lambda pair: pair[0]), max(stated, key=lambda pair: pair[0])
    overlaps = [cell.mean_iou for _, cell in stated if cell.mean_iou is not None]
    return (
        name,
        *(
            text
            for f1, cell in ends
            for text in (four_decimals(f1), number(cell.conf) if labels else _place(cell))
        ),
        *(() if labels else (four_decimals(min(overlaps, default=None)),)),
    )


def map_of(name: str, comparison: SweepComparison, axes: Axes) -> Map:
    """Return F1 over the thresholds of the candidate, a row per IoU threshold.

    The columns are those of the grid, this run and the best pair.
    """
    run = (axes.operating_conf, axes.operating_iou)
    best = (comparison.tuning.best.conf, comparison.tuning.best.iou)
    shown = sorted({*axes.conf, run[0], best[0]})
    columns = [(conf, axes.tuned_conf.index(conf)) for conf in shown]
    return Map(
        comparison=name,
        conf=tuple(map(str, shown)),
        rows=tuple(
            (
                str(iou),
                tuple(
                    MapCell(_map_text(f1[k]), f1[k], (conf, iou) == run, (conf, iou) == best)
                    for conf, k in columns
                ),
            )
            for iou, f1 in reversed(list(zip(axes.tuned_iou, comparison.tuned_f1, strict=True)))
        ),
    )


def _map_text(f1: float | None) -> str:
    if f1 is None:
        return "–"
    return "1" if f1 == 1 else f"{min(f1, 0.999):.3f}".lstrip("0")


def _place(cell: Cell) -> str:
    return f"{number(cell.conf)}, {number(cell.iou)}"


def _differences(point: Point) -> tuple[str, ...]:
    return f"{point.missing:,}", f"{point.extra:,}", four_decimals(point.f1)


SECTIONS.add("thresholds", Section("Other thresholds", 60, prepare))
