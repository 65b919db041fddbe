"""What to do about the exports, as it follows from the numbers; what is fine needs no word."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from parity.comparison.judgement import judge
from parity.comparison.results import Results
from parity.comparison.tolerances import FLOAT32_ROUNDING, Tolerance
from parity.reporting.deployment_effects import Deployment, attribute_images, deployments
from parity.reporting.equal_results import equal_groups
from parity.reporting.task_wording import MEASURED
from parity.reporting.verdict import object_count, tolerance_in_words
from parity.reporting.wording import ceiling, count, reference_name
from parity.sentences import listing

TOLERANCE_DIGITS = 2
"""Significant digits of a tolerance that is proposed (chosen)."""


def recommendations(results: Results) -> list[str]:
    """Return what to do, a sentence or two for everything that has the same remedy."""
    return [
        *_on_failed_gates(results),
        *_on_failed_checks(results),
        *_on_wide_tolerances(results),
        *_on_geometry(results),
        *_on_images(results),
    ]


def _on_failed_gates(results: Results) -> Iterator[str]:
    for name, comparison in results.comparisons.items():
        arm = comparison.candidate
        if not comparison.gated or comparison.passed:
            continue
        if comparison.effect == "external":
            yield f"Do not deploy {arm}: its gate fails. The section Diagnosis says what is wrong."
        elif arm in results.arms and results.arms[arm].failed_checks:
            yield (
                f"Do not deploy {arm}: it fails {name} and its output checks as well, which "
                "points to its preprocessing or postprocessing rather than to the network; "
                "diagnose those first."
            )
        else:
            wide = round_tolerance(comparison.required)
            yield (
                f"Do not deploy {arm} while it fails {name}, unless you can accept differences of "
                f"this size: a tolerance that would pass is "
                f"{tolerance_in_words(wide, comparison.task)}."
            )


def round_tolerance(required: Tolerance) -> Tolerance:
    """Return a tolerance of few digits that is at least as large."""
    wide: dict[str, Any] = {
        name: float(ceiling(getattr(required, name), TOLERANCE_DIGITS)) for name in MEASURED
    }
    return replace(required, **wide)


def _on_failed_checks(results: Results) -> Iterator[str]:
    for arm, found in results.arms.items():
        if found.failed_checks:
            said = listing([f"{check}: {many:,}" for check, many in found.failed_checks.items()])
            yield (
                f"Check {arm} first: some of its {count(found.detections, 'detection')} cannot be "
                f"right ({said}), no matter what they are compared with."
            )


def _on_wide_tolerances(results: Results) -> Iterator[str]:
    wide = [
        each
        for each in results.comparisons.values()
        if each.effect == "runtime"
        and object_count(each)
        and each.passed
        and not judge(each, FLOAT32_ROUNDING).passed
    ]
    if wide:
        arms, reference = [each.candidate for each in wide], reference_name(wide[0].reference)
        within = "its tolerance" if len(arms) == 1 else "their tolerances"
        does = "it differs" if len(arms) == 1 else "they differ"
        yield (
            f"Check {listing(arms)} on your own images: within {within}, {does} from {reference} "
            "by more than float32 rounding explains."
        )


def _on_geometry(results: Results) -> Iterator[str]:
    def key(each: Deployment) -> tuple[str, str, int]:
        found = attribute_images(each)
        return each.whole.reference, each.runtime.reference, found.geometry + found.both

    for alike in equal_groups(deployments(results), key):
        reference, control, changed = key(alike[0])
        arms, images = listing([each.arm for each in alike]), count(changed, "image")
        if not changed or alike[0].same_input:
            continue
        larger, own = (results.arms[arm].made_by.imgsz for arm in (reference, control))
        if larger and own and larger != own:
            yield (
                f"To get the boxes of {reference} from {arms}, export at {larger[0]}×{larger[1]} "
                f"instead of {own[0]}×{own[1]}, which changes {images} here, or compare with "
                "PyTorch at the size that you deploy."
            )
        else:
            yield (
                f"To get the boxes of {reference} from {arms}, export with dynamic: true and feed "
                "the minimal rectangle. If you keep the fixed input, expect the boxes of "
                f"{control}, which predict returns with rect=False. The geometry of the input "
                f"tensor changes {images} here."
            )


def _on_images(results: Results) -> Iterator[str]:
    if results.images_unreadable:
        yield (
            f"Repair or remove {count(results.images_unreadable, 'image')} that cannot be read; "
            "nothing is known about the detections there."
        )
    if not any(object_count(each) for each in results.comparisons.values()):
        yield (
            "Add images that show objects of the model's classes, or lower the confidence "
            "threshold (conf)."
        )
