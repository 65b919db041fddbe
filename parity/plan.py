"""Which arms and comparisons a configuration asks for, and which files belong to them."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from parity.batches import Batches, plan_batches, planned_batches
from parity.calibration import calibration_file, plan_calibration
from parity.errors import UserError
from parity.exports import (
    as_pair,
    counterpart,
    description_file,
    export_settings,
    model_file,
    quantised,
    suspects,
    wanted_of,
)
from parity.externals import ExternalPlan, export_of, of_model
from parity.grid import grid_of
from parity.labelling import plan_labels
from parity.listing import find_samples, list_images, list_paths
from parity.locks import hold

BATCHES = "results/batches"
LOCK = "results/batches/.lock"
SAMPLES_NOTE = (
    "The folder {source} holds no image yet, so samples were used: photographs that the installed "
    "packages bring, and one scene with nothing in it."
)


@dataclass(frozen=True)
class Arm:
    """One way of producing detections.

    Attributes
    ----------
    backend : str
        ``pytorch``, ``onnx`` or ``external``.
    imgsz : tuple of int
        Height and width that images are fitted into, px.
    rect : bool
        Whether they are fitted into a minimal rectangle or the whole size.
    export : str
        Name of the export that it runs, empty for a PyTorch arm.
    end2end : bool
        Whether the head of YOLO26 or YOLOv10 is used that needs no suppression.
    """

    backend: str
    imgsz: tuple[int, int]
    rect: bool
    export: str = ""
    end2end: bool = False


@dataclass(frozen=True)
class Comparison:
    """Two arms that are compared.

    Attributes
    ----------
    effect : str
        ``geometry``, ``runtime``, ``deployment`` or ``external``: what the difference is due to.
    reference, candidate : str
        Names of the arms.
    gated : bool
        Whether it decides the verdict.
    tolerance : dict
        Differences that are still called equal.
    """

    effect: str
    reference: str
    candidate: str
    gated: bool
    tolerance: dict[str, Any]


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
        planned = plan_images(config) if coordinating else planned_batches(BATCHES)
        self.batches, self.note = planned.names, planned.note
        if coordinating:
            plan_calibration(config, [f"{BATCHES}/{batch}.json" for batch in self.batches])
            plan_labels(config)

    def control(self, name: str) -> str:
        """Return the PyTorch arm that a deployment from elsewhere is held against."""
        return self.comparisons[f"external-{name}"].reference

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

    def belongs(self, name: str, model: str) -> bool:
        """Return whether an arm or a comparison is one of a model; most are of every model."""
        own = [f"external-{external}" for external in of_model(self.config, model)]
        return not name.startswith("external-") or name in own

    def all_comparisons(self, wildcards: Any) -> list[str]:
        """Return the comparison files of a model."""
        return [
            f"results/compare/{wildcards.model}/{name}/{batch}.json"
            for name in self.comparisons_of(wildcards)
            for batch in self.batches
        ]

    def comparisons_of(self, wildcards: Any) -> dict[str, dict[str, Any]]:
        """Return the settings of the comparisons of a model by name."""
        every = self.comparison_settings
        return {name: every[name] for name in every if self.belongs(name, wildcards.model)}

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
    def exports(self) -> list[str]:
        """Names of the exports."""
        return list(self.config["exports"])

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

    def calibrating(self, wildcards: Any) -> list[str]:
        """Return the list of images that calibrate an export, if any do."""
        made = wildcards.export in self.quantised
        return [calibration_file(wildcards.export)] if made else []

    def counterpart_onnx(self, wildcards: Any) -> str:
        """Return the fp32 export that an export is held against, or itself."""
        name = counterpart(self.config, wildcards.export)
        return f"results/export/{wildcards.model}/{name}.onnx"

    @property
    def suspects(self) -> dict[str, dict[str, Any]]:
        """Settings of the exports whose layers are looked into."""
        return suspects(self.config)

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
            f"results/inspect/{wildcards.model}/{export}.json" for export in self.config["exports"]
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


def plan_images(config: dict[str, Any]) -> Batches:
    """Find the images and divide them into batches; samples while the folder is empty.

    Another run in the same folder may be going on. Its lists are never rewritten under it: its
    plan is taken as it is, and Snakemake's own lock decides whether this run may go on.

    Raises
    ------
    UserError
        If the other run was asked for something else.
    """
    request = {key: config[key] for key in ("images", "images_per_job")}
    if not hold(LOCK):
        planned = planned_batches(BATCHES)
        if planned.request != request:
            raise UserError(
                "Another run in this folder is going on with other images; "
                "wait for its end, or run in a folder of its own (--directory)."
            )
        return planned
    images, note = list_images(config["images"]), ""
    if not images.names:
        images = list_paths(find_samples())
        note = SAMPLES_NOTE.format(source=config["images"])
    return plan_batches(
        images,
        images_per_job=config["images_per_job"],
        note=note,
        directory=BATCHES,
        request=request,
    )


def plan_arms(config: dict[str, Any]) -> dict[str, Arm]:
    """Return the arms by name: the reference, a control per geometry and head, the exports."""
    default = as_pair(config["imgsz"])
    arms = {
        "pytorch-rect": Arm("pytorch", default, True),
        "pytorch-square": Arm("pytorch", default, False),
    }
    for name, export in config["exports"].items():
        imgsz, rect = as_pair(export.get("imgsz", config["imgsz"])), export["dynamic"]
        arm = Arm("onnx", imgsz, rect, name, export.get("nms") is False)
        arms[control_of(arm, default)] = replace(arm, backend="pytorch", export="")
        arms[f"onnx-{name}"] = arm
    for name, external in config["external"].items():
        arm = arms[f"onnx-{export_of(config, name)}"]
        if arm.rect and "imgsz" in external:
            arm = replace(arm, imgsz=as_pair(external["imgsz"]))
        rect = {"rect": True, "square": False}.get(external.get("geometry", ""), arm.rect)
        arm = replace(arm, backend="external", rect=rect)
        arms.setdefault(control_of(arm, default), replace(arm, backend="pytorch", export=""))
        arms[f"external-{name}"] = arm
    return arms


def plan_comparisons(config: dict[str, Any], arms: dict[str, Arm]) -> dict[str, Comparison]:
    """Return the comparisons by name: geometry, and runtime and deployment of every export.

    Raises
    ------
    UserError
        If the gate names a comparison that does not exist.
    """
    default = as_pair(config["imgsz"])
    common = config["tolerances"]
    gate = set(config["gate"])
    comparisons = {
        "geometry": Comparison(
            "geometry", "pytorch-rect", "pytorch-square", "geometry" in gate, common
        )
    }
    for name, arm in arms.items():
        if arm.backend == "external":
            own = config["external"][name.removeprefix("external-")].get("tolerances", common)
            control = control_of(arm, default)
            comparisons[name] = Comparison("external", control, name, name in gate, own)
        if arm.backend != "onnx":
            continue
        runtime, deployment = f"runtime-{arm.export}", f"deployment-{arm.export}"
        own = config["exports"][arm.export].get("tolerances", common)
        control = control_of(arm, default)
        comparisons[runtime] = Comparison("runtime", control, name, True, own)
        comparisons[deployment] = Comparison(
            "deployment", "pytorch-rect", name, deployment in gate, common
        )
    for unknown in sorted(gate - set(comparisons)):
        raise UserError(
            f"config: gate names {unknown!r}; it may name {', '.join(sorted(comparisons))}."
        )
    return comparisons


def control_of(arm: Arm, default: tuple[int, int]) -> str:
    """Return the name of the PyTorch arm with the geometry and the head of an arm."""
    kind = "rect" if arm.rect else "square"
    height, width = arm.imgsz
    size = f"-{height}" if height == width else f"-{height}x{width}"
    return f"pytorch-{kind}{size if arm.imgsz != default else ''}{'-end2end' * arm.end2end}"
