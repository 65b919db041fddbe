"""What causes the differences, what they mean for a deployment, and what to do.

Only what was measured is claimed; what the numbers cannot tell is said to be unknown.
"""

from collections.abc import Iterator

from parity.comparison.results import ArmResults, ComparisonResults, Results
from parity.comparison.tolerances import FLOAT32_ROUNDING, judge
from parity.diagnosis.document import load_diagnosis
from parity.layers.results import LayerResults
from parity.reporting.deployment_effects import Deployment, attribute_images, deployments
from parity.reporting.diagnosis_verdict import advice, worst_first
from parity.reporting.verdict import (
    NOTHING,
    object_count,
    outcome,
    sentence,
    tolerance_in_words,
)
from parity.reporting.views.blocks import Block, Group, Note, Sentences, Text, table
from parity.reporting.views.section import SECTIONS, Model, Section, View
from parity.reporting.waterfall import factor_waterfalls
from parity.reporting.wording import (
    PANOPTIC_QUALITY,
    ceiling,
    count,
    four_decimals,
    listing,
    number,
    percent,
)

NOTICEABLE_SCORE = 0.01
"""Above this difference of scores a warning about thresholds is given (chosen)."""

UNKNOWN_CAUSE = (
    "These numbers do not show why the runtime differs: its precision, its graph, or its "
    "preprocessing and postprocessing."
)
FACTOR_HEADER = ("export", "arm", "what changes", "panoptic quality", "share of the loss")
ABOUT_FACTORS = (
    f"{PANOPTIC_QUALITY} A factor that makes up for another has a negative share; the shares of an "
    "export add up to 100 %."
)


def prepare(model: Model) -> View:
    """Return causes with their evidence, consequences and what to do."""
    results = model.results
    layers = model.documents("layers", LayerResults)
    return View(
        (
            Group("What causes the differences", tuple(_explained(results, layers))),
            Group("What it means for a deployment", tuple(_expected(results))),
            Group("What to do", tuple(_advised(model))),
        )
    )


def _explained(results: Results, layers: dict[str, LayerResults]) -> Iterator[Block]:
    found = causes(results, layers)
    if found:
        yield Sentences(tuple(found))
    else:
        yield Text(
            "No export was compared both with the reference and with PyTorch on its own input, so "
            "the cause of a difference cannot be told."
        )
    rows = factor_rows(results)
    if rows:
        yield table("From the reference to each export, one factor at a time", FACTOR_HEADER, rows)
        yield Note(ABOUT_FACTORS)


def _expected(results: Results) -> Iterator[Block]:
    found = consequences(results)
    yield Sentences(tuple(found)) if found else Text("No deployment was compared.")


def _advised(model: Model) -> Iterator[Block]:
    diagnoses = worst_first(map(load_diagnosis, model.files("diagnoses").values()))
    found = [line for each in diagnoses for line in advice(each)]
    found += recommendations(model.results)
    yield Sentences(tuple(found), numbered=True) if found else Text("Nothing needs to be done.")


def factor_rows(results: Results) -> list[tuple[str, ...]]:
    """Return the cells of every step to every export."""
    return [
        (arm, step.arm, step.factor, four_decimals(step.quality), percent(step.share))
        for arm, own in factor_waterfalls(results).items()
        for step in own
    ]


def causes(results: Results, layers: dict[str, LayerResults]) -> list[str]:
    """Return what the differences of every export are due to.

    Parameters
    ----------
    results : Results
        What ``summarise`` wrote.
    layers : dict of str to LayerResults
        What ``layers`` found, by export.
    """
    return [
        _cause(each, results.images_total, layers.get(each.arm.removeprefix("onnx-")))
        for each in deployments(results)
    ]


def _cause(deployment: Deployment, images: int, layers: LayerResults | None) -> str:
    whole, runtime = deployment.whole, deployment.runtime
    arm, reference, control = deployment.arm, whole.reference, runtime.reference
    found = attribute_images(deployment)
    if not object_count(whole):
        return f"{arm}: no objects were compared, so there is nothing to explain."
    if not found.differing:
        return f"{arm}: no image differs from {reference} beyond the tolerance."
    said = [f"{arm} differs from {reference} in {found.differing:,} of {count(images, 'image')}."]
    if found.geometry:
        said.append(
            f"In {found.geometry:,} of them, the geometry of the input tensor is the only cause: "
            f"with the same input, PyTorch ({control}) detects what {arm} detects."
        )
    if found.runtime:
        said.append(
            f"In {found.runtime:,} of them, the runtime is the only cause: both get the same input."
            if deployment.same_input
            else f"In {found.runtime:,} of them, the runtime is the only cause: the geometry of "
            "the input tensor makes no difference there."
        )
    if found.both:
        said.append(
            f"In {found.both:,} of them, both the geometry of the input tensor and the runtime "
            "make a difference; how much each contributes to a single detection is unknown."
        )
    if found.unknown:
        said.append(f"In {found.unknown:,} of them, these numbers do not show the cause.")
    if deployment.geometry is not None:
        said.append(f"Geometry alone: {_size(deployment.geometry)}.")
    said.append(f"Runtime alone: {_size(runtime)}.")
    said += _cause_of_runtime(runtime, layers)
    return " ".join(said)


def _cause_of_runtime(runtime: ComparisonResults, layers: LayerResults | None) -> list[str]:
    if judge(runtime, FLOAT32_ROUNDING).passed:
        return ["The runtime changes no more than float32 rounding does."]
    if layers and layers.layers:
        return ["By layer:", *layers.sentences[:2]]
    return [UNKNOWN_CAUSE]


def _size(comparison: ComparisonResults) -> str:
    if outcome(comparison) == NOTHING:
        return "no objects were compared"
    return (
        f"{count(comparison.missing, 'detection')} missing, {comparison.extra:,} extra, matched "
        f"boxes within {ceiling(comparison.box_px)} px and scores within "
        f"{ceiling(comparison.score)}"
    )


def consequences(results: Results) -> list[str]:
    """Return what somebody who replaces the reference by an export will notice."""
    return [
        _consequence(comparison)
        for comparison in results.comparisons.values()
        if comparison.effect in ("deployment", "external")
    ]


def _consequence(comparison: ComparisonResults) -> str:
    reference, candidate = comparison.reference, comparison.candidate
    if not object_count(comparison):
        return f"{candidate}: {sentence(comparison)}."
    there = comparison.matched + comparison.missing
    flipped = comparison.flipped
    share = f" ({100 * comparison.matched / there:.1f} %)" if there else ""
    said = [
        (
            f"Of {count(there, 'object')} that {reference} detects, {candidate} detects "
            f"{comparison.matched:,}{share}; it adds {comparison.extra - flipped:,} and assigns "
            f"another class to {flipped:,}."
        )
    ]
    boxes, scores = comparison.distributions.box_px, comparison.distributions.score
    if boxes:
        said.append(
            f"Matched boxes differ by up to {number(boxes.max)} px (95 % of them by at most "
            f"{number(boxes.p95)} px)."
        )
    if scores:
        said.append(
            f"Their scores differ by up to {number(scores.max)} (95 %: at most "
            f"{number(scores.p95)})."
        )
        if scores.max > NOTICEABLE_SCORE:
            said.append(
                "An object whose score is that close to the confidence threshold of an "
                "application may appear with one and not with the other."
            )
    return " ".join(said)


def recommendations(results: Results) -> list[str]:
    """Return what to do, each with the number that it follows from."""
    said = [_advise_on(name, each, results) for name, each in results.comparisons.items()]
    said += [_advise_on_geometry(deployment, results) for deployment in deployments(results)]
    said += [_advise_on_checks(arm, found) for arm, found in results.arms.items()]
    if results.images_unreadable:
        said.append(
            f"Repair or remove {count(results.images_unreadable, 'image')} that cannot be read; "
            "nothing is known about the detections there."
        )
    if not any(object_count(each) for each in results.comparisons.values()):
        said.append(
            "Add images that show objects of the model's classes, or lower the confidence "
            "threshold (conf)."
        )
    return [each for each in said if each]


def _advise_on(name: str, comparison: ComparisonResults, results: Results) -> str:
    arm = comparison.candidate
    if comparison.effect == "runtime" and object_count(comparison):
        if judge(comparison, FLOAT32_ROUNDING).passed:
            return (
                f"The runtime of {arm} needs no fix: its boxes are within "
                f"{ceiling(comparison.box_px)} px and its scores within "
                f"{ceiling(comparison.score)} of PyTorch's."
            )
        if comparison.passed:
            return (
                f"{arm} stays within the tolerance set for it, but differs by more than float32 "
                f"rounding does ({_size(comparison)}); check on your own images whether that is "
                "good enough."
            )
    if not comparison.gated or comparison.passed:
        return ""
    if arm in results.arms and results.arms[arm].failed_checks:
        return (
            f"Do not deploy {arm}: it fails {name} and its output checks as well, which points to "
            "its preprocessing or postprocessing rather than to the network; diagnose those first."
        )
    return (
        f"Do not deploy {arm} while it fails {name}, unless you can accept differences of this "
        f"size: the smallest tolerance that would pass is "
        f"{tolerance_in_words(comparison.required)}."
    )


def _advise_on_geometry(deployment: Deployment, results: Results) -> str:
    found = attribute_images(deployment)
    changed = found.geometry + found.both
    if not changed or deployment.same_input:
        return ""
    reference, control = deployment.whole.reference, deployment.runtime.reference
    images = count(changed, "image")
    larger, own = (results.arms[arm].made_by.imgsz for arm in (reference, control))
    if larger and own and larger != own:
        return (
            f"{deployment.arm} gets images at {own[0]}×{own[1]}, {reference} at "
            f"{larger[0]}×{larger[1]}, which changes {images} here: export at the larger size if "
            "these objects matter, or compare with PyTorch at the size that you deploy."
        )
    return (
        f"To get the boxes of {reference} from {deployment.arm}, export with dynamic: true and "
        "feed it the minimal rectangle. If you keep the fixed input, expect the boxes of "
        f"{control}, which predict returns with rect=False. The geometry of the input tensor "
        f"changes {images} here."
    )


def _advise_on_checks(arm: str, found: ArmResults) -> str:
    if not found.failed_checks:
        return ""
    said = listing([f"{many:,} × {check}" for check, many in found.failed_checks.items()])
    return (
        f"Check {arm} first: some of its {count(found.detections, 'detection')} cannot be right "
        f"({said}), no matter what they are compared with."
    )


SECTIONS.add("causes", Section("Causes and fixes", 20, prepare))
