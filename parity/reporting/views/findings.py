"""What the numbers of a model mean: causes, consequences, recommendations, as plain sentences.

Only what was measured is claimed; what these numbers cannot tell is said to be unknown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from parity.comparison.tolerances import Tolerance, judge
from parity.reporting.verdict import NOTHING, objects, outcome, sentence, tolerance
from parity.reporting.wording import ceiling, count, listing, number

FLOOR = Tolerance()
"""What float32 arithmetic alone may cause between two runtimes: several times the largest
differences of PyTorch and ONNX Runtime on the same input, 1.3e-3 px and 4e-6 on 128 photographs."""

NOTICEABLE_SCORE = 0.01


@dataclass(frozen=True)
class Deployment:
    """The comparisons of one export with their names.

    Attributes
    ----------
    arm : str
        The export's arm.
    whole, runtime, geometry : dict
        Totals of its deployment and runtime effect, and of the geometry effect; ``geometry`` is
        None where that was not measured with the input of this export.
    names : tuple of str
        Names of the three comparisons; empty without.
    """

    arm: str
    whole: dict[str, Any]
    runtime: dict[str, Any]
    geometry: dict[str, Any] | None
    names: tuple[str, str, str]

    @property
    def same_input(self) -> bool:
        """Whether the export gets the same input as the reference."""
        return self.runtime["reference"] == self.whole["reference"]


@dataclass(frozen=True)
class Attribution:
    """How many images that differ are due to what."""

    differing: int = 0
    geometry: int = 0
    runtime: int = 0
    both: int = 0
    unknown: int = 0


def deployments(results: dict[str, Any]) -> Iterator[Deployment]:
    """Yield every export whose deployment and runtime effects were both measured."""
    comparisons = results["comparisons"]
    for name, whole in comparisons.items():
        if whole["effect"] != "deployment":
            continue
        arm = whole["candidate"]
        runtime = _find(comparisons, "runtime", candidate=arm)
        if not runtime:
            continue
        control = comparisons[runtime]["reference"]
        geometry = _find(comparisons, "geometry", candidate=control)
        yield Deployment(
            arm, whole, comparisons[runtime], comparisons.get(geometry), (name, runtime, geometry)
        )


def _find(comparisons: dict[str, Any], effect: str, *, candidate: str) -> str:
    return next(
        (
            name
            for name, each in comparisons.items()
            if each["effect"] == effect and each["candidate"] == candidate
        ),
        "",
    )


def attribute(deployment: Deployment) -> Attribution:
    """Return, of the images where a deployment differs, which effect differs there as well.

    All effects are held against the deployment's own tolerance, whatever their own is.
    """
    also = deployment.whole["also_differing"]
    differing = sum(also.values())
    if not deployment.same_input and not deployment.names[2]:
        return Attribution(differing, geometry=also["neither"], unknown=also["runtime"])
    return Attribution(
        differing,
        geometry=also["geometry"],
        runtime=also["runtime"],
        both=also["both"],
        unknown=also["neither"],  # two differences that add up
    )


def summary(results: dict[str, Any]) -> list[str]:
    """Return what every comparison found, a sentence each."""
    return [f"{name}: {sentence(results, name)}." for name in results["comparisons"]]


def causes(results: dict[str, Any]) -> list[str]:
    """Return what the differences of every export are due to."""
    return [_cause(deployment, results["images_total"]) for deployment in deployments(results)]


def _cause(deployment: Deployment, images: int) -> str:
    whole, runtime = deployment.whole, deployment.runtime
    arm, reference, control = deployment.arm, whole["reference"], runtime["reference"]
    found = attribute(deployment)
    if not objects(whole):
        return f"{arm}: no objects were compared, so there is nothing to explain."
    if not found.differing:
        return f"{arm}: no image differs from {reference} beyond the tolerance."
    said = [f"{arm} differs from {reference} in {found.differing:,} of {count(images, 'image')}."]
    if found.geometry:
        said.append(
            f"In {found.geometry:,} of them the cause is the geometry of the input alone: given "
            f"the same input, PyTorch ({control}) gives what {arm} gives."
        )
    if found.runtime:
        said.append(
            f"In {found.runtime:,} of them the cause is the runtime alone: the input is the same."
            if deployment.same_input
            else f"In {found.runtime:,} of them the cause is the runtime alone: the geometry of "
            "the input makes no difference there."
        )
    if found.both:
        said.append(
            f"In {found.both:,} of them both differ, the geometry and the runtime; how much each "
            "contributes to one detection is not known."
        )
    if found.unknown:
        said.append(f"In {found.unknown:,} of them the cause cannot be told from these numbers.")
    if deployment.geometry is not None:
        said.append(f"Geometry alone: {_size(deployment.geometry)}.")
    said.append(f"Runtime alone: {_size(runtime)}.")
    if judge(runtime, FLOOR):
        said.append("That of the runtime is no more than float32 arithmetic causes.")
    else:
        said.append(
            "Why the runtime differs, by its precision, its graph or its pre- and "
            "post-processing, these numbers do not tell."
        )
    return " ".join(said)


def _size(comparison: dict[str, Any]) -> str:
    if outcome(comparison) == NOTHING:
        return "no objects were compared"
    return (
        f"{count(comparison['missing'], 'detection')} missing, {comparison['extra']:,} extra, "
        f"matched boxes within {ceiling(comparison['box_px'])} px and scores within "
        f"{ceiling(comparison['score'])}"
    )


def consequences(results: dict[str, Any]) -> list[str]:
    """Return what somebody who replaces the reference by an export will notice."""
    return [
        _consequence(results, name)
        for name, comparison in results["comparisons"].items()
        if comparison["effect"] in ("deployment", "external")
    ]


def _consequence(results: dict[str, Any], name: str) -> str:
    comparison = results["comparisons"][name]
    reference, candidate = comparison["reference"], comparison["candidate"]
    if not objects(comparison):
        return f"{candidate}: {sentence(results, name)}."
    there = comparison["matched"] + comparison["missing"]
    flipped = comparison["flipped"]
    share = f" ({100 * comparison['matched'] / there:.1f} %)" if there else ""
    said = [
        (
            f"Of {count(there, 'object')} that {reference} detects, {candidate} detects "
            f"{comparison['matched']:,}{share}, adds {comparison['extra'] - flipped:,} of its own "
            f"and gives {flipped:,} another class."
        )
    ]
    spread = comparison["distributions"]
    if spread["box_px"]:
        said.append(
            f"Boxes that both have differ by up to {number(spread['box_px']['max'])} px (95 % of "
            f"them by no more than {number(spread['box_px']['p95'])} px), scores by up to "
            f"{number(spread['score']['max'])} (95 %: {number(spread['score']['p95'])})."
        )
        if spread["score"]["max"] > NOTICEABLE_SCORE:
            said.append(
                "An object whose score lies that near to a threshold of the application can "
                "appear with one and not with the other."
            )
    return " ".join(said)


def recommendations(results: dict[str, Any]) -> list[str]:
    """Return what to do, each with the number that it follows from."""
    advice = [_advise_on(name, each, results) for name, each in results["comparisons"].items()]
    advice += [_advise_on_geometry(deployment, results) for deployment in deployments(results)]
    advice += [_advise_on_checks(arm, totals) for arm, totals in results["arms"].items()]
    unreadable = results["images_unreadable"]
    if unreadable:
        advice.append(
            f"Repair or remove {count(unreadable, 'image')} that cannot be read; nothing is known "
            "about the detections there."
        )
    if not any(objects(each) for each in results["comparisons"].values()):
        advice.append("Add images that show objects of the model's classes, or lower conf.")
    return [sentence for sentence in advice if sentence]


def _advise_on(name: str, comparison: dict[str, Any], results: dict[str, Any]) -> str:
    arm = comparison["candidate"]
    if comparison["effect"] == "runtime" and objects(comparison):
        if judge(comparison, FLOOR):
            return (
                f"There is nothing to mend in the runtime of {arm}: its boxes are within "
                f"{ceiling(comparison['box_px'])} px and its scores within "
                f"{ceiling(comparison['score'])} of PyTorch's."
            )
        if comparison["passed"]:
            return (
                f"{arm} stays within the tolerance that was set for it, but differs by more than "
                f"float32 arithmetic does ({_size(comparison)}); judge on your own images whether "
                "that is good enough."
            )
    if not comparison["gated"] or comparison["passed"]:
        return ""
    if results["arms"].get(arm, {}).get("failed_checks"):
        return (
            f"Do not deploy {arm}: it fails {name} and its output checks as well, which points to "
            "its pre- or post-processing rather than to the network; diagnose those first."
        )
    return (
        f"Do not deploy {arm} while it fails {name}, unless differences of this size are "
        f"acceptable: the smallest tolerance that would have passed is "
        f"{tolerance(comparison['required'])}."
    )


def _advise_on_geometry(deployment: Deployment, results: dict[str, Any]) -> str:
    found = attribute(deployment)
    changed = found.geometry + found.both
    if not changed or deployment.same_input:
        return ""
    sizes = [
        results["arms"][arm]["made_by"]["imgsz"]
        for arm in (deployment.whole["reference"], deployment.runtime["reference"])
    ]
    if sizes[0] != sizes[1]:
        (height, width), (own_height, own_width) = sizes
        return (
            f"{deployment.arm} gets images at {own_height}×{own_width}, "
            f"{deployment.whole['reference']} at {height}×{width}, which changes "
            f"{count(changed, 'image')} here: export at the larger size if these objects matter, "
            "or compare with PyTorch at the size that you deploy."
        )
    return (
        f"To get from {deployment.arm} the boxes that {deployment.whole['reference']} gives, "
        "export with dynamic: true and feed it the minimal rectangle; or, if the fixed input "
        f"stays, expect the boxes of {deployment.runtime['reference']}, which predict gives with "
        f"rect=False. The geometry of the input changes {count(changed, 'image')} here."
    )


def _advise_on_checks(arm: str, totals: dict[str, Any]) -> str:
    failed = totals["failed_checks"]
    if not failed:
        return ""
    said = listing([f"{many:,} × {check}" for check, many in failed.items()])
    return (
        f"Look into {arm} first: of {count(totals['detections'], 'detection')} some cannot be "
        f"right ({said}), whatever they are compared with."
    )
