"""How often an export had to fall back to PyTorch, and why."""

from parity.comparison.fallback import Fallbacks
from parity.reporting.views.blocks import Text, table
from parity.reporting.views.section import SECTIONS, Model, Section, View
from parity.sentences import listing

HEADER = ("export", "images", "reasons", "examples")
ABOUT = (
    "The output of an export cannot be right for these images, so the reference's detections were "
    "taken; results/fall_back marks them."
)


def prepare(model: Model) -> View | None:
    """Return the counts of each export; None where no fallback was asked for."""
    found = model.documents("fallbacks", Fallbacks)
    rows = [fallback_row(export, each) for export, each in found.items()]
    if not rows:
        return None
    needed = any(each.fallen_back for each in found.values())
    return View((Text(ABOUT), table("Fallbacks", HEADER, rows)), folded=not needed)


def fallback_row(export: str, found: Fallbacks) -> tuple[str, ...]:
    """Return how often and why an export needed its fallback."""
    why = "; ".join(f"{reason}: {many}" for reason, many in found.reasons.items())
    examples = listing([each.name for each in found.named])
    share = f"{found.fallen_back:,} of {found.images:,}"
    return (export, share, why or "–", examples or "–")


SECTIONS.add("fallback", Section("Fallback to the reference", 75, prepare))
