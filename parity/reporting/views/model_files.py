"""What the model files say of themselves, and whether that is what was asked for."""

from collections.abc import Iterator

from parity.comparison.results import Results
from parity.comparison.settings import GIVEN_ARM
from parity.model_files.results import Inspection
from parity.reporting.views.blocks import Text, table
from parity.reporting.views.section import SECTIONS, Model, Section, View
from parity.reporting.wording import count

HEADER = ("export", "level", "finding")
ABOUT = "Each file was compared with the configuration and the {source} before it was used."


def prepare(model: Model) -> View | None:
    """Return what is wrong with the model files; None if they were not inspected."""
    inspections = model.documents("inspections", Inspection)
    if not inspections:
        return None
    source = made_from(model.results)
    rows = [
        *(
            row
            for export, found in inspections.items()
            for row in finding_rows(export, found, source)
        ),
        *other_providers(model.results),
    ]
    fine = all(level == "fine" for _, level, _ in rows)
    about = ABOUT.format(source=source)
    return View((Text(about), table("Findings", HEADER, rows)), folded=fine)


def made_from(results: Results) -> str:
    """Return what the files were made of, or compared with where that is not known."""
    return "reference" if GIVEN_ARM in results.arms else "checkpoint"


def finding_rows(export: str, found: Inspection, source: str) -> list[tuple[str, str, str]]:
    """Return what was found in a file, or that all is as it should be."""
    if not found.sentences:
        if not found.weights_compared.compared:
            return [(export, "fine", "As configured.")]
        same = count(found.weights_compared.compared, "weight")
        return [(export, "fine", f"As configured; all {same} match the {source}.")]
    return [(export, each.level, each.sentence) for each in found.sentences]


def other_providers(results: Results) -> Iterator[tuple[str, str, str]]:
    """Yield a row for each export that did not run on the provider asked for first."""
    for arm, each in results.arms.items():
        asked, used = each.made_by.providers, each.made_by.provider
        if each.made_by.runtime == "onnxruntime" and asked and used != asked[0]:
            said = f"{asked[0]} is not available on this machine; the export ran on {used}."
            yield (arm.removeprefix("onnx-"), "warn", said)


SECTIONS.add("model_files", Section("Model files", 80, prepare))
