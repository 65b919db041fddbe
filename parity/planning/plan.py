"""Which arms and comparisons a configuration asks for, and which files belong to them."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from parity.comparison.threshold_grid import grid_of
from parity.data.batch_plan import BatchPlan, load_batch_plan, plan_batches
from parity.data.listing import find_samples, list_images, list_paths
from parity.errors import UserError
from parity.planning.arms import plan_arms, plan_comparisons
from parity.planning.calibration import calibration_file, plan_calibration
from parity.planning.exports import (
    counterpart,
    description_file,
    export_settings,
    model_file,
    quantised,
    suspects,
    wanted_of,
)
from parity.planning.externals import ExternalPlan
from parity.planning.label_digest import plan_labels
from parity.planning.locks import hold

BATCHES = "results/batches"
LOCK = "results/batches/.lock"
OWN_IMAGES = "images"
"""The project's folder for images; while it is empty, there are samples."""
SAMPLES_NOTE = (
    f"The folder {OWN_IMAGES} holds no image yet, so samples were used: photographs that the "
    "installed packages bring, and one scene with nothing in it."
)


class Plan(ExternalPlan):
    """The arms, comparisons and batches of a run; its methods are the rules' input functions."""

    def __init__(self, config: dict[str, Any], *, coordinating: bool) -> None:
        """Plan a run.

        Parameters
        ----------
        config : dict
            A completed configuration.
        coordinating : bool
            Whether this process plans the batches; a job reads what was planned.
        """
        self.config = config
        self.arms = plan_arms(config)
        self.comparisons = plan_comparisons(config, self.arms)
        planned = plan_images(config) if coordinating else load_batch_plan(BATCHES)
        self.batches, self.note = planned.names, planned.note
        if coordinating:
            plan_calibration(config, [f"{BATCHES}/{batch}.json" for batch in self.batches])
            plan_labels(config)

    @property
    def models(self) -> list[str]:
        """Names of the models."""
        return list(self.config["models"])

    @property
    def pytorch_arms(self) -> dict[str, dict[str, Any]]:
        """Settings of the PyTorch arms by name."""
        return {n: asdict(arm) for n, arm in self.arms.items() if arm.backend == "pytorch"}

    @property
    def onnx_arms(self) -> dict[str, dict[str, Any]]:
        """Settings of the ONNX arms by name."""
        return {n: asdict(arm) for n, arm in self.arms.items() if arm.backend == "onnx"}

    def weights(self, wildcards: Any) -> list[str]:
        """Return the file that a model's checkpoint comes from, if it is one."""
        weights = self.config["models"][wildcards.model]["weights"]
        return [weights] if Path(weights).is_file() else []

    def given_export(self, wildcards: Any) -> list[str]:
        """Return the ONNX file that an export is given as, if it is."""
        export = self.config["exports"][wildcards.export]
        return [export["onnx"]] if "onnx" in export else []

    def detections(self, model: str, arm: str, batch: str) -> str:
        """Return the detections file of an arm."""
        return f"results/detect_{self.arms[arm].backend}/{model}/{arm}/{batch}.json"

    def reference(self, wildcards: Any) -> str:
        """Return the detections file of a comparison's reference."""
        arm = self.comparisons[wildcards.comparison].reference
        return self.detections(wildcards.model, arm, wildcards.batch)

    def candidate(self, wildcards: Any) -> str:
        """Return the detections file of a comparison's candidate."""
        arm = self.comparisons[wildcards.comparison].candidate
        return self.detections(wildcards.model, arm, wildcards.batch)

    def all_detections(self, wildcards: Any) -> list[str]:
        """Return the detections files of all arms of a model."""
        return [
            self.detections(wildcards.model, arm, batch)
            for arm in self.arms
            if self.belongs(arm, wildcards.model)
            for batch in self.batches
        ]

    def all_candidates(self, wildcards: Any) -> list[str]:
        """Return the candidates files of all arms of a model that run a network."""
        return [
            f"results/infer_{self.arms[arm].backend}/{wildcards.model}/{arm}/{batch}.npz"
            for arm in {**self.pytorch_arms, **self.onnx_arms}
            for batch in self.batches
        ]

    @property
    def accuracy(self) -> dict[str, Any]:
        """Settings of the accuracy, and where the labels are."""
        return {"labels": self.config.get("labels", ""), **self.config["accuracy"]}

    @property
    def labelled_models(self) -> list[str]:
        """Names of the models whose accuracy is measured: all or none."""
        return self.models if "labels" in self.config else []

    @property
    def exports(self) -> dict[str, dict[str, Any]]:
        """Settings that the exporter needs by export of the configuration."""
        settings = self.export_settings
        return {name: settings[name] for name in self.config["exports"]}

    @property
    def export_settings(self) -> dict[str, dict[str, Any]]:
        """Settings that the exporter needs by export, fp32 counterparts of others among them."""
        return export_settings(self.config)

    @property
    def quantised(self) -> dict[str, dict[str, Any]]:
        """Settings that the quantisation needs by export, of those that are quantised here."""
        return quantised(self.config)

    def onnx(self, wildcards: Any) -> str:
        """Return the ONNX file of an export."""
        return model_file(self.config, wildcards.model, wildcards.export)

    def description(self, wildcards: Any) -> str:
        """Return what is written down of an export."""
        return description_file(self.config, wildcards.model, wildcards.export)

    def counterpart(self, wildcards: Any) -> list[str]:
        """Return the description of the fp32 export that an export is held against, if another."""
        name = counterpart(self.config, wildcards.export)
        like = f"results/export/{wildcards.model}/{name}.json"
        return [] if like == self.description(wildcards) else [like]

    def counterpart_onnx(self, wildcards: Any) -> str:
        """Return the fp32 export that an export is held against, or itself."""
        name = counterpart(self.config, wildcards.export)
        return f"results/export/{wildcards.model}/{name}.onnx"

    @property
    def suspects(self) -> dict[str, dict[str, Any]]:
        """Settings of the exports whose layers are looked into."""
        return suspects(self.config)

    @property
    def layer_files(self) -> list[str]:
        """What is found out about the layers of exports, of all models."""
        return [f"{model}/{export}" for model in self.models for export in self.suspects]

    @property
    def fallback_files(self) -> list[str]:
        """Counts of fallbacks, of all exports of all models; none unless asked for."""
        asked = self.exports if self.config["fallback"]["enabled"] else []
        return [f"{model}/{export}" for model in self.models for export in asked]

    @property
    def chosen_models(self) -> list[str]:
        """Names of the models with several exports to choose from: all or none."""
        return self.models if len(self.exports) > 1 else []

    def accuracies(self, wildcards: Any) -> list[str]:
        """Return the accuracy of a model, if its images are labelled."""
        known = wildcards.model in self.labelled_models
        return [f"results/accuracy/{wildcards.model}/accuracy.json"] if known else []

    def latencies(self, wildcards: Any) -> list[str]:
        """Return the timings of a model's exports, if every run makes them."""
        timed = self.exports if wildcards.model in self.timed_models else []
        return [f"results/latency/{wildcards.model}/{export}.json" for export in timed]

    @property
    def all_inspections(self) -> list[str]:
        """Inspections of all exports of all models."""
        return [
            f"results/inspect_export/{m}/{export}.json"
            for m in self.models
            for export in self.exports
        ]

    def calibrating(self, wildcards: Any) -> list[str]:
        """Return the list of images that calibrate an export, if any do."""
        made = wildcards.export in self.quantised
        return [calibration_file(wildcards.export)] if made else []

    @property
    def wanted(self) -> dict[str, dict[str, Any]]:
        """What the file of each export should be like."""
        return wanted_of(self.config)

    def inspections(self, wildcards: Any) -> list[str]:
        """Return the inspections of all exports of a model."""
        return [
            f"results/inspect_export/{wildcards.model}/{export}.json"
            for export in self.config["exports"]
        ]

    def descriptions(self, wildcards: Any) -> list[str]:
        """Return what is written down of all exports of a model."""
        return [
            description_file(self.config, wildcards.model, export)
            for export in self.config["exports"]
        ]

    @property
    def timed_models(self) -> list[str]:
        """Names of the models that are timed in every run: all or none."""
        return self.models if self.config["latency"]["in_report"] else []

    @property
    def grid(self) -> dict[str, list[float]]:
        """Thresholds of the sweep; empty if none is asked for."""
        return grid_of(self.config)

    @property
    def swept_models(self) -> list[str]:
        """Names of the models whose thresholds are swept: all or none."""
        return self.models if self.grid else []

    @property
    def swept_comparisons(self) -> dict[str, list[str]]:
        """Reference and candidate arm by comparison, where both have candidates."""
        stored = {*self.pytorch_arms, *self.onnx_arms}
        return {
            name: [each.reference, each.candidate]
            for name, each in self.comparisons.items()
            if {each.reference, each.candidate} <= stored
        }

    def swept_candidates(self, wildcards: Any) -> list[str]:
        """Return the candidates files of all arms that are swept, for one batch."""
        return [
            f"results/infer_{self.arms[arm].backend}/{wildcards.model}/{arm}/{wildcards.batch}.npz"
            for arm in dict.fromkeys(a for arms in self.swept_comparisons.values() for a in arms)
        ]

    @property
    def comparison_settings(self) -> dict[str, dict[str, Any]]:
        """Settings of the comparisons by name."""
        return {name: asdict(comparison) for name, comparison in self.comparisons.items()}


def plan_images(config: dict[str, Any]) -> BatchPlan:
    """Find the images and divide them into batches; samples while the project's folder is empty.

    Another run in the same folder may be going on. Its lists are never rewritten under it: its
    plan is taken as it is, and Snakemake's own lock decides whether this run may go on.

    Raises
    ------
    UserError
        If the other run was asked for something else, or there is no image.
    """
    request = config["images"], config["images_per_job"]
    if not hold(LOCK):
        planned = load_batch_plan(BATCHES)
        if (planned.source, planned.images_per_job) != request:
            raise UserError(
                "Another run in this folder is going on with other images; "
                "wait for its end, or run in a folder of its own (--directory)."
            )
        return planned
    images, note = list_images(config["images"]), ""
    if not images.names:
        if Path(config["images"]) != Path(OWN_IMAGES):
            raise UserError(
                f"config: images is {config['images']}, which holds no image; a folder is searched "
                "with all folders in it for .jpg, .png and what else OpenCV or Pillow reads."
            )
        images, note = list_paths(find_samples()), SAMPLES_NOTE
    return plan_batches(
        images,
        images_per_job=config["images_per_job"],
        note=note,
        directory=BATCHES,
        source=config["images"],
    )
