"""What the rules of ``rules/comparison.smk`` are given: detections to compare."""

from dataclasses import asdict, dataclass

from parity.planning.rules.detection import DetectionRules
from parity.planning.rules.run_parts import OfModel, Params, Wildcards


@dataclass(frozen=True)
class ComparisonRules(DetectionRules):
    """Files and parameters of comparisons."""

    @property
    def network_comparisons(self) -> dict[str, list[str]]:
        """Reference and candidate arm by comparison, where both have candidates."""
        stored = {*self.pytorch_arms, *self.onnx_arms}
        return {
            name: [each.reference, each.candidate]
            for name, each in self.comparisons.items()
            if {each.reference, each.candidate} <= stored
        }

    def network_detections(self, wildcards: Wildcards) -> list[str]:
        """Return the detections files of all arms that run a network, for one batch."""
        arms = (*self.pytorch_arms, *self.onnx_arms)
        return [self.detections(wildcards.model, arm, wildcards.batch) for arm in arms]

    def comparison_alone(self, wildcards: Wildcards) -> dict[str, list[str]]:
        """Return the reference and the candidate arm of a comparison by its name."""
        compared = self.comparisons[wildcards.comparison]
        return {wildcards.comparison: [compared.reference, compared.candidate]}

    def compared_detections(self, wildcards: Wildcards) -> list[str]:
        """Return the detections files of a comparison's reference and candidate."""
        (arms,) = self.comparison_alone(wildcards).values()
        return [self.detections(wildcards.model, arm, wildcards.batch) for arm in arms]

    def comparisons_of(self, wildcards: OfModel) -> dict[str, Params]:
        """Return the comparisons of a model by name."""
        return {
            name: asdict(comparison)
            for name, comparison in self.comparisons.items()
            if self.belongs(name, wildcards.model)
        }

    def all_comparisons(self, wildcards: OfModel) -> list[str]:
        """Return the comparison files of a model."""
        return [
            f"results/compare/{wildcards.model}/{name}/{batch}.json"
            for name in self.comparisons_of(wildcards)
            for batch in self.batches
        ]
