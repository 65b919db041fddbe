"""What causes the differences between the reference and each export.

Only what was measured is claimed; what the numbers cannot tell is said to be unknown.
"""

from collections.abc import Iterator, Mapping

from parity.comparison.judgement import judge
from parity.comparison.results import ComparisonResults, Results
from parity.comparison.settings import GIVEN_ARM
from parity.comparison.tolerances import FLOAT32_ROUNDING
from parity.layers.results import LayerResults
from parity.reporting.deployment_effects import Deployment, attribute_images, deployments
from parity.reporting.equal_results import equal_groups
from parity.reporting.task_wording import worded
from parity.reporting.verdict import object_count
from parity.reporting.views.blocks import Block, Group, Note, Sentences, Text, table
from parity.reporting.waterfall import factor_waterfalls
from parity.reporting.wording import count, four_decimals, percent, quality_in_words
from parity.sentences import listing

UNKNOWN_CAUSE = (
    "These numbers do not show why the runtime differs: its precision, its graph, or its "
    "preprocessing and postprocessing."
)
SEE_LAYERS = "The section Layers names the layers that contribute most."
UNTOLD = (
    "No export was compared both with the reference and with PyTorch on its own input, so the "
    "cause of a difference cannot be told."
)
SEE_DIAGNOSIS = "Only programs were compared. The section Diagnosis says why their boxes differ."
FACTORS = ("export", "arm", "what changes", "panoptic quality", "share of the loss")
ABOUT_FACTORS = (
    "A factor that makes up for another has a negative share; the shares of an "
    "export add up to 100 %."
)


def cause_blocks(results: Results, layers: Mapping[str, LayerResults]) -> Iterator[Block]:
    """Yield what causes the differences, with its evidence.

    Parameters
    ----------
    results : Results
        What ``summarise`` wrote.
    layers : mapping of str to LayerResults
        What ``layers`` found, by export.
    """
    given = GIVEN_ARM in results.arms
    found = causes_of_files(results, layers) if given else causes(results, layers)
    programs = any(each.effect == "external" for each in results.comparisons.values())
    yield Sentences(tuple(found)) if found else Text(SEE_DIAGNOSIS if programs else UNTOLD)
    if rows := factor_rows(results):
        header = [worded(title, results.task) for title in FACTORS]
        steps = table("From the reference to each export, one factor at a time", header, rows)
        about = Note(f"{quality_in_words(results.task)} {ABOUT_FACTORS}")
        yield Group("One factor at a time", (steps, about), folded=True)


def factor_rows(results: Results) -> list[tuple[str, ...]]:
    """Return the cells of every step to every export."""
    return [
        (arm, step.arm, step.factor, four_decimals(step.quality), percent(step.share))
        for arm, own in factor_waterfalls(results).items()
        for step in own
    ]


def causes(results: Results, layers: Mapping[str, LayerResults]) -> list[str]:
    """Return what the differences of the exports are due to; exports of equal counts share it."""

    def layers_of(each: Deployment) -> LayerResults | None:
        return layers.get(each.arm.removeprefix("onnx-"))

    def key(each: Deployment) -> tuple[object, ...]:
        rounding = judge(each.runtime, FLOAT32_ROUNDING).passed
        compared = (each.whole.reference, each.runtime.reference, object_count(each.whole) > 0)
        return *compared, attribute_images(each), rounding, layers_of(each) is None

    alike = equal_groups(deployments(results), key)
    return [
        _cause(group, results.images_total, [layers_of(each) for each in group]) for group in alike
    ]


def causes_of_files(results: Results, layers: Mapping[str, LayerResults]) -> list[str]:
    """Return what differs from a file that is the reference; the input is always the same."""
    said = []
    for each in results.comparisons.values():
        if each.effect == "runtime":
            own = layers.get(each.candidate.removeprefix("onnx-"))
            said.append(" ".join(_cause_of_file(each, own)))
    return said


def _cause_of_file(each: ComparisonResults, layers: LayerResults | None) -> Iterator[str]:
    arm, reference = each.candidate, each.reference
    if not object_count(each):
        yield f"{arm}: No objects were compared, so there is nothing to explain."
    elif not each.images_differing:
        yield f"{arm}: No image differs from {reference} beyond the tolerance."
    else:
        images = count(each.images_differing, "image")
        yield f"{arm}: {images} of {each.images:,} differ from {reference} on the same input."
        yield from _cause_of_runtime(each, layers)


def _cause(alike: list[Deployment], images: int, layers: list[LayerResults | None]) -> str:
    each = alike[0]
    reference, control = each.whole.reference, each.runtime.reference
    found, arms = attribute_images(each), listing([each.arm for each in alike])
    if not object_count(each.whole):
        return f"{arms}: No objects were compared, so there is nothing to explain."
    if not found.differing:
        return f"{arms}: No image differs from {reference} beyond the tolerance."
    differ = "differs" if found.differing == 1 else "differ"
    said = [f"{arms}: {count(found.differing, 'image')} of {images:,} {differ} from {reference}."]

    def among(many: int) -> str:
        if many < found.differing:
            return f"In {many:,} of them"
        return "There" if many == 1 else "In all of them"

    if found.geometry:
        said.append(
            f"{among(found.geometry)}, the geometry of the input tensor is the only cause: "
            f"with the same input, PyTorch ({control}) detects the same."
        )
    if found.runtime:
        said.append(
            f"{among(found.runtime)}, the runtime is the only cause: both get the same input."
            if each.same_input
            else f"{among(found.runtime)}, the runtime is the only cause: the geometry of the "
            "input tensor makes no difference there."
        )
    if found.both:
        said.append(
            f"{among(found.both)}, both the geometry of the input tensor and the runtime "
            "make a difference; how much each contributes to a single detection is unknown."
        )
    if found.unknown:
        said.append(f"{among(found.unknown)}, these numbers do not show the cause.")
    same = all(own == layers[0] for own in layers)
    said += _cause_of_runtime(each.runtime, layers[0]) if same else [SEE_LAYERS]
    return " ".join(said)


def _cause_of_runtime(runtime: ComparisonResults, layers: LayerResults | None) -> list[str]:
    if judge(runtime, FLOAT32_ROUNDING).passed:
        return ["The runtime changes no more than float32 rounding does."]
    if layers and layers.layers:
        return ["By layer:", *layers.sentences[:2]]
    return [UNKNOWN_CAUSE]
