"""What a diagnosis found, in a sentence or two, and what to do about it."""

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from parity.diagnosis.document import HARMLESS_PX, DiagnosisDocument, FoundFault, Undiagnosed
from parity.diagnosis.stages import (
    BEFORE_OUTPUT_STAGES,
    FAULT_STAGES,
    PREPROCESSING_STAGES,
    SHAPE_STAGES,
    STAGE_TITLES,
    FaultStage,
)
from parity.reporting.fault_wording import (
    effect,
    harmful,
    harmless,
    objects_of,
    titles_of,
    together,
)
from parity.reporting.task_wording import worded
from parity.reporting.wording import count, percent
from parity.sentences import listing
from parity.tasks.task import TASKS

State = Literal[
    "unread", "wrong", "unexplained", "unknown", "allowed", "harmless", "fine", "remark"
]
"""How bad it is; ``unread`` where what was brought cannot be read, ``unknown`` where nothing was
compared or diagnosed, ``allowed`` where objects are lost or
added, or boxes move by a px, within a tolerance that was set for it, and ``remark`` where nothing
is judged."""

STATES: tuple[State, ...] = get_args(State)
"""The worst first."""

Diagnosed = DiagnosisDocument | Undiagnosed
"""What ``diagnose`` writes."""

FEW_MISSING = 0.05
"""Share of expected boxes that may be missing without a word in the headline; chosen."""

MOST_HARMLESS = 2
"""Harmless differences that a sentence lists by name beside what is wrong; chosen."""

MOST_STAGES = 3
"""Stages of the cause that are listed by name; chosen."""


def state_of(diagnosis: Diagnosed) -> State:
    """Return how bad it is."""
    if isinstance(diagnosis, Undiagnosed):
        return "unknown" if diagnosis.by_design else "unread"
    if diagnosis.verdict == "nothing_wrong":
        return "fine"
    if harmful(diagnosis):
        return "wrong"
    return "harmless" if diagnosis.verdict == "explained" else "unexplained"


def worst_first(diagnoses: Iterable[Diagnosed]) -> list[Diagnosed]:
    """Return diagnoses by how bad they are, and then by how many objects differ."""
    return sorted(diagnoses, key=lambda each: (STATES.index(state_of(each)), -differing(each)))


def differing(diagnosis: Diagnosed) -> int:
    """Return how many objects are lost, added or renamed in the images of a diagnosis."""
    if isinstance(diagnosis, Undiagnosed):
        return 0
    found = diagnosis.fix_effect.before
    return found.missing + found.extra + found.flipped


def has_boxes(diagnosis: DiagnosisDocument) -> bool:
    """Return whether boxes were given, and not input tensors alone."""
    return diagnosis.images_stated > 0


def arm_of(diagnosis: Diagnosed) -> str:
    """Return the arm whose boxes were diagnosed."""
    return f"external-{diagnosis.external}"


def verdict_sentence(diagnosis: Diagnosed) -> str:
    """Return the answer: what is not explained first, then what is wrong, then what is harmless."""
    if isinstance(diagnosis, Undiagnosed):
        verb = "is not" if diagnosis.by_design else "cannot be"
        return f"`{diagnosis.external}` {verb} diagnosed: {diagnosis.reason}"
    return worded(_verdict_sentence(diagnosis), diagnosis.task)


def _verdict_sentence(diagnosis: DiagnosisDocument) -> str:
    name = f"`{diagnosis.external}`"
    boxes = has_boxes(diagnosis)
    if diagnosis.verdict == "nothing_wrong":
        return f"Nothing is wrong with {name if boxes else f'the preprocessing of {name}'}."
    if diagnosis.unexplained.of_rectangles:
        return (
            f"The boxes of {name} are those of `predict` on the checkpoint, and not of "
            f"`{diagnosis.export}`, whose input has another shape{differing_in_words(diagnosis)}."
        )
    place = cause_in_words(diagnosis.unexplained.stages)
    where = f"; {place}" if place else ""
    if diagnosis.verdict == "not_explained":
        shapes = _shapes_alone(diagnosis)
        if shapes and diagnosis.unexplained.predicted <= FEW_MISSING:
            rest = "its boxes, scores and classes are right"
            return f"The {shapes} of {name} are not explained; {rest}."
        what = "boxes" if boxes else "input tensors"
        return f"The {what} of {name} are not explained{differing_in_words(diagnosis)}{where}."
    subject = f"Your program {name}" if boxes else f"The preprocessing of {name}"
    if diagnosis.verdict == "explained":
        return _explained(diagnosis, subject)
    rest = rest_in_words(diagnosis)
    return f"{subject} is explained in part: {rest}{where}. {_proved(diagnosis)}"


def differing_in_words(diagnosis: DiagnosisDocument) -> str:
    """Return how many objects differ: ": 24 of 40 objects are missing and 4 are added"."""
    before = diagnosis.fix_effect.before
    lost, added, renamed = objects_of(before)
    of = f"of {count(before.reference, 'object')}"
    counts = ((lost, f" {of}", "missing"), (added, "", "added"), (renamed, "", "of another class"))
    said = [
        f"{many:,}{base} {'is' if many == 1 else 'are'} {what}"
        for many, base, what in counts
        if many
    ]
    return f": {listing(said)}{sample_in_words(diagnosis)}" if said and has_boxes(diagnosis) else ""


def sample_in_words(diagnosis: DiagnosisDocument) -> str:
    """Return in how many images objects were counted, where these are not all."""
    chosen, every = len(diagnosis.images), diagnosis.images_stated
    return f" (measured in {chosen:,} of {every:,} images)" if chosen < every else ""


def few(many: int, noun: str) -> str:
    """Return a count of few things as a sentence names it: "one step", "2 steps"."""
    return f"one {noun}" if many == 1 else count(many, noun)


def _explained(diagnosis: DiagnosisDocument, subject: str) -> str:
    matter, more = harmful(diagnosis), harmless(diagnosis)
    left = diagnosis.unexplained.stages
    rest = f" Still, {rest_in_words(diagnosis)}." if left else ""
    if not matter:
        differences = few(len(more), "harmless difference")
        return f"{subject} has only {differences}: {_with_effect(more, diagnosis)}.{rest}"
    steps = few(len(matter), "step")
    return f"{subject} is wrong in {steps}: {_with_effect(matter, diagnosis)}.{_more(more)}{rest}"


def _proved(diagnosis: DiagnosisDocument) -> str:
    matter, more = harmful(diagnosis), harmless(diagnosis)
    if matter:
        return f"Proved so far: {_with_effect(matter, diagnosis)}.{_more(more)}"
    if more:
        differences = few(len(more), "harmless difference")
        return f"Proved so far: only {differences}, {_with_effect(more, diagnosis)}."
    return "No fault is proved."


def _more(faults: tuple[FoundFault, ...]) -> str:
    if not faults:
        return ""
    titles = titles_of(faults, limit=MOST_HARMLESS)
    if len(faults) == 1:
        return f" Another difference is harmless: {titles}."
    return f" Another {len(faults)} differences are harmless: {titles}."


def _with_effect(faults: tuple[FoundFault, ...], diagnosis: DiagnosisDocument) -> str:
    """Return faults with what they do together: '"A" and "B", which lose 66 of 122 objects'."""
    return f"{titles_of(faults)}, which {joint_effect(faults, diagnosis)}"


def joint_effect(faults: tuple[FoundFault, ...], diagnosis: DiagnosisDocument) -> str:
    """Return what faults do together, and in how many images it was measured if not in all."""
    objects = diagnosis.fix_effect.before.reference
    does = effect(together(faults, diagnosis), objects, several=len(faults) > 1)
    return f"{does}{sample_in_words(diagnosis)}"


def rest_in_words(diagnosis: DiagnosisDocument) -> str:
    """Return which share is not explained: "38 % of the boxes are not explained"."""
    observed, predicted = diagnosis.unexplained.observed, diagnosis.unexplained.predicted
    if not (observed or predicted):
        return f"{arrays_in_words(diagnosis)} not explained"
    if not has_boxes(diagnosis):
        return f"{percent(observed)} of the input tensors are not explained"
    shapes = _shapes_alone(diagnosis)
    of = f"the {shapes} of {percent(observed)}" if shapes else percent(observed)
    said = [f"{of} of the boxes are not explained"] if observed else []
    if predicted > FEW_MISSING or not said:
        said.append(f"{percent(predicted)} of the expected boxes are missing")
    if diagnosis.unexplained.severity.harmless:
        of_boxes = f", and boxes differ by less than {HARMLESS_PX:g} px"
        said[-1] += f" (no object is lost{of_boxes if TASKS[diagnosis.task].has_boxes else ''})"
    return ", and ".join(said)


def _shapes_alone(diagnosis: DiagnosisDocument) -> str:
    """Return what alone is not explained of boxes, as "masks"; empty if more is not."""
    of_task = SHAPE_STAGES.get(diagnosis.task, ())
    return listing(of_task) if of_task and diagnosis.unexplained.stages == of_task else ""


def arrays_in_words(diagnosis: DiagnosisDocument) -> str:
    """Return which arrays a diagnosis leaves open that explains all boxes and input tensors."""
    of_input = set(diagnosis.unexplained.stages) == set(PREPROCESSING_STAGES)
    return "the input tensors are" if of_input else "the raw outputs are"


def cause_in_words(stages: Sequence[FaultStage]) -> str:
    """Return where the cause lies: "the cause lies before the network"; empty if nobody knows."""
    given = set(stages)
    if not given or given == set(FAULT_STAGES):
        return ""
    if given == set(PREPROCESSING_STAGES):
        return "the cause lies before the network"
    if given == set(BEFORE_OUTPUT_STAGES):
        return "the cause lies before the network or in the network itself"
    if len(given) > MOST_STAGES and not given & set(BEFORE_OUTPUT_STAGES):
        return "the cause lies after the network"
    titles = ", ".join(STAGE_TITLES[stage] for stage in stages)
    steps = "this step" if len(given) == 1 else "one of these steps"
    return f"the cause lies in {steps}: {titles}"
