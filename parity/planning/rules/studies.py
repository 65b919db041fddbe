"""What the rules are given that study more than comparisons: thresholds, accuracy, layers."""

from dataclasses import asdict, dataclass

from parity.model_files.results import STORED_AS
from parity.planning.config import FLOAT32
from parity.planning.rules.comparison import ComparisonRules
from parity.planning.rules.run_parts import OfModel, Params, Wildcards


@dataclass(frozen=True)
class StudyRules(ComparisonRules):
    """Files and parameters of what is studied beside the comparisons."""

    @property
    def grid(self) -> dict[str, list[float]]:
        """Thresholds of the sweep; empty if none is asked for."""
        return self.config.grid

    @property
    def swept_models(self) -> list[str]:
        """Names of the models whose thresholds are swept: all or none."""
        return self.models if self.grid else []

    @property
    def annotated_models(self) -> list[str]:
        """Names of the models of which pictures are drawn: all or none."""
        return self.models if self.config.annotate else []

    def swept_candidates(self, wildcards: Wildcards) -> list[str]:
        """Return the candidates files of all arms that are swept, for one batch."""
        return [
            self.candidates(wildcards.model, arm, wildcards.batch)
            for arm in dict.fromkeys(a for arms in self.network_comparisons.values() for a in arms)
        ]

    def accuracy(self, wildcards: OfModel) -> Params:
        """Return how the accuracy of a model is measured, and where its labels are."""
        labels = self.config.labels_of(wildcards.model)
        return {"labels": labels or "", **asdict(self.config.accuracy)}

    @property
    def labelled_models(self) -> list[str]:
        """Names of the models whose accuracy is measured."""
        return [name for name in self.models if self.config.labels_of(name)]

    def accuracies(self, wildcards: Wildcards) -> list[str]:
        """Return the accuracy of a model, if its images are labelled."""
        known = wildcards.model in self.labelled_models
        return [f"results/accuracy/{wildcards.model}/accuracy.json"] if known else []

    @property
    def suspects(self) -> dict[str, Params]:
        """What rule ``layers`` is told, by export that may differ from its fp32 counterpart."""
        return {
            name: {
                "stored_as": STORED_AS[export.quantize],
                "given": export.onnx is not None,
                "keep_fp32": list(export.keep_fp32),
            }
            for name, export in self.config.exports.items()
            if self.config.layers.images
            and not export.is_own
            and (export.onnx or export.quantize != FLOAT32)
        }

    @property
    def layer_files(self) -> list[str]:
        """Model and name of each export whose layers are studied."""
        return [f"{model}/{name}" for model in self.models for name in self.suspects]

    @property
    def fallback_files(self) -> list[str]:
        """Model and name of each export whose fallbacks are counted; none unless asked for."""
        asked = self.exports if self.config.fallback.enabled else []
        return [f"{model}/{name}" for model in self.models for name in asked]

    @property
    def chosen_models(self) -> list[str]:
        """Names of the models with several exports to choose from: all or none."""
        return self.models if len(self.exports) > 1 else []

    @property
    def timed_models(self) -> list[str]:
        """Names of the models that are timed in every run: all or none."""
        return self.models if self.config.latency.in_report else []

    def latencies(self, wildcards: Wildcards) -> list[str]:
        """Return the timings of a model's exports, if every run makes them."""
        timed = self.exports if wildcards.model in self.timed_models else []
        return [f"results/latency/{wildcards.model}/{name}.json" for name in timed]
