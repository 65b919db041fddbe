"""From the reference to each export, one factor at a time, with shares that add up.

Every arm on the way was compared with the same reference, so what a factor costs is the difference
of two agreements that were measured, see :func:`parity.comparison.totals.agreement`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from parity.comparison.tolerances import judge
from parity.comparison.totals import agreement
from parity.reporting.views.findings import FLOOR, Deployment, deployments
from parity.reporting.wording import listing

NOTHING_LOST = 1e-5
"""Less of an agreement is what float32 arithmetic takes."""

HEADER = ["export", "arm", "what changes", "agreement", "part of the loss"]
ABOUT = (
    "Agreement is F1, each matched pair weighted by its overlap. A factor that makes up for "
    "another has a negative part; the parts of an export add up to the whole."
)


@dataclass(frozen=True)
class Step:
    """One factor on the way from the reference to an export.

    Attributes
    ----------
    factor : str
        What changes.
    arm : str
        The arm that has all changes so far.
    agreement : float
        Of that arm with the reference.
    share : float or None
        Its part of the agreement that is lost in the end; None where nothing is lost.
    """

    factor: str
    arm: str
    agreement: float
    share: float | None


def waterfalls(results: dict[str, Any]) -> dict[str, list[Step]]:
    """Return the steps to each export that was deployed, by arm; none where nothing is lost.

    Parameters
    ----------
    results : dict
        What ``summarise`` wrote for a model.
    """
    found = {each.arm: steps(results, each) for each in deployments(results)}
    return {arm: own for arm, own in found.items() if 1 - own[-1].agreement > NOTHING_LOST}


def steps(results: dict[str, Any], deployment: Deployment) -> list[Step]:
    """Return the steps to one export.

    Parameters
    ----------
    results : dict
        What ``summarise`` wrote for a model.
    deployment : Deployment
        The comparisons of the export.
    """
    reference = deployment.whole["reference"]
    measured = {
        each["candidate"]: agreement(each)
        for each in results["comparisons"].values()
        if each["reference"] == reference
    }
    ways = [(what, arm) for what, arm in factors(results, deployment) if arm in measured]
    whole = 1 - measured[deployment.arm]
    taken, before = [], 1.0
    for factor, arm in ways:
        lost = before - measured[arm]
        taken.append(Step(factor, arm, measured[arm], lost / whole if whole > 0 else None))
        before = measured[arm]
    return taken


def factors(results: dict[str, Any], deployment: Deployment) -> Iterator[tuple[str, str]]:
    """Yield what changes on the way to an export, and the arm that shows it."""
    reference, control = deployment.whole["reference"], deployment.runtime["reference"]
    arms = results["arms"]
    (one, other) = (arms[arm]["made_by"] for arm in (reference, control))
    resized, headless = one["imgsz"] != other["imgsz"], one["end2end"] != other["end2end"]
    changes = {"geometry of the input": one["rect"] != other["rect"]}
    changes |= {"size of the input": resized, "head without suppression": headless}
    if control != reference:
        if changes["geometry of the input"] and (resized or headless):
            yield "geometry of the input", "pytorch-square"
            changes["geometry of the input"] = False
        yield listing([change for change, made in changes.items() if made]), control
    if judge(deployment.runtime, FLOOR):
        yield "ONNX Runtime", deployment.arm
        return
    plain = next((each.arm for each in deployments(results) if _is_plain(each, control)), "")
    if plain:
        yield "ONNX Runtime", plain
    what = "precision and graph of the model file"
    yield what if plain else f"ONNX Runtime, {what}", deployment.arm


def _is_plain(deployment: Deployment, control: str) -> bool:
    return deployment.runtime["reference"] == control and bool(judge(deployment.runtime, FLOOR))


def waterfall_rows(results: dict[str, Any]) -> list[list[str]]:
    """Return the cells of every step to every export."""
    return [
        [arm, step.arm, step.factor, four_digits(step.agreement), percent(step.share)]
        for arm, own in waterfalls(results).items()
        for step in own
    ]


def four_digits(value: float) -> str:
    """Return an agreement; what is not exactly 1 is never shown as 1."""
    return "1" if value == 1 else f"{min(value, 0.9999):.4f}"


def percent(share: float | None) -> str:
    """Return a share in per cent; what is not the whole, or not nothing, is not shown as it."""
    if share is None:
        return "–"
    shown = round(100 * share)
    if shown == 100 and share < 1:
        return "more than 99 %"
    if shown == 0 and share > 0:
        return "less than 1 %"
    return f"{shown:d} %".replace("-", "−")
