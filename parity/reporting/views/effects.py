"""How far the arms differ: every comparison, its numbers, its kind of effect, and the causes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from parity.comparison.results import ComparisonResults, Distribution, Results
from parity.comparison.settings import GIVEN_ARM, Effect
from parity.comparison.tolerances import FLOAT32_ROUNDING
from parity.layers.results import LayerResults
from parity.reporting.equal_results import equal_groups, nameless
from parity.reporting.task_wording import MeasuredQuantity
from parity.reporting.verdict import (
    further_spreads,
    outcome_in_words,
    spread_of,
    tolerance_in_words,
    wording_of,
)
from parity.reporting.views.blocks import Figure, Group, Note, Table, table
from parity.reporting.views.causes import cause_blocks
from parity.reporting.views.section import SECTIONS, Model, Section, View
from parity.reporting.wording import count, number, reference_name
from parity.tasks.task import TASKS


@dataclass(frozen=True)
class EffectKind:
    """A kind of comparison: what people call it and what it shows."""

    title: str
    shows: str


EFFECT_KINDS: dict[Effect, EffectKind] = {
    "geometry": EffectKind(
        "Geometry",
        "PyTorch compared with PyTorch: the fixed input tensor of an export instead of the "
        "minimal rectangle that predict uses. No export is involved.",
    ),
    "runtime": EffectKind(
        "Runtime",
        "An export compared with PyTorch on the same input tensor: what the runtime and the "
        "model file change.",
    ),
    "deployment": EffectKind(
        "Deployment",
        "An export compared with predict in its default settings: what a user notices.",
    ),
    "external": EffectKind(
        "External",
        "Boxes of another program compared with PyTorch at the thresholds of that program.",
    ),
}
EFFECTS_OF_FILES: dict[Effect, EffectKind] = {
    "runtime": EffectKind(
        "Runtime",
        "A file compared with the reference, another file, on the same input tensor: what the "
        "runtime and the file change.",
    ),
    "external": EffectKind(
        "External",
        "Boxes of another program compared with the reference at the thresholds of that program.",
    ),
}
"""What the same kinds show where the reference is a file."""
EFFECTS_OF_LABELS: dict[Effect, EffectKind] = {
    "geometry": EffectKind(
        "Geometry",
        "PyTorch compared with PyTorch. A classifier always gets a square from the centre of the "
        "image, so both get the same input. No export is involved.",
    ),
}
"""What the same kinds show of a classifier."""


@dataclass(frozen=True)
class EqualComparisons:
    """Comparisons of equal numbers: their names, their arms, and one of them."""

    names: tuple[str, ...]
    reference: str
    candidates: tuple[str, ...]
    numbers: ComparisonResults


HEADER = (
    "comparison",
    "images that differ",
    "matched",
    "missing",
    "extra",
    "class-flipped",
    "read by one arm only",
)
COUNTED = (
    "An object is missing if only the reference detects it, and extra if only the candidate does. "
    "A class-flipped object, which both detect as different classes, counts as missing and as "
    "extra, too."
)
LABELS_COUNTED = (
    "A label counts where its probability exceeds the confidence threshold. It is missing if only "
    "the reference gives it, and extra if only the candidate does; class-flipped where another "
    "label takes its place, which counts as missing and as extra, too."
)
PLOTS = (
    "Detections of each arm; objects, box differences and score differences of each comparison; "
    "scores of both arms"
)


@dataclass(frozen=True)
class EffectsView(View):
    """The effects that were measured, and the comparisons that the page draws."""

    kinds: tuple[tuple[Effect, EffectKind], ...]
    rows: tuple[EqualComparisons, ...]
    """What the page draws, a row each."""


def prepare(model: Model) -> EffectsView:
    """Return every comparison in a figure and in numbers, and what causes the differences."""
    results = model.results
    comparisons = results.comparisons
    measured = {each.effect for each in comparisons.values()}
    has_boxes = TASKS[results.task].has_boxes
    told = EFFECT_KINDS | ({} if has_boxes else EFFECTS_OF_LABELS)
    told |= EFFECTS_OF_FILES if GIVEN_ARM in results.arms else {}
    kinds = tuple((effect, kind) for effect, kind in told.items() if effect in measured)
    tables = [effect_table(kind.title, effect, comparisons) for effect, kind in kinds]
    figures = [Figure(path, PLOTS) for path in model.inputs.get("plots", ())]
    counted = COUNTED if has_boxes else LABELS_COUNTED
    causes = tuple(cause_blocks(results, model.documents("layers", LayerResults)))
    return EffectsView(
        blocks=(
            *(Note(said) for said in (*below_floor(results), *tied(comparisons))),
            Group("What causes the differences", causes),
            Group("Every number of every comparison", (*tables, Note(counted)), folded=True),
            *([Group("Figures", tuple(figures), folded=True)] if figures else []),
        ),
        kinds=kinds,
        rows=tuple(equal_comparisons(comparisons)),
    )


def equal_comparisons(
    comparisons: Mapping[str, ComparisonResults],
) -> Iterator[EqualComparisons]:
    """Yield the comparisons of each row: those of equal numbers share one."""
    for names in equal_groups(comparisons, key=lambda name: nameless(comparisons[name])):
        one = comparisons[names[0]]
        candidates = tuple(comparisons[name].candidate for name in names)
        yield EqualComparisons(tuple(names), one.reference, candidates, one)


def below_floor(results: Results) -> Iterator[str]:
    """Yield a sentence on each deployment that keeps boxes below the reference's floor."""
    for each in results.comparisons.values():
        made_by = results.arms[each.reference].made_by
        floor, thresholds = made_by.floor or 0.0, made_by.thresholds
        if thresholds and thresholds.conf < floor:
            yield (
                f"{each.candidate} keeps boxes that score above {number(thresholds.conf)}, but "
                f"{reference_name(each.reference)}'s are stored only above {number(floor)} "
                "(candidates.floor); what scores less was not compared. Lower the floor to compare "
                "it."
            )


def tied(comparisons: Mapping[str, ComparisonResults]) -> Iterator[str]:
    """Yield a sentence on each comparison of detections whose scores tie where a list ends."""
    for name, each in comparisons.items():
        if each.tied:
            words = wording_of(each)
            ties = count(each.tied, f"{words.noun} is tied", f"{words.noun}s are tied")
            yield (
                f"{name}: {ties}, and only one arm reports each. Their scores lie within "
                f"{number(FLOAT32_ROUNDING.score)} of where a list ends, which is the confidence "
                "threshold or the last detection of an image that has max_det of them, so float32 "
                "rounding can decide which arm reports them. They count neither as missing nor as "
                "extra."
            )


def effect_table(title: str, effect: Effect, comparisons: Mapping[str, ComparisonResults]) -> Table:
    """Return the table of the comparisons that show an effect."""
    several = {name: each for name, each in comparisons.items() if each.effect == effect}
    words = [wording_of(each) for each in several.values()][:1]
    measured = words[0].quantities if words else ()
    further = list(dict.fromkeys(title for c in several.values() for title in further_spreads(c)))
    differences = [f"{words[0].title(quantity)}: largest / 95 %" for quantity in measured]
    overlap = ["mean IoU"] if "box_px" in measured else []
    more = [f"{title}: largest / 95 %" for title in further]
    header = [*HEADER, *differences, *overlap, *more, "tolerance", "result"]
    rows = [effect_row(name, each, measured, further) for name, each in several.items()]
    return table(title, header, rows)


def effect_row(
    name: str,
    comparison: ComparisonResults,
    measured: Sequence[MeasuredQuantity],
    further: Sequence[str],
) -> Iterable[str]:
    """Return the cells of a comparison.

    Parameters
    ----------
    name : str
        Its name.
    comparison : ComparisonResults
        Its numbers.
    measured, further : sequence of str
        Differences that a tolerance limits, and titles of those that none limits.
    """
    spread, more = comparison.distributions, further_spreads(comparison)
    decides = ", decides the verdict" if comparison.gated else ""
    counts = (comparison.missing, comparison.extra, comparison.flipped, comparison.unread)
    return (
        f"{name}: {comparison.candidate} vs. {comparison.reference}",
        f"{comparison.images_differing:,} of {comparison.images:,}",
        f"{comparison.matched:,}",
        *(f"{many:,}" for many in counts),
        *(_largest_and_p95(spread_of(comparison, quantity)) for quantity in measured),
        *([f"{spread.iou.mean:.4f}" if spread.iou else "–"] if "box_px" in measured else []),
        *(_largest_and_p95(more.get(title)) for title in further),
        tolerance_in_words(comparison.tolerance, comparison.task, comparison.rounding),
        outcome_in_words(comparison) + decides,
    )


def _largest_and_p95(values: Distribution | None) -> str:
    return f"{number(values.max)} / {number(values.p95)}" if values else "–"


SECTIONS.add("effects", Section("Effects", 70, prepare))
