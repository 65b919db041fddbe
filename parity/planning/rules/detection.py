"""What the rules that run networks are given: ``rules/detection.smk`` and ``rules/pytorch.smk``."""

from dataclasses import asdict, dataclass

from parity.comparison.settings import GIVEN_ARM
from parity.planning.arms import REFERENCE_ARM, SQUARE_ARM, at_thresholds_of, reference_prefix
from parity.planning.externals import of_model
from parity.planning.rules.run_parts import OfModel, Params, RunParts, Wildcards


@dataclass(frozen=True)
class DetectionRules(RunParts):
    """Files and parameters of candidates and detections."""

    def arm(self, name: str, model: str) -> Params:
        """Return what a rule is told of an arm of a model."""
        arm = self.arms[name]
        return asdict(arm) | {"imgsz": arm.imgsz or self.config.size_of(model)}

    @property
    def pytorch_arms(self) -> list[str]:
        """Names of the PyTorch arms."""
        return [name for name, arm in self.arms.items() if arm.backend == "pytorch"]

    @property
    def usual_arms(self) -> list[str]:
        """Names of the PyTorch arms of every run, which one job runs."""
        return [REFERENCE_ARM, SQUARE_ARM]

    def usual(self, wildcards: OfModel) -> dict[str, Params]:
        """Return these arms of a model by name."""
        return {name: self.arm(name, wildcards.model) for name in self.usual_arms}

    @property
    def further_arms(self) -> list[str]:
        """Names of the other PyTorch arms."""
        return [name for name in self.pytorch_arms if name not in self.usual_arms]

    def arm_alone(self, wildcards: Wildcards) -> dict[str, Params]:
        """Return a PyTorch arm by its name."""
        return {wildcards.arm: self.arm(wildcards.arm, wildcards.model)}

    @property
    def onnx_arms(self) -> list[str]:
        """Names of the arms that run an export."""
        return [name for name, arm in self.arms.items() if arm.backend == "onnx"]

    def onnx_arm(self, wildcards: Wildcards) -> Params:
        """Return the arm that runs an export of a model."""
        return self.arm(f"onnx-{wildcards.export}", wildcards.model)

    def timed_arm(self, wildcards: Wildcards) -> Params:
        """Return the arm that runs an export: the reference, if that is the same file."""
        own = f"onnx-{wildcards.export}"
        return self.arm(own if own in self.arms else GIVEN_ARM, wildcards.model)

    def candidates(self, model: str, arm: str, batch: str) -> str:
        """Return the candidates file of an arm that runs a network."""
        return f"results/infer_{self.arms[arm].backend}/{model}/{arm}/{batch}.npz"

    def detections(self, model: str, arm: str, batch: str) -> str:
        """Return the detections file of an arm."""
        return f"results/detect_{self.arms[arm].backend}/{model}/{arm}/{batch}.json"

    def all_candidates(self, wildcards: OfModel) -> list[str]:
        """Return the candidates files of all arms of a model that run a network."""
        return [
            self.candidates(wildcards.model, arm, batch)
            for arm in (*self.pytorch_arms, *self.onnx_arms)
            for batch in self.batches
        ]

    def all_suppressed(self, wildcards: OfModel) -> list[str]:
        """Return what NMS leaves of the candidates of all PyTorch arms of a model."""
        return [
            f"results/infer_pytorch/{wildcards.model}/{arm}/suppressed/{batch}.npz"
            for arm in self.pytorch_arms
            for batch in self.batches
        ]

    def all_detections(self, wildcards: OfModel) -> list[str]:
        """Return the detections files of all arms of a model."""
        return [
            self.detections(wildcards.model, arm, batch)
            for arm in self.arms
            if self.belongs(arm, wildcards.model)
            for batch in self.batches
        ]

    def belongs(self, name: str, model: str) -> bool:
        """Return whether an arm or a comparison is one of a model; most are of every model."""
        others = set(self.config.external) - set(of_model(self.config, model))
        return not any(
            name in (f"external-{each}", at_thresholds_of(each, self.config)) for each in others
        )

    @property
    def reference_prefix(self) -> str:
        """What the names of the arms of the reference begin with."""
        return reference_prefix(self.config)

    def fallback_detections(self, wildcards: Wildcards) -> str:
        """Return the detections file that a fallback takes its detections from."""
        arm = REFERENCE_ARM if self.has_checkpoint else GIVEN_ARM
        return self.detections(wildcards.model, arm, wildcards.batch)
