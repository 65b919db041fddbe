"""The faults of a diagnosis in words: what they do to these images, and what proves them."""

import re
from collections.abc import Iterable

from parity.diagnosis.document import (
    HARMLESS_PX,
    HARMLESS_SHAPES,
    BoxComparison,
    DiagnosisDocument,
    FoundFault,
    Proof,
    Severity,
)
from parity.reporting.wording import as_sentence, count, number
from parity.sentences import listing

LEAST_SCORE = 0.01
"""Change of a score that is worth a word beside a move of boxes; chosen."""

TELLING_FACTOR = 2.0
"""Factor by which differences shrink that is worth a word; chosen."""

SHAPES = {
    "keypoint_px": "move{s} keypoints by up to {amount} px",
    "visibility": "change{s} visibilities by up to {amount}",
    "angle": "turn{s} boxes by up to {amount} degrees",
    "mask": "reduce{s} the IoU of masks to {rest} at worst",
}
"""What is said of each change of :data:`parity.diagnosis.document.HARMLESS_SHAPES`, of its amount
or of what it leaves of 1; probabilities are called scores."""

LEAST_PX = 0.001
"""Move of a box that is worth a word, px; chosen: three decimals are what programs print."""


def harmful(diagnosis: DiagnosisDocument) -> tuple[FoundFault, ...]:
    """Return the faults that matter, the worst first."""
    return tuple(f for f in by_severity(diagnosis.faults) if not f.severity.harmless)


def harmless(diagnosis: DiagnosisDocument) -> tuple[FoundFault, ...]:
    """Return the faults that lose nothing and move no box by a px, the largest first."""
    return tuple(f for f in by_severity(diagnosis.faults) if f.severity.harmless)


def by_severity(faults: Iterable[FoundFault]) -> list[FoundFault]:
    """Return faults by what they do: to objects first, then to their places, then to scores.

    A move of a box and a change of what a task adds to it count by how far they exceed what is
    harmless.
    """

    def rank(fault: FoundFault) -> tuple[float, ...]:
        found = fault.severity
        shapes = [amount / HARMLESS_SHAPES[name] for name, amount in found.shapes.items()]
        objects = found.lost + found.added + found.renamed
        return -objects, -max(found.box_px / HARMLESS_PX, *shapes, 0.0), -found.score

    return sorted(faults, key=rank)


def titles_of(faults: Iterable[FoundFault], *, limit: int = 10) -> str:
    """Return the quoted titles of faults as part of a sentence, at most so many of them."""
    return listing([f'"{fault.title}"' for fault in faults], limit=limit)


def together(faults: tuple[FoundFault, ...], diagnosis: DiagnosisDocument) -> Severity:
    """Return what some faults of a diagnosis do together.

    Several are measured as the waterfall adds them, from the step before the first to the last. An
    amount that does not grow there is the largest that one of them reaches alone.
    """
    if len(faults) == 1:
        return faults[0].severity
    names = {fault.name for fault in faults}
    steps = diagnosis.waterfall
    places = [place for place, step in enumerate(steps) if step.name in names]
    if not places:
        return Severity()
    first = steps[places[0] - 1] if places[0] else None
    last = steps[places[-1]]
    objects = (max(b - a, 0) for a, b in zip(objects_of(first), objects_of(last), strict=True))
    before, after = _amounts(first or Severity()), _amounts(last)
    alone = [_amounts(fault.severity) for fault in faults]
    grown = {
        name: most if most > before.get(name, 0.0) else max(own.get(name, 0.0) for own in alone)
        for name, most in after.items()
    }
    lost, added, renamed = objects
    box_px, median, score = (grown.pop(name) for name in BOX_AMOUNTS)
    return Severity(lost, added, renamed, box_px, median, score, grown)


BOX_AMOUNTS = ("box_px", "box_px_median", "score")


def _amounts(found: BoxComparison | Severity) -> dict[str, float]:
    """Return by how much boxes, scores and what a task adds to them differ."""
    return {name: getattr(found, name) or 0.0 for name in BOX_AMOUNTS} | found.shapes


def objects_of(found: BoxComparison | None) -> tuple[int, int, int]:
    """Return how many objects are lost, added and of another class; a class counts once."""
    if found is None:
        return 0, 0, 0
    return found.missing - found.flipped, found.extra - found.flipped, found.flipped


def effect(found: Severity, objects: int, *, several: bool = False, thorough: bool = False) -> str:
    """Return what faults do: "loses 66 of 122 objects and adds 3".

    Parameters
    ----------
    found : Severity
        What they do.
    objects : int
        Objects that a correct deployment detects in these images.
    several : bool
        Whether the subject is plural.
    thorough : bool
        Whether moves are named beside objects.
    """
    s = "" if several else "s"
    said = [f"lose{s} {found.lost:,} of {count(objects, 'object')}"] if found.lost else []
    for many, start in ((found.added, f"add{s}"), (found.renamed, f"change{s} the class of")):
        if many:
            said.append(f"{start} {many:,}" if said else f"{start} {count(many, 'object')}")
    if thorough or not said:
        said += moves(found, s)
    return listing(said) or f"change{s} nothing in these images"


def moves(found: Severity, s: str) -> list[str]:
    """Return what faults do to boxes and scores; ``s`` ends the verbs."""
    said = []
    if found.box_px >= LEAST_PX:
        said.append(f"move{s} boxes by up to {number(found.box_px)} px")
    for name, does in SHAPES.items():
        if found.shapes.get(name, 0.0) >= HARMLESS_SHAPES[name]:
            amount = found.shapes[name]
            said.append(does.format(s=s, amount=number(amount), rest=number(1 - amount)))
    if found.score >= LEAST_SCORE or (found.score and not said):
        said.append(f"change{s} scores by up to {number(found.score)}")
    return said


def proof_sentence(proof: Proof, boxes: int) -> str:
    """Return what proves a fault, in a sentence.

    Parameters
    ----------
    proof : Proof
        What speaks for it.
    boxes : int
        Observed boxes, of which not all need have been compared.
    """
    compared = min(proof.boxes or boxes, boxes)
    base = count(compared, "box", "boxes")
    some = f"the {base} compared" if compared < boxes else base
    every = f"all {base}{' compared' if compared < boxes else ''}"

    def of_boxes(many: int, verb: str, what: str) -> str:
        if not many:
            return ""
        does = SINGULAR[verb] if many == 1 else verb
        which = every if 1 < many == compared else f"{many:,} of {some}"
        return f"{which} {does} {what} only with it"

    coarse = [
        of_boxes(proof.closer, "come", "close"),
        of_boxes(proof.named, "get", "the observed class"),
    ]
    if proof.factor is not None and proof.factor >= TELLING_FACTOR:
        coarse.insert(0, f"differences are {number(proof.factor)} times smaller with it")
    exact = [of_boxes(proof.explained, "are", "reproduced to the last digit")]
    said = [each for each in coarse if each] or exact
    if proof.levels is not None:
        closer = f"{number(proof.levels)} grey levels closer to yours on average"
        said.insert(0, f"with it, input tensors come {closer}")
    if proof.unobserved:
        would = count(proof.unobserved, "box", "boxes")
        said.append(f"without it, {would} would be expected that your program does not report")
    text = "; ".join(filter(None, said)) or "what was provided is reproduced only with it"
    return as_sentence(re.sub(r"\bit\b", "this fault", text, count=1))


SINGULAR = {"are": "is", "come": "comes", "get": "gets"}
"""Verbs of which the subject is one box."""
