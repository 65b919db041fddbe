"""The diagnoses of other people's boxes: what is wrong, how to fix it, and the evidence."""

from collections.abc import Iterator

from parity.diagnosis.document import (
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
    inferred,
    open_questions,
    thresholds,
    unexplained,
)
from parity.reporting.diagnosis_steps import step_title
from parity.reporting.diagnosis_verdict import (
    Diagnosed,
    arm_of,
    has_boxes,
    verdict_sentence,
    worst_first,
)
from parity.reporting.fault_wording import effect, harmful, harmless, proof_sentence
from parity.reporting.views.blocks import (
    Block,
    CodeTab,
    CodeTabs,
    Fact,
    Facts,
    Figure,
    Group,
    Note,
    Sentences,
    Table,
    Text,
    table,
)
from parity.reporting.views.section import SECTIONS, Model, Section, View
from parity.reporting.waterfall import NOTHING_LOST
from parity.reporting.wording import (
    PANOPTIC_QUALITY,
    four_decimals,
    number,
    percent,
)

NOT_RUN = "Not run in the tests of yolo-parity."

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
    "compared with PyTorch",
    "matched",
    "missing",
    "extra",
    "class-flipped",
    "boxes: largest / median (px)",
    "scores: largest / median",
    "panoptic quality",
)
STEP_HEADER = ("step", "matched", "missing", "extra", "panoptic quality", "share of the loss")
PLOT = "Boxes observed, reproduced and correct, and what each step costs"


def prepare(model: Model) -> View | None:
    """Return what the diagnoses of a model say, the worst first; None without any."""
    plots = model.files("diagnosis_plots")
    found = worst_first(map(load_diagnosis, model.files("diagnoses").values()))
    groups = [
        Group(arm_of(each), tuple(blocks_of(each, plots.get(each.external)))) for each in found
    ]
    return View(tuple(groups)) if groups else None


def blocks_of(diagnosis: Diagnosed, plot: str | None) -> Iterator[Block]:
    """Yield what is said of one diagnosis: what is not explained, what matters, what is harmless.

    Parameters
    ----------
    diagnosis : DiagnosisDocument or Undiagnosed
        What ``diagnose`` wrote.
    plot : str, optional
        Its figure.
    """
    yield Text(verdict_sentence(diagnosis), bold=True)
    if isinstance(diagnosis, Undiagnosed):
        return
    if rest := tuple(unexplained(diagnosis)):
        yield Group("What is not explained", (Sentences(rest),))
        if diagnosis.ask:
            yield Group("How to learn more", (Sentences(diagnosis.ask),))
    for place, fault in enumerate(harmful(diagnosis), start=1):
        yield Group(f"{place}. {fault.title}", tuple(fault_blocks(fault, diagnosis)))
    if more := harmless(diagnosis):
        cards = [Group(each.title, tuple(fault_blocks(each, diagnosis))) for each in more]
        yield Group("Harmless differences", tuple(cards), folded=True)
    if plot:
        yield Figure(plot, PLOT)
    yield Group("Evidence", (Sentences(tuple(evidence(diagnosis))), *fault_table(diagnosis)))
    if has_boxes(diagnosis):
        yield Group("Thresholds", (Sentences(tuple(thresholds(diagnosis))),))
    yield from effect_of_fix(diagnosis)
    for title, sentences in (
        ("What these boxes cannot tell", open_questions(diagnosis)),
        ("How to learn more", () if rest else diagnosis.ask),
        ("What was inferred", inferred(diagnosis)),
    ):
        if said := tuple(sentences):
            yield Group(title, (Sentences(said),))


def fault_blocks(fault: FoundFault, diagnosis: DiagnosisDocument) -> Iterator[Block]:
    """Yield what is said of a fault."""
    proof = proof_sentence(fault.proof, box_count(diagnosis))
    facts = {
        "What differs" if fault.severity.harmless else "What is wrong": fault.wrong,
        "What it costs": cost_in_words(fault, diagnosis),
        "Proof": proof,
        "How to fix it": fault.fix,
        "Step": STAGE_TITLES[fault.stage],
        "Name in the configuration": fault.name,
        "Reported before": fault.reference,
    }
    yield Facts(tuple(Fact(name, value) for name, value in facts.items() if value))
    if fault.fixes:
        yield fix_of(fault)


def fix_of(fault: NamedFault) -> CodeTabs:
    """Return the right lines for a fault in every language."""
    tabs = [
        CodeTab(each, LANGUAGE_TITLES[each], lines, "" if each in fault.run else NOT_RUN)
        for each, lines in fault.fixes.items()
    ]
    return CodeTabs(f"Correct lines: {fault.title}", tuple(tabs))


def cost_in_words(fault: FoundFault, diagnosis: DiagnosisDocument) -> str:
    """Return what a fault costs alone, and its part of all that is lost here."""
    objects = diagnosis.fix_effect.before.reference
    said = f"Alone, it {effect(fault.severity, objects, thorough=True)}."
    share = next((s.share for s in diagnosis.waterfall if s.name == fault.name), None)
    if share is None or fault.severity.harmless:
        return said
    if share < 0:
        return f"{said} Here it makes up for {percent(-share)} of what other steps lose."
    return f"{said} Here it accounts for {percent(share)} of what is lost."


def fault_table(diagnosis: DiagnosisDocument) -> Iterator[Table]:
    """Yield a table of what each of several faults does by itself."""
    faults = [*harmful(diagnosis), *harmless(diagnosis)]
    if len(faults) > 1:
        rows = [fault_row(fault) for fault in faults]
        yield table("What each fault does by itself", FAULT_HEADER, rows)


def fault_row(fault: FoundFault) -> tuple[str, ...]:
    """Return the cells of a fault."""
    found = fault.severity
    return (
        fault.title,
        *(f"{many:,}" for many in (found.lost, found.added, found.renamed)),
        f"{number(found.box_px)} / {number(found.box_px_median)}",
        number(found.score),
        "harmless" if found.harmless else "harmful",
    )


def effect_of_fix(diagnosis: DiagnosisDocument) -> Iterator[Block]:
    """Yield what the fix does, compared with PyTorch, and what each step loses on the way."""
    effects, wrong = diagnosis.fix_effect, diagnosis.verdict == "explained"
    run = diagnosis.fixed.get("network", diagnosis.export)
    after = "after the fix" if wrong else f"{run}, run correctly"
    before = "the observed boxes" if has_boxes(diagnosis) else "boxes of the reproduced input"
    rows = [
        (before, *compared_cells(effects.before)),
        (after, *compared_cells(effects.after)),
    ]
    title = "Effect of the fix" if wrong else "Comparison with PyTorch"
    caption = "Before and after" if wrong else "Both compared with PyTorch"
    yield Group(title, (table(caption, FIX_HEADER, rows), Note(PANOPTIC_QUALITY)))
    if any(abs(s.lost) > NOTHING_LOST for s in diagnosis.waterfall if s.kind != "rounding"):
        steps = [step_row(step, diagnosis) for step in diagnosis.waterfall]
        yield table("From PyTorch to these boxes, one step at a time", STEP_HEADER, steps)


def compared_cells(found: BoxComparison) -> tuple[str, ...]:
    """Return the cells of some boxes compared with PyTorch."""
    return (
        f"{found.matched:,} of {found.reference:,}",
        *(f"{many:,}" for many in (found.missing, found.extra, found.flipped)),
        f"{number(found.box_px)} / {number(found.box_px_median)}",
        f"{number(found.score)} / {number(found.score_median)}",
        four_decimals(found.panoptic_quality),
    )


def step_row(step: WaterfallStep, diagnosis: DiagnosisDocument) -> tuple[str, ...]:
    """Return the cells of a step from PyTorch to the observed boxes."""
    return (
        step_title(step, diagnosis),
        *(f"{many:,}" for many in (step.matched, step.missing, step.extra)),
        four_decimals(step.panoptic_quality),
        percent(step.share),
    )


SECTIONS.add("diagnosis", Section("Diagnosis", 30, prepare))
