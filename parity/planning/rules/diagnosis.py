"""What the rules of ``rules/diagnosis.smk`` are given: boxes from elsewhere."""

from dataclasses import asdict, dataclass

from parity.planning.arms import REFERENCE_ARM, control_in, external_arm
from parity.planning.exports import model_file
from parity.planning.externals import boxes_file, known_of, source_of, tensor_files
from parity.planning.given_files import joined_digest
from parity.planning.rules.detection import DetectionRules
from parity.planning.rules.run_parts import Params, Wildcards


@dataclass(frozen=True)
class DiagnosisRules(DetectionRules):
    """Files and parameters of boxes from elsewhere and their diagnosis."""

    @property
    def injected(self) -> dict[str, Params]:
        """Faults and thresholds of the deployments that are run here, by name."""
        return {
            name: {"faults": list(each.inject), "conf": each.conf, "iou": each.iou}
            for name, each in self.config.external.items()
            if each.inject is not None
        }

    def boxes(self, wildcards: Wildcards) -> list[str]:
        """Return the file that a deployment's boxes come from; none for a folder of files."""
        file = boxes_file(self.config, wildcards.external)
        return [file] if file else []

    def source(self, wildcards: Wildcards) -> Params:
        """Return what is said of a deployment's boxes."""
        return source_of(self.config, wildcards.external)

    def content_of_boxes(self, wildcards: Wildcards) -> str:
        """Return the digest of the file that a deployment's boxes come from, and of its masks."""
        name = wildcards.external
        files = [self.config.external[name].detections or "", *self.pictures.get(name, ())]
        return joined_digest([self.given.get(path, "") for path in files])

    def known(self, wildcards: Wildcards) -> Params:
        """Return what is known of a deployment."""
        return asdict(known_of(self.config.external[wildcards.external]))

    def tensors(self, wildcards: Wildcards) -> list[str]:
        """Return the files of arrays that a deployment brings."""
        return tensor_files(self.config.external[wildcards.external])

    def content_of_tensors(self, wildcards: Wildcards) -> list[str]:
        """Return the digests of these files."""
        return [self.given.get(path, "") for path in self.tensors(wildcards)]

    def external_onnx(self, wildcards: Wildcards) -> str:
        """Return the model file that a deployment runs."""
        export = self.config.export_of(wildcards.external)
        return model_file(self.config, wildcards.model, export)

    def networks(self, wildcards: Wildcards) -> list[str]:
        """Return the files of all exports of a model, each named after its export."""
        return [model_file(self.config, wildcards.model, name) for name in self.exports]

    def control(self, external: str) -> str:
        """Return the PyTorch arm with the geometry and the head of a deployment."""
        return control_in(self.config, external_arm(self.config, external))

    def about(self, wildcards: Wildcards) -> dict[str, str]:
        """Return what a deployment runs and what it is compared with."""
        name = wildcards.external
        export, control = self.config.export_of(name), self.control(name)
        return {"external": name, "export": export, "reference": control}

    def external_detections(self, wildcards: Wildcards) -> list[str]:
        """Return the detections files of a deployment; none if it brings no boxes."""
        arm = f"external-{wildcards.external}"
        batches = self.batches if arm in self.arms else []
        return [self.detections(wildcards.model, arm, batch) for batch in batches]

    def control_detections(self, wildcards: Wildcards) -> list[str]:
        """Return the detections files of the control of a deployment."""
        arm = self.control(wildcards.external)
        return [self.detections(wildcards.model, arm, batch) for batch in self.batches]

    def control_candidates(self, wildcards: Wildcards) -> list[str]:
        """Return the candidates files of the control of a deployment."""
        arm = self.control(wildcards.external)
        return [self.candidates(wildcards.model, arm, batch) for batch in self.batches]

    def rectangle_candidates(self, wildcards: Wildcards) -> list[str]:
        """Return the candidates files of ``predict`` on the checkpoint; none if the control's."""
        if REFERENCE_ARM not in {*self.arms} - {self.control(wildcards.external)}:
            return []
        return [self.candidates(wildcards.model, REFERENCE_ARM, batch) for batch in self.batches]

    @property
    def external_files(self) -> list[str]:
        """Model and name of each deployment."""
        return [f"{self.config.model_of(name)}/{name}" for name in self.config.external]

    @property
    def drawn_files(self) -> list[str]:
        """Model and name of each deployment that there are boxes of."""
        return [
            f"{self.config.model_of(name)}/{name}"
            for name, external in self.config.external.items()
            if external.has_boxes
        ]

    @property
    def drawn_variants(self) -> list[str]:
        """The same in other schemes and widths, each in a folder of its model."""
        variants = ("dark", "narrow", "narrow/dark")
        return [file.replace("/", f"/{each}/") for file in self.drawn_files for each in variants]
