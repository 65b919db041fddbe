"""The diagnoses of other people's boxes: what is wrong, how to fix it, and the evidence."""

from collections.abc import Iterator
from dataclasses import is_dataclass, replace
from typing import Any

from parity.diagnosis.document import (
    HARMLESS_SHAPES,
    BoxComparison,
    DiagnosisDocument,
    FoundFault,
    NamedFault,
    Undiagnosed,
    WaterfallStep,
    load_diagnosis,
)
from parity.diagnosis.languages import LANGUAGE_TITLES
from parity.diagnosis.stages import STAGE_TITLES
from parity.reporting.diagnosis_evidence import (
    box_count,
    evidence,
    open_questions,
    thresholds,
    undistinguished,
    unexplained,
)
from parity.reporting.diagnosis_steps import step_title
from parity.reporting.diagnosis_verdict import (
    Diagnosed,
    has_boxes,
    joint_effect,
    verdict_sentence,
    worst_first,
)
from parity.reporting.fault_wording import (
    LEAST_PX,
    LEAST_SCORE,
    effect,
    harmful,
    harmless,
    objects_of,
    proof_sentence,
)
from parity.reporting.task_wording import worded
from parity.reporting.views.blocks import (
    Block,
    Card,
    CodeTab,
    CodeTabs,
    CostLine,
    Crop,
    Fact,
    Facts,
    Figure,
    Group,
    Note,
    Sentences,
    Table,
    Text,
    table,
    without_dashes,
)
from parity.reporting.views.diagnosis_crops import crop_of, crop_of_rest
from parity.reporting.views.section import SECTIONS, Model, Section, View
from parity.reporting.waterfall import NOTHING_LOST
from parity.reporting.wording import (
    count,
    four_decimals,
    headline,
    number,
    percent,
    quality_in_words,
    reference_name,
)
from parity.tasks.task import TASKS

NOT_RUN = "Not run in the tests of yolo-parity."
ALL_FIXES = "The correct lines for all faults, in one piece"

FAULT_HEADER = (
    "fault",
    "objects lost",
    "objects added",
    "classes changed",
    "boxes moved: largest / median (px)",
    "scores changed: largest",
    "severity",
)
FIX_HEADER = (
    "matched",
    "missing",
    "extra",
    "class-flipped",
    "boxes: largest / median (px)",
    "scores: largest / median",
    "panoptic quality",
)
STEP_HEADER = ("step", "matched", "missing", "extra", "panoptic quality", "share of the loss")
SHAPE_COSTS = {
    "keypoint_px": ("{amount} px", "largest move of a keypoint"),
    "visibility": ("{amount}", "largest change of a visibility"),
    "angle": ("{amount}°", "largest turn of a box"),
    "mask": ("IoU {rest}", "of the mask that changes most"),
}
"""What a card says of each change of what a task adds to boxes, of its amount or of what it leaves
of 1."""

MEASURED_ALONE = "Each fault below is measured alone, as if all else were correct"
PLOT = "Boxes observed, reproduced and correct, and what each step costs"


def prepare(model: Model) -> View | None:
    """Return what the diagnoses of a model say, the worst first; None without any."""
    plots = model.files("diagnosis_plots")
    found = worst_first(map(load_diagnosis, model.files("diagnoses").values()))
    groups = []
    for place, each in enumerate(found):
        anchor = f"{model.anchor}-diagnosis-{each.external}"
        task = "detect" if isinstance(each, Undiagnosed) else each.task
        blocks = in_words_of(task, tuple(blocks_of(each, plots.get(each.external), anchor)))
        title = headline(verdict_sentence(each)) if len(found) > 1 else ""
        groups.append(Group(title, blocks, folded=place > 0, anchor=anchor))
    return View(tuple(groups)) if groups else None


def in_words_of(task: str, said: Any) -> Any:
    """Return blocks in the words of a task; code, and what names classes, stays as it is."""
    if isinstance(said, str):
        return worded(said, task)
    if isinstance(said, tuple):
        return tuple(in_words_of(task, each) for each in said)
    if task == "detect" or not is_dataclass(said) or isinstance(said, Crop | CodeTabs):
        return said
    kept = {"anchor", "path", "name"}
    changed = {k: in_words_of(task, v) for k, v in vars(said).items() if k not in kept}
    return replace(said, **changed)  # type: ignore[type-var]


def blocks_of(diagnosis: Diagnosed, plot: str | None, anchor: str) -> Iterator[Block]:
    """Yield what is said of one diagnosis: what is not explained, what matters, what is harmless.

    Parameters
    ----------
    diagnosis : DiagnosisDocument or Undiagnosed
        What ``diagnose`` wrote.
    plot : str, optional
        Its figure.
    anchor : str
        Its address on the page.
    """
    if isinstance(diagnosis, Undiagnosed):
        yield Text(diagnosis.reason)
        return
    if rest := tuple(unexplained(diagnosis)):
        yield Group("What is not explained", (Sentences(rest),))
        if example := crop_of_rest(diagnosis):
            yield example
        if diagnosis.ask:
            yield Group("How to learn more", (Sentences(diagnosis.ask),))
    cards = harmful(diagnosis)
    if len(cards) > 1:
        yield Note(f"{MEASURED_ALONE}; together, they {joint_effect(cards, diagnosis)}.")
    for place, fault in enumerate(cards, start=1):
        yield fault_card(fault, diagnosis, place, f"{anchor}-{place}")
    if len(cards) > 1 and diagnosis.fixes not in [fault.fixes for fault in cards]:
        yield Group(ALL_FIXES, (code_tabs(diagnosis, ALL_FIXES),), folded=True)
    differences = tuple(harmless_in_words(each) for each in harmless(diagnosis))
    choices = tuple(f"{each.title}: {each.wrong}" for each in diagnosis.choices)
    if differences:
        title = count(len(differences), "harmless difference")
        yield Group(title, (Sentences(differences),), folded=True)
    if choices:
        title = count(len(choices), "choice that does no harm", "choices that do no harm")
        yield Group(title, (Sentences(choices),), folded=True)
    if plot:
        yield Group("All steps in one picture", (Figure(plot, PLOT),), folded=True)
    yield Group("Evidence", tuple(evidence_blocks(diagnosis)), folded=True)


def evidence_blocks(diagnosis: DiagnosisDocument) -> Iterator[Block]:
    """Yield what speaks for the answer, and what stays open."""
    yield Sentences(tuple(evidence(diagnosis)))
    yield from fault_table(diagnosis)
    yield from effect_of_fix(diagnosis)
    asked = () if diagnosis.unexplained.stages else diagnosis.ask
    for title, sentences in (
        ("Thresholds", thresholds(diagnosis) if has_boxes(diagnosis) else ()),
        ("What these boxes cannot tell", open_questions(diagnosis)),
        ("How to learn more", asked),
        ("What was inferred", diagnosis.notes),
    ):
        if said := tuple(sentences):
            yield Group(title, (Sentences(said),))


def fault_card(fault: FoundFault, diagnosis: DiagnosisDocument, place: int, anchor: str) -> Card:
    """Return what is said of a fault that matters."""
    facts = {
        "What proves it": proof_sentence(fault.proof, box_count(diagnosis)),
        "Step": STAGE_TITLES[fault.stage],
        "Name in the configuration": fault.name,
        "Reported before": fault.reference,
    }
    return Card(
        title=f"{place}. {fault.title}",
        line=" ".join(filter(None, (fault.wrong, undistinguished(fault, diagnosis)))),
        anchor=anchor,
        costs=tuple(costs_of(fault, diagnosis)),
        crop=crop_of(fault, diagnosis),
        fix=fault.fix,
        code=code_tabs(fault, f"Correct lines: {fault.title}") if fault.fixes else None,
        proof=(Facts(tuple(Fact(name, value) for name, value in facts.items() if value)),),
    )


def costs_of(fault: FoundFault, diagnosis: DiagnosisDocument) -> Iterator[CostLine]:
    """Yield what a fault costs by itself."""
    found, objects = fault.severity, diagnosis.fix_effect.before.reference
    if found.lost:
        yield CostLine(f"{found.lost:,} of {objects:,}", "objects lost")
    if found.added:
        yield CostLine(f"{found.added:,}", "objects added")
    if found.renamed:
        yield CostLine(f"{found.renamed:,}", "objects of another class")
    if found.box_px >= LEAST_PX:
        yield CostLine(f"{number(found.box_px)} px", "largest move of a box")
    counted = found.lost or found.added or found.renamed
    for name, (many, what) in SHAPE_COSTS.items():
        amount = found.shapes.get(name, 0.0)
        if amount >= HARMLESS_SHAPES[name]:
            said = many.format(amount=number(amount), rest=number(1 - amount))
            yield CostLine(said, what)
    if found.score >= LEAST_SCORE and not counted:
        yield CostLine(number(found.score), "largest change of a score")


def harmless_in_words(fault: FoundFault) -> str:
    """Return a harmless difference in a line."""
    does = effect(fault.severity, 0, thorough=True)
    return f"{fault.title}: {fault.wrong} It {does}."


def code_tabs(found: NamedFault | DiagnosisDocument, label: str) -> CodeTabs:
    """Return the right lines for a fault, or for all of them, in every language."""
    tabs = [
        CodeTab(each, LANGUAGE_TITLES[each], lines, "" if each in found.run else NOT_RUN)
        for each, lines in found.fixes.items()
    ]
    return CodeTabs(label, tuple(tabs))


def fault_table(diagnosis: DiagnosisDocument) -> Iterator[Table]:
    """Yield a table of what each of several faults does by itself."""
    faults = [*harmful(diagnosis), *harmless(diagnosis)]
    if len(faults) > 1:
        rows = [fault_row(fault, diagnosis.task) for fault in faults]
        yield table("What each fault does by itself", *without_dashes(FAULT_HEADER, rows))


def fault_row(fault: FoundFault, task: str) -> tuple[str, ...]:
    """Return the cells of a fault."""
    found = fault.severity
    return (
        fault.title,
        *(f"{many:,}" for many in (found.lost, found.added, found.renamed)),
        px_cell(found.box_px, found.box_px_median, task),
        number(found.score),
        "harmless" if found.harmless else "harmful",
    )


def effect_of_fix(diagnosis: DiagnosisDocument) -> Iterator[Block]:
    """Yield what the fix does, compared with the reference, and what each step loses on the way."""
    effects, wrong = diagnosis.fix_effect, diagnosis.verdict == "explained"
    run = diagnosis.fixed.get("network", diagnosis.export)
    after = "after the fix" if wrong else f"{run}, run correctly"
    before = "the observed boxes" if has_boxes(diagnosis) else "boxes of the reproduced input"
    rows = [
        (before, *compared_cells(effects.before, diagnosis.task)),
        (after, *compared_cells(effects.after, diagnosis.task)),
    ]
    reference = reference_name(diagnosis.reference)
    title = "Effect of the fix" if wrong else f"Comparison with {reference}"
    caption = "Before and after" if wrong else f"Both compared with {reference}"
    cells = without_dashes((f"compared with {reference}", *FIX_HEADER), rows)
    yield Group(title, (table(caption, *cells), Note(quality_in_words(diagnosis.task))))
    if any(abs(s.lost) > NOTHING_LOST for s in diagnosis.waterfall if s.kind != "rounding"):
        steps = [step_row(step, diagnosis) for step in diagnosis.waterfall]
        yield table(f"From {reference} to these boxes, one step at a time", STEP_HEADER, steps)


def px_cell(largest: float | None, median: float | None, task: str) -> str:
    """Return how far boxes moved, px; a dash where a task has none."""
    return f"{number(largest)} / {number(median)}" if TASKS[task].has_boxes else "–"


def compared_cells(found: BoxComparison, task: str) -> tuple[str, ...]:
    """Return the cells of some boxes compared with the reference."""
    return (
        f"{found.matched:,} of {found.reference:,}",
        *(f"{many:,}" for many in objects_of(found)),
        px_cell(found.box_px, found.box_px_median, task),
        f"{number(found.score)} / {number(found.score_median)}",
        four_decimals(found.panoptic_quality),
    )


def step_row(step: WaterfallStep, diagnosis: DiagnosisDocument) -> tuple[str, ...]:
    """Return the cells of a step from the reference to the observed boxes."""
    return (
        step_title(step, diagnosis),
        *(f"{many:,}" for many in (step.matched, step.missing, step.extra)),
        four_decimals(step.panoptic_quality),
        percent(step.share),
    )


SECTIONS.add("diagnosis", Section("Diagnosis", 10, prepare))
