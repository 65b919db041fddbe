"""Which effect explains that a deployment differs from PyTorch: the input, the runtime, or both."""

from collections.abc import Iterator
from dataclasses import dataclass

from parity.comparison.results import ComparisonResults, Results
from parity.comparison.settings import comparison_with


@dataclass(frozen=True)
class Deployment:
    """The comparisons of one export."""

    arm: str
    """The export's arm."""
    whole: ComparisonResults
    runtime: ComparisonResults
    """Its deployment and runtime effect."""
    geometry: ComparisonResults | None
    """The effect of its input alone; None where that was not measured."""

    @property
    def same_input(self) -> bool:
        """Whether the export gets the same input as the reference."""
        return self.runtime.reference == self.whole.reference


@dataclass(frozen=True)
class ImageAttribution:
    """How many images differ, and how many of them because of what."""

    differing: int = 0
    geometry: int = 0
    runtime: int = 0
    both: int = 0
    unknown: int = 0


def deployments(results: Results) -> Iterator[Deployment]:
    """Yield every export whose deployment and runtime effects were both measured."""
    comparisons = results.comparisons
    for whole in comparisons.values():
        if whole.effect != "deployment":
            continue
        if name := comparison_with(comparisons, "runtime", candidate=whole.candidate):
            runtime = comparisons[name]
            control = comparison_with(comparisons, "geometry", candidate=runtime.reference)
            yield Deployment(whole.candidate, whole, runtime, comparisons.get(control))


def attribute_images(deployment: Deployment) -> ImageAttribution:
    """Return, of the images where a deployment differs, which effect differs there as well.

    All effects are judged by the deployment's own tolerance.
    """
    also = deployment.whole.also_differing
    if also is None:
        return ImageAttribution()
    differing = also.runtime + also.geometry + also.both + also.neither
    if not deployment.same_input and deployment.geometry is None:
        return ImageAttribution(differing, geometry=also.neither, unknown=also.runtime)
    return ImageAttribution(
        differing,
        geometry=also.geometry,
        runtime=also.runtime,
        both=also.both,
        unknown=also.neither,  # two differences that add up
    )
