"""What a diagnosis found, in a sentence, and what its steps are called."""

from collections.abc import Sequence

from parity.diagnosis.document import DiagnosisDocument, Undiagnosed, WaterfallStep
from parity.diagnosis.stages import STAGE_TITLES
from parity.reporting.wording import count, listing, percent

STEP_TITLES = {
    "runtime": "ONNX Runtime instead of PyTorch",
    "choice": "harmless choice",
    "rest": "differences that no fault of the catalogue explains",
    "rounding": "rounding of the printed numbers",
    "unexplained": "unexplained rest",
}
"""What people read for the kinds of step that are no fault."""


def verdict_sentence(diagnosis: DiagnosisDocument | Undiagnosed) -> str:
    """Return the answer in one sentence."""
    name, export = arm_of(diagnosis), diagnosis.export
    if isinstance(diagnosis, Undiagnosed):
        return f"{name} cannot be diagnosed: {diagnosis.reason}"
    if diagnosis.verdict == "nothing_wrong":
        return (
            f"Nothing is wrong with {name}: {export} with correct preprocessing and postprocessing "
            "returns its boxes."
        )
    faults = in_words([fault.name for fault in diagnosis.faults], diagnosis)
    if diagnosis.verdict == "explained":
        return f"{name} has {count(len(diagnosis.faults), 'fault')}: {faults}."
    rest = percent(diagnosis.unexplained.observed)
    stages = listing([STAGE_TITLES[stage] for stage in diagnosis.unexplained.stages])
    where = f"; the cause lies in one of these stages: {stages}" if stages else ""
    if diagnosis.verdict == "not_explained":
        return f"The boxes of {name} are not explained: no fault is proved{where}."
    proved = f" Proved: {faults}." if diagnosis.faults else ""
    return f"{rest} of the boxes of {name} are not explained{where}.{proved}"


def unread_line(found: Undiagnosed) -> str:
    """Return the line of a verdict that fails since boxes cannot be read."""
    return f"FAIL {found.model}, {arm_of(found)}: {found.reason}"


def arm_of(diagnosis: DiagnosisDocument | Undiagnosed) -> str:
    """Return the arm whose boxes were diagnosed."""
    return f"external-{diagnosis.external}"


def advice(diagnosis: DiagnosisDocument | Undiagnosed) -> list[str]:
    """Return what to do about a deployment, a sentence if there is anything."""
    if isinstance(diagnosis, Undiagnosed):
        return [verdict_sentence(diagnosis)]
    if diagnosis.verdict == "nothing_wrong":
        return []
    fixes = [fault.fix for fault in diagnosis.faults] or diagnosis.ask[:1]
    return [f"{verdict_sentence(diagnosis)} {' '.join(fixes)} Its diagnosis below shows how."]


def in_words(faults: Sequence[str], diagnosis: DiagnosisDocument, *, limit: int = 10) -> str:
    """Return faults by their quoted titles, as part of a sentence.

    Parameters
    ----------
    faults : sequence of str
        Names of faults.
    diagnosis : DiagnosisDocument
        It knows their titles.
    limit : int
        No more than so many are named.
    """
    titles = [f'"{diagnosis.titles.get(name, name)}"' for name in faults]
    return listing(titles, limit=limit) or "no fault"


def step_title(step: WaterfallStep, diagnosis: DiagnosisDocument) -> str:
    """Return what a step from PyTorch to the observed boxes is called."""
    if not step.name:
        return STEP_TITLES[step.kind]
    title = diagnosis.titles.get(step.name, step.name)
    return f"{title} ({STEP_TITLES['choice']})" if step.kind == "choice" else title
