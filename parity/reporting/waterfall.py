"""From the reference to each export, one factor at a time, with shares that add up.

Every arm on the way was compared with the same reference, so what a factor costs is the difference
of two values of :func:`parity.comparison.agreement.panoptic_quality` that were measured.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from parity.comparison.agreement import panoptic_quality
from parity.comparison.judgement import judge
from parity.comparison.results import Results
from parity.comparison.tolerances import FLOAT32_ROUNDING
from parity.reporting.deployment_effects import Deployment, deployments
from parity.sentences import listing

NOTHING_LOST = 1e-5
"""Panoptic quality that float32 rounding may cost; chosen, about what PyTorch and ONNX Runtime lose
on the same input."""


@dataclass(frozen=True)
class FactorStep:
    """One factor on the way from the reference to an export."""

    factor: str
    arm: str
    """The arm that has all changes so far."""
    quality: float
    """Panoptic quality of that arm, compared with the reference."""
    share: float | None
    """Its part of the quality that is lost in the end; None where nothing is lost."""


def factor_waterfalls(results: Results) -> dict[str, list[FactorStep]]:
    """Return the steps to each export that was deployed, by arm; none where nothing is lost."""
    found = {each.arm: steps_to(each, results) for each in deployments(results)}
    return {arm: own for arm, own in found.items() if 1 - own[-1].quality > NOTHING_LOST}


def steps_to(deployment: Deployment, results: Results) -> list[FactorStep]:
    """Return the steps to one export."""
    reference = deployment.whole.reference
    measured = {
        each.candidate: panoptic_quality(each)
        for each in results.comparisons.values()
        if each.reference == reference
    }
    ways = [(what, arm) for what, arm in factors(deployment, results) if arm in measured]
    whole = 1 - measured[deployment.arm]
    taken, before = [], 1.0
    for factor, arm in ways:
        lost = before - measured[arm]
        taken.append(FactorStep(factor, arm, measured[arm], lost / whole if whole > 0 else None))
        before = measured[arm]
    return taken


def factors(deployment: Deployment, results: Results) -> Iterator[tuple[str, str]]:
    """Yield what changes on the way to an export, and the arm that shows it."""
    reference, control = deployment.whole.reference, deployment.runtime.reference
    one, other = (results.arms[arm].made_by for arm in (reference, control))
    title = runtime_title(results, deployment.arm)
    resized, headless = one.imgsz != other.imgsz, one.head != other.head
    shape = "shape of the input tensor"
    changes = {shape: one.rect != other.rect}
    changes |= {"size of the input tensor": resized, "head without NMS": headless}
    if control != reference:
        if changes[shape] and (resized or headless):
            yield shape, "pytorch-square"
            changes[shape] = False
        yield listing([change for change, made in changes.items() if made]), control
    if judge(deployment.runtime, FLOAT32_ROUNDING).passed:
        yield title, deployment.arm
        return
    same = (each for each in deployments(results) if runtime_title(results, each.arm) == title)
    plain = next((each.arm for each in same if _is_plain(each, control)), "")
    if plain:
        yield title, plain
    what = "precision and graph of the model file"
    yield what if plain else f"{title}, {what}", deployment.arm


def runtime_title(results: Results, arm: str) -> str:
    """Return what the runtime of an arm that runs an export is called."""
    made_by = results.arms[arm].made_by
    usual = made_by.runtime in (None, "onnxruntime")
    return "ONNX Runtime" if usual else str(made_by.provider)


def _is_plain(deployment: Deployment, control: str) -> bool:
    return (
        deployment.runtime.reference == control
        and judge(deployment.runtime, FLOAT32_ROUNDING).passed
    )
