"""The steps from the reference to the observed boxes: their titles, and which are harmless."""

from typing import Literal

from parity.comparison.settings import GIVEN_ARM
from parity.diagnosis.document import DiagnosisDocument, WaterfallStep

ShownKind = Literal["unexplained", "fault", "harmless", "rounding", "runtime"]

KIND_TITLES: dict[ShownKind, str] = {
    "unexplained": "not explained",
    "fault": "fault",
    "harmless": "harmless",
    "rounding": "rounding",
    "runtime": "runtime",
}
"""What people read for each kind of step, in the order of a legend."""

STEP_TITLES = {
    "runtime": "ONNX Runtime instead of PyTorch",
    "rest": "differences that no fault of the catalogue explains",
    "rounding": "rounding of the printed numbers",
    "unexplained": "not explained",
}
"""What people read for the kinds of step that have no name."""
FILE_TITLE = "the deployed file instead of the reference"
"""The title of the step "runtime" where the reference is a file."""


def kind_of(step: WaterfallStep, diagnosis: DiagnosisDocument) -> ShownKind:
    """Return the kind of a step as it is shown."""
    if step.kind == "choice":
        return "harmless"
    if step.kind == "fault":
        own = next((each for each in diagnosis.faults if each.name == step.name), None)
        return "harmless" if own and own.severity.harmless else "fault"
    return "unexplained" if step.kind == "rest" else step.kind


def step_title(step: WaterfallStep, diagnosis: DiagnosisDocument) -> str:
    """Return what a step is called."""
    if not step.name:
        is_file = step.kind == "runtime" and diagnosis.reference == GIVEN_ARM
        return FILE_TITLE if is_file else STEP_TITLES[step.kind]
    title = diagnosis.titles.get(step.name, step.name)
    return f"{title} (harmless)" if kind_of(step, diagnosis) == "harmless" else title
