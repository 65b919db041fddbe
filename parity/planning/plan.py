"""What a run consists of, and which files and parameters its rules are given."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from parity.backends.own_files import files_of
from parity.comparison.settings import GIVEN_ARM, GIVEN_REFERENCE, ComparisonSettings
from parity.model_files.results import STORED_AS
from parity.planning.arms import (
    REFERENCE_ARM,
    SQUARE_ARM,
    Arm,
    at_thresholds_of,
    control_in,
    external_arm,
    reference_prefix,
)
from parity.planning.calibration import calibration_file
from parity.planning.config import FLOAT32, Config, ExportConfig, ReferenceConfig
from parity.planning.exports import (
    all_options,
    counterpart_name,
    description_file,
    model_file,
    pack_options,
)
from parity.planning.externals import (
    boxes_file,
    known_of,
    of_model,
    source_of,
    tensor_files,
)
from parity.planning.given_files import joined_digest

Params = dict[str, Any]
"""Plain values that a rule is given; Snakemake reruns the rule when they change."""


class OfModel(Protocol):
    """The wildcard that most rules have."""

    @property
    def model(self) -> str:
        """Name of a model."""


class Wildcards(OfModel, Protocol):
    """The wildcards of a rule, of which each has some."""

    export: str
    external: str
    arm: str
    comparison: str
    batch: str


@dataclass(frozen=True)
class Plan:
    """What a run consists of; its methods are the rules' input functions and parameters."""

    config: Config
    """What was asked for."""
    arms: dict[str, Arm]
    """Ways of producing detections, by name; the reference comes first."""
    comparisons: dict[str, ComparisonSettings]
    """Pairs of arms, by name."""
    batches: list[str]
    """Names of the batches of images."""
    note: str
    """What a reader should know of the choice of images; may be empty."""
    given: dict[str, str] = field(default_factory=dict)
    """Digest of each file that :func:`parity.planning.given_files.given_files` names, and of the
    pictures."""
    pictures: dict[str, list[str]] = field(default_factory=dict)
    """Files that hold masks, by deployment."""

    # Models and their exports: rules/models.smk

    @property
    def models(self) -> list[str]:
        """Names of the models."""
        return list(self.config.models)

    @property
    def exports(self) -> list[str]:
        """Names of the exports."""
        return list(self.config.exports)

    @property
    def names(self) -> dict[str, list[str]]:
        """What each wildcard may be that stands in the name of a folder."""
        return {
            "model": self.models,
            "export": self.exports,
            "external": list(self.config.external),
            "arm": list(self.arms),
            "comparison": list(self.comparisons),
        }

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

    @property
    def has_checkpoint(self) -> bool:
        """Whether there are checkpoints; without them, a file is the reference."""
        return self.config.reference is None

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
            return f"results/checkpoint/{model}.npz"
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

    # Candidates and detections: rules/detection.smk

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

    # Comparisons: rules/comparison.smk

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

    # The sweep: rules/sweep.smk

    @property
    def grid(self) -> dict[str, list[float]]:
        """Thresholds of the sweep; empty if none is asked for."""
        return self.config.grid

    @property
    def swept_models(self) -> list[str]:
        """Names of the models whose thresholds are swept: all or none."""
        return self.models if self.grid else []

    def swept_candidates(self, wildcards: Wildcards) -> list[str]:
        """Return the candidates files of all arms that are swept, for one batch."""
        return [
            self.candidates(wildcards.model, arm, wildcards.batch)
            for arm in dict.fromkeys(a for arms in self.network_comparisons.values() for a in arms)
        ]

    # Accuracy: rules/accuracy.smk

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

    # Layers of exports, fallbacks, the choice of an export, latency

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

    # Boxes from elsewhere and their diagnosis: rules/diagnosis.smk

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

    # Everything: rule all

    @property
    def kept_files(self) -> list[str]:
        """Every result that stays on disk, but for what the report is written from.

        Of candidates that do not stay, it is the seconds that they took, which come with them.
        """
        files = [*self.model_files]
        if self.has_checkpoint:
            for model in map(OneModel, self.models):
                files += [self.reference_file(model), self.reference_facts(model)]
        files += [
            f"results/inject/{self.config.model_of(name)}/{name}.json" for name in self.injected
        ]
        files += [
            f"results/fall_back/{file}/{batch}.json"
            for file in self.fallback_files
            for batch in self.batches
        ]
        files += [
            f"results/sweep/{model}/{batch}.json"
            for model in self.swept_models
            for batch in self.batches
        ]
        for model in map(OneModel, self.models):
            files += map(self.witness, self.all_candidates(model))
            files += self.all_suppressed(model) if self.config.keep_candidates else []
            files += [*self.all_detections(model), *self.all_comparisons(model)]
        return files

    def witness(self, candidates: str) -> str:
        """Return the file that stays of a file of candidates."""
        if self.config.keep_candidates:
            return candidates
        path = Path("benchmarks", *Path(candidates).parts[1:])
        return str(path.with_name(f"{path.stem}.json"))


@dataclass(frozen=True)
class OneModel:
    """A model, as what the input functions of rules are given."""

    model: str
