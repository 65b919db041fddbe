"""What the rules of ``rules/models.smk`` are given: checkpoints and exports."""

from dataclasses import asdict, dataclass
from pathlib import Path

from parity.backends.runtime_files import files_of
from parity.comparison.settings import GIVEN_REFERENCE
from parity.planning.calibration import calibration_file
from parity.planning.config import ExportConfig, ReferenceConfig
from parity.planning.exports import (
    all_options,
    counterpart_name,
    description_file,
    model_file,
    pack_options,
)
from parity.planning.rules.run_parts import OfModel, Params, RunParts, Wildcards


@dataclass(frozen=True)
class ModelRules(RunParts):
    """Files and parameters of checkpoints and their exports."""

    def weights(self, wildcards: Wildcards) -> list[str]:
        """Return the file that a model's checkpoint comes from, if it is one."""
        weights = self.config.models[wildcards.model].weights
        return [weights] if Path(weights).is_file() else []

    def content_of_weights(self, wildcards: Wildcards) -> str:
        """Return the digest of the file that a model's checkpoint comes from, if it is one."""
        return self.given.get(self.config.models[wildcards.model].weights, "")

    def export_options(self, wildcards: Wildcards) -> Params:
        """Return what rule ``export`` is told of an export, or of the fp32 counterpart of one."""
        size = self.config.size_of(wildcards.model)
        return all_options(self.config)[wildcards.export].to_params(size)

    def reference_file(self, wildcards: OfModel) -> str:
        """Return what the files of a model are compared with: a checkpoint, or an ONNX file."""
        model = wildcards.model
        if self.has_checkpoint:
            return f"results/checkpoint/{model}.pt"
        return f"results/take/{model}/{GIVEN_REFERENCE}.onnx"

    def reference_facts(self, wildcards: OfModel) -> str:
        """Return what says what the reference is; an ONNX file says so itself."""
        model = wildcards.model
        if self.has_checkpoint:
            return f"results/checkpoint/{model}.json"
        return self.reference_file(wildcards)

    def taken(self, wildcards: Wildcards) -> Params:
        """Return what rule ``take`` is told of a file."""
        return {
            "family": self.config.models[wildcards.model].family,
            "metadata": asdict(self.given_of(wildcards.export).metadata),
            "imgsz": list(self.config.size_of(wildcards.model)),
        }

    def given_of(self, export: str) -> ReferenceConfig | ExportConfig:
        """Return the reference, or an export."""
        reference = self.config.reference
        return reference if reference and export == GIVEN_REFERENCE else self.config.exports[export]

    def taken_file(self, wildcards: Wildcards) -> str:
        """Return the file that is given as an export, or as the reference."""
        return self.given_of(wildcards.export).onnx or ""

    def content_of_taken(self, wildcards: Wildcards) -> str:
        """Return its digest."""
        return self.given.get(self.taken_file(wildcards), "")

    def taken_reference(self, wildcards: Wildcards) -> list[str]:
        """Return the reference that a file is compared with when it is taken; none for itself."""
        is_reference = wildcards.export == GIVEN_REFERENCE
        return [] if is_reference else [self.reference_file(wildcards)]

    def given_export(self, wildcards: Wildcards) -> list[str]:
        """Return the ONNX file that an export is given as, if it is."""
        given = all_options(self.config)[wildcards.export].onnx
        return [given] if given else []

    def content_of_export(self, wildcards: Wildcards) -> str:
        """Return the digest of the ONNX file that an export is given as, if it is."""
        return self.given.get(all_options(self.config)[wildcards.export].onnx, "")

    def pack_options(self, wildcards: Wildcards) -> Params:
        """Return what rule ``pack`` is told of an export that is a file of a runtime's own."""
        return pack_options(self.config, wildcards.model, wildcards.export)

    def given_files(self, wildcards: Wildcards) -> list[str]:
        """Return the files of a runtime's own that an export is given as, if it is."""
        given = self.config.exports[wildcards.export].file
        return [str(path) for path in files_of(given)] if given else []

    def content_of_files(self, wildcards: Wildcards) -> list[str]:
        """Return the digests of these files."""
        return [self.given.get(path, "") for path in self.given_files(wildcards)]

    @property
    def quantised(self) -> dict[str, Params]:
        """What rule ``quantise`` is told, by export that it makes."""
        return {
            name: {"keep_fp32": list(export.keep_fp32)}
            for name, export in self.config.exports.items()
            if export.is_quantised_here
        }

    def calibration(self, wildcards: Wildcards) -> list[str]:
        """Return the list of the images that calibrate an export, if any do."""
        made = self.config.exports[wildcards.export].is_quantised_here
        return [calibration_file(wildcards.export)] if made else []

    def onnx(self, wildcards: Wildcards) -> str:
        """Return the ONNX file of an export."""
        return model_file(self.config, wildcards.model, wildcards.export)

    def description(self, wildcards: Wildcards) -> str:
        """Return the description of an export."""
        return description_file(self.config, wildcards.model, wildcards.export)

    def descriptions(self, wildcards: Wildcards) -> list[str]:
        """Return the descriptions of all exports of a model."""
        return [description_file(self.config, wildcards.model, name) for name in self.exports]

    def counterpart(self, wildcards: Wildcards) -> str:
        """Return the fp32 model that an export is compared with: the export itself if it is one."""
        if not self.has_checkpoint:
            return self.reference_file(wildcards)
        name = counterpart_name(self.config, wildcards.export)
        return f"results/export/{wildcards.model}/{name}.onnx"

    def counterpart_description(self, wildcards: Wildcards) -> list[str]:
        """Return the description of the fp32 model that an export is compared with, if another."""
        if self.config.exports[wildcards.export].is_own:
            return []
        like = str(Path(self.counterpart(wildcards)).with_suffix(".json"))
        return [] if like == self.description(wildcards) else [like]

    def wanted(self, wildcards: Wildcards) -> Params:
        """Return what the file of an export should be like, see rule ``inspect_export``."""
        export = self.config.exports[wildcards.export]
        return {
            "given": export.onnx is not None or export.is_own,
            "opset": export.opset,
            "quantize": export.quantize,
            "dynamic": export.dynamic,
            "imgsz": list(self.config.size_of(wildcards.model, wildcards.export)),
        }

    @property
    def model_files(self) -> list[str]:
        """The ONNX files of all models and their descriptions."""
        made = [("export", name) for name in all_options(self.config)]
        made += [("quantise", name) for name in self.quantised]
        if not self.has_checkpoint:
            made = [("take", name) for name in (GIVEN_REFERENCE, *self.exports)]
        files = [(f"{rule}/{{}}/{name}", "onnx") for rule, name in made]
        own = [name for name, export in self.config.exports.items() if export.is_own]
        files += [(f"pack/{{}}/{name}", "zip") for name in own]
        return [
            f"results/{path.format(model)}.{each}"
            for model in self.models
            for path, suffix in files
            for each in (suffix, "json")
        ]
