"""What speaks for a diagnosis, and what it leaves open, in sentences."""

from collections.abc import Iterator, Sequence

from parity.diagnosis.document import (
    Alternative,
    DiagnosisDocument,
    FoundFault,
    Severity,
    Threshold,
    ThresholdRange,
)
from parity.reporting.diagnosis_verdict import arrays_in_words, cause_in_words, has_boxes
from parity.reporting.fault_wording import harmful
from parity.reporting.wording import (
    as_sentence,
    capitalised,
    ceiling,
    count,
    number,
    percent,
    reference_name,
)
from parity.sentences import listing
from parity.tasks.task import TASKS

MOST_ALTERNATIVES = 5
MOST_TITLES = 10

SHAPE_SUBJECTS = {
    "mask": ("masks", " (1 − IoU)"),
    "keypoint_px": ("keypoints", " px"),
    "visibility": ("visibilities", ""),
    "angle": ("angles", " degrees"),
}
"""What differs where a task adds something to boxes, and its unit; probabilities are scores."""

THRESHOLD_TITLES: dict[Threshold, str] = {
    "conf": "Confidence threshold",
    "iou": "IoU threshold",
    "max_det": "Maximum number of boxes",
}


def unexplained(diagnosis: DiagnosisDocument) -> Iterator[str]:
    """Yield what is not explained, where its cause lies and what commonly causes it."""
    left = diagnosis.unexplained
    if not left.stages:
        return
    if has_boxes(diagnosis) and not (left.observed or left.predicted):
        yield (
            "All boxes follow from the arrays that you provided, but "
            f"{arrays_in_words(diagnosis)} not those that the named deployment makes."
        )
    elif has_boxes(diagnosis):
        observed = count(box_count(diagnosis), "observed box", "observed boxes")
        first = f"{percent(left.observed)} of the {observed} are not"
        if left.observed in (0, 1):
            first = f"{'none' if left.observed else 'each'} of the {observed} is"
        link = "and" if left.observed else "but"
        missing = f", {link} {percent(left.predicted)} of the expected boxes were not observed"
        yield as_sentence(
            f"{first} reproduced to the last digit{missing if left.predicted else ''}"
        )
        yield rest_effect(left.severity)
    if where := cause_in_words(left.stages):
        yield as_sentence(where)
    yield from left.reasons
    possible = [name for name in diagnosis.undecided if diagnosis.stages.get(name) in left.stages]
    if possible and diagnosis.verdict != "not_explained":
        yield f"Possible there, but not proved by these boxes: {in_words(possible, diagnosis)}."


def rest_effect(found: Severity) -> str:
    """Return how the observed boxes differ from what is explained, in a sentence."""
    nouns = {"missing": found.lost, "unexpected": found.added, "of another class": found.renamed}
    said = [
        f"{count(many, 'object')} {'is' if many == 1 else 'are'} {what}"
        for what, many in nouns.items()
        if many
    ]
    differ = listing([*_differences(found)]) or "numbers differ by no more than their rounding"
    if found.harmless:
        return f"This is harmless in these images: no object is lost, and {differ}."
    return as_sentence("; ".join(filter(None, (listing(said), differ))))


def _differences(found: Severity) -> Iterator[str]:
    """Yield by how much the numbers differ: "boxes differ by up to 2 px", "scores by up to 0.1"."""
    median = f" px (median {number(found.box_px_median)} px)"
    amounts = [("boxes", found.box_px, median), ("scores", found.score, "")]
    amounts += [
        (subject, found.shapes.get(name, 0.0), unit)
        for name, (subject, unit) in SHAPE_SUBJECTS.items()
    ]
    verb = " differ"
    for subject, most, unit in amounts:
        if most:
            yield f"{subject}{verb} by up to {number(most)}{unit}"
            verb = ""


def box_count(diagnosis: DiagnosisDocument) -> int:
    """Return the number of observed boxes."""
    observed = diagnosis.fix_effect.before
    return observed.matched + observed.extra


def evidence(diagnosis: DiagnosisDocument) -> Iterator[str]:
    """Yield what speaks for the answer, a sentence each."""
    looked_at, stated = len(diagnosis.images), diagnosis.images_stated
    images = count(looked_at, "image")
    yield from diagnosis.readings
    if has_boxes(diagnosis):
        if looked_at < stated:
            images += f" (those that tell most, out of {stated:,})"
        yield from shares_reproduced(diagnosis, images)
    else:
        yield f"The arrays of {images} were compared; no boxes were provided."
    if diagnosis.network != diagnosis.export:
        yield f"The numbers are those of the export `{diagnosis.network}`."
    ended = "" if diagnosis.complete else " and stopped because its budget was used up"
    yield f"The search ran the network {times(diagnosis.network_runs)}{ended}."


def shares_reproduced(diagnosis: DiagnosisDocument, images: str) -> Iterator[str]:
    """Yield how many of the boxes are reproduced, with the faults and without them."""
    found, plain = diagnosis.reproduced, diagnosis.reproduced_by_correct
    boxes = count(box_count(diagnosis), "box", "boxes")
    exact, correct = f"{percent(found.exact)} to the last digit", "correct deployment"
    if not diagnosis.faults:
        yield (
            f"Of {boxes} in {images}, the {correct} of {diagnosis.network} reproduces {exact} and "
            f"{percent(found.close)} closely."
        )
    else:
        noun = "fault" if harmful(diagnosis) else "difference"
        faults = f"this {noun}" if len(diagnosis.faults) == 1 else f"these {noun}s"
        yield (
            f"Of {boxes} in {images}, the deployment with {faults} reproduces {exact} and "
            f"{percent(found.close)} closely; the {correct} reproduces {percent(plain.exact)} and "
            f"{percent(plain.close)}."
        )
    of_boxes = f"{ceiling(found.box_px)} px and " if TASKS[diagnosis.task].has_boxes else ""
    yield f"The median remaining difference is {of_boxes}{ceiling(found.score)} in score."
    if found.predicted < 1:
        yield f"{percent(found.predicted)} of the boxes that it predicts were observed."


def times(many: int) -> str:
    """Return how often something was done."""
    return "once" if many == 1 else f"{many:,} times"


def thresholds(diagnosis: DiagnosisDocument) -> Iterator[str]:
    """Yield what the boxes say of each threshold, and at which ones the reference is compared.

    Where nothing is explained, the boxes say nothing of thresholds either.
    """
    said = {} if diagnosis.verdict == "not_explained" else THRESHOLD_TITLES
    for name, title in said.items():
        if name in diagnosis.thresholds:
            yield f"{title}: {threshold_in_words(diagnosis.thresholds[name])}."
    used = diagnosis.fix_effect.thresholds
    iou = f", IoU {number(used.iou)}" if TASKS[diagnosis.task].has_boxes else ""
    yield (
        f"{capitalised(reference_name(diagnosis.reference))} is compared at conf "
        f"{number(used.conf)}{iou} and max_det {used.max_det}."
    )


def threshold_in_words(found: ThresholdRange) -> str:
    """Return the values of a threshold that the boxes allow: "0.45 to 0.61, popular: 0.5"."""
    allowed, used = found.in_words, number(found.used)
    if found.contradicted and found.declared is not None:
        return f"{allowed}, which contradicts the declared {number(found.declared)}"
    if found.declared is not None:
        return f"{allowed}, declared: {number(found.declared)}"
    return allowed if allowed == used else f"{allowed}, popular: {used}"


def open_questions(diagnosis: DiagnosisDocument) -> Iterator[str]:
    """Yield what these boxes cannot tell, a sentence each; nothing where nothing is explained."""
    if diagnosis.verdict == "not_explained":
        return
    if diagnosis.equivalents:
        said = dict.fromkeys(alternative_in_words(e, diagnosis) for e in diagnosis.equivalents)
        others = "; or ".join([*said][:MOST_ALTERNATIVES])
        yield f"Other explanations fit these boxes equally well: {others}."
    if diagnosis.undecided:
        yield (
            "These faults may be present, too; these boxes neither prove them nor rule them out: "
            f"{in_words(diagnosis.undecided, diagnosis)}."
        )


def alternative_in_words(other: Alternative, diagnosis: DiagnosisDocument) -> str:
    """Return by what another explanation differs from the one that is named."""
    more, less = named_otherwise(other, diagnosis)
    if not more:
        return f"the same without {in_words(less, diagnosis)}"
    if not less:
        return in_words(more, diagnosis) + (" as well" if diagnosis.faults else "")
    return f"{in_words(more, diagnosis)} instead of {in_words(less, diagnosis)}"


def named_otherwise(
    other: Alternative, diagnosis: DiagnosisDocument
) -> tuple[list[str], list[str]]:
    """Return the names of the faults that only another explanation, or only the answer, names."""
    own = [fault.name for fault in diagnosis.faults if fault.stage != "thresholds"]
    known = {*own, *(choice.name for choice in diagnosis.choices)}
    more = [name for name in other.faults if name not in known]
    return more, [name for name in own if name not in other.faults]


def undistinguished(fault: FoundFault, diagnosis: DiagnosisDocument) -> str:
    """Return what these boxes cannot tell from a fault, in a sentence; empty without any."""
    differences = [named_otherwise(other, diagnosis) for other in diagnosis.equivalents]
    instead = [more[0] for more, less in differences if len(more) == 1 and less == [fault.name]]
    if not instead:
        return ""
    return f"These boxes cannot tell it from {in_words([*dict.fromkeys(instead)], diagnosis)}."


def in_words(faults: Sequence[str], diagnosis: DiagnosisDocument) -> str:
    """Return faults, given by name, by their quoted titles."""
    titles = [f'"{diagnosis.titles.get(name, name)}"' for name in faults]
    return listing(titles, limit=MOST_TITLES) or "no fault"
