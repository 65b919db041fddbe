"""The diagnoses of other people's boxes: what is wrong, how to fix it, and the evidence."""

from collections.abc import Iterator

from parity.diagnosis.document import (
    BoxComparison,
    DiagnosisDocument,
    NamedFault,
    Severity,
    Undiagnosed,
    WaterfallStep,
    load_diagnosis,
)
from parity.diagnosis.languages import LANGUAGE_TITLES
from parity.diagnosis.stages import STAGE_TITLES
from parity.reporting.diagnosis_verdict import arm_of, in_words, step_title, verdict_sentence
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
    Text,
    table,
)
from parity.reporting.views.section import SECTIONS, Model, Section, View
from parity.reporting.waterfall import NOTHING_LOST
from parity.reporting.wording import (
    PANOPTIC_QUALITY,
    ceiling,
    count,
    four_decimals,
    listing,
    number,
    percent,
)

MOST_ALTERNATIVES = 5
OBJECTS = ("lost", "added", "renamed")

NOT_RUN = "Not run in the tests of yolo-parity."

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
THRESHOLD_WORDS = {"conf": "conf", "iou": "IoU", "max_det": "max_det"}
PLOT = "Boxes observed, reproduced and correct, and what each step costs"


def prepare(model: Model) -> View | None:
    """Return what the diagnoses of a model say; None without any."""
    plots = model.files("diagnosis_plots")
    found = {name: load_diagnosis(path) for name, path in model.files("diagnoses").items()}
    groups = [
        Group(arm_of(each), tuple(blocks_of(each, plots.get(name)))) for name, each in found.items()
    ]
    return View(tuple(groups)) if groups else None


def blocks_of(diagnosis: DiagnosisDocument | Undiagnosed, plot: str | None) -> Iterator[Block]:
    """Yield what is said of one diagnosis.

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
    if plot:
        yield Figure(plot, PLOT)
    shares = {step.name: step.share for step in diagnosis.waterfall if step.name}
    for place, fault in enumerate(diagnosis.faults, start=1):
        cost = cost_in_words(shares.get(fault.name), fault.severity)
        yield Group(f"{place}. {fault.title}", tuple(fault_blocks(fault, cost)))
    yield Group("Evidence", (Sentences(tuple(evidence(diagnosis))),))
    yield effect_of_fix(diagnosis)
    if any(abs(s.lost) > NOTHING_LOST for s in diagnosis.waterfall if s.kind != "rounding"):
        rows = [step_row(step, diagnosis) for step in diagnosis.waterfall]
        yield table("From PyTorch to these boxes, one step at a time", STEP_HEADER, rows)
    for title, sentences in (
        ("What these boxes cannot tell", open_questions(diagnosis)),
        ("How to learn more", diagnosis.ask),
        ("What was inferred", [*harmless_choices(diagnosis), *diagnosis.notes]),
    ):
        if sentences:
            yield Group(title, (Sentences(tuple(sentences)),))


def fault_blocks(fault: NamedFault, cost: str) -> Iterator[Block]:
    """Yield what is said of a fault."""
    facts = [
        Fact("Stage", STAGE_TITLES[fault.stage]),
        Fact("What is wrong", fault.wrong),
        Fact("How to fix it", fault.fix),
        Fact("What it costs", cost),
        Fact("Name in the configuration", fault.name),
    ]
    if fault.reference:
        facts.append(Fact("Reported before", fault.reference))
    yield Facts(tuple(facts))
    if fault.fixes:
        yield fix_of(fault)


def fix_of(fault: NamedFault) -> CodeTabs:
    """Return the right lines for a fault in every language."""
    tabs = [
        CodeTab(each, LANGUAGE_TITLES[each], lines, "" if each in fault.run else NOT_RUN)
        for each, lines in fault.fixes.items()
    ]
    return CodeTabs(f"Correct lines: {fault.title}", tuple(tabs))


def cost_in_words(share: float | None, severity: Severity) -> str:
    """Return what a fault costs.

    Parameters
    ----------
    share : float or None
        Its part of the panoptic quality that is lost when faults are added in the order of the
        stages.
    severity : Severity
        What it does as the only fault.
    """
    objects = listing(
        [f"{many:,} {what}" for what, many in vars(severity).items() if what in OBJECTS and many]
    )
    moved = f"moves boxes by up to {number(severity.box_px)} px"
    said = f"As the only fault, it {moved}" + (f"; objects: {objects}" if objects else "")
    if share is None:
        return f"{said}."
    return f"{said}. Here it accounts for {percent(share)} of what is lost."


def evidence(diagnosis: DiagnosisDocument) -> Iterator[str]:
    """Yield what speaks for the answer, a sentence each."""
    found, plain = diagnosis.reproduced, diagnosis.reproduced_by_correct
    observed = diagnosis.waterfall[-1]
    boxes = count(observed.matched + observed.extra, "box", "boxes")
    looked_at, stated = len(diagnosis.images), diagnosis.images_stated
    images = count(looked_at, "image")
    if looked_at < stated:
        images += f" (those that tell most, out of {stated:,})"
    yield (
        f"Of {boxes} in {images}, this explanation reproduces {percent(found.exact)} to the last "
        f"digit given and {percent(found.close)} closely; the correct deployment reproduces "
        f"{percent(plain.exact)} and {percent(plain.close)}."
    )
    yield (
        f"The median remaining difference is {ceiling(found.box_px)} px and "
        f"{ceiling(found.score)} in score."
    )
    if found.predicted < 1:
        yield f"{percent(found.predicted)} of the boxes that it predicts were observed."
    ended = "" if diagnosis.complete else " and stopped because its budget was used up"
    yield f"The search ran the network {times(diagnosis.network_runs)}{ended}."


def times(many: int) -> str:
    """Return how often something was done."""
    return "once" if many == 1 else f"{many:,} times"


def open_questions(diagnosis: DiagnosisDocument) -> list[str]:
    """Return what these boxes cannot tell, a sentence each."""
    said = []
    if diagnosis.equivalents:
        others = "; or ".join(
            in_words(other.faults, diagnosis) for other in diagnosis.equivalents[:MOST_ALTERNATIVES]
        )
        said.append(f"Other explanations fit these boxes equally well: {others}.")
    if diagnosis.undecided:
        said.append(
            "These faults may be present, too, because they change nothing in these images: "
            f"{in_words(diagnosis.undecided, diagnosis)}."
        )
    return said


def harmless_choices(diagnosis: DiagnosisDocument) -> Iterator[str]:
    """Yield what was inferred of the deployment that is no fault, a sentence each."""
    for each in diagnosis.choices:
        yield f"{each.title} (harmless): {each.wrong}"
    thresholds = diagnosis.fix_effect.thresholds
    said = listing(
        [
            f"{word} {number(getattr(thresholds, name))} "
            f"({'not ' if getattr(diagnosis.declared, name) is None else ''}declared)"
            for name, word in THRESHOLD_WORDS.items()
        ]
    )
    yield f"PyTorch is compared at the thresholds of {arm_of(diagnosis)}: {said}."


def effect_of_fix(diagnosis: DiagnosisDocument) -> Group:
    """Return the observed boxes and those of the fixed deployment, compared with PyTorch."""
    effect, wrong = diagnosis.fix_effect, bool(diagnosis.faults)
    after = "after the fix" if wrong else f"{diagnosis.export}, run correctly"
    rows = [
        ("the observed boxes", *compared_cells(effect.before)),
        (after, *compared_cells(effect.after)),
    ]
    title = "Effect of the fix" if wrong else "Comparison with PyTorch"
    caption = "Before and after" if wrong else "Both compared with PyTorch"
    return Group(title, (table(caption, FIX_HEADER, rows), Note(PANOPTIC_QUALITY)))


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
