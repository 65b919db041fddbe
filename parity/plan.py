"""Which arms and comparisons a configuration asks for, and which files belong to them."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from parity.batches import Batches, plan_batches, planned_batches
from parity.errors import UserError
from parity.listing import find_samples, list_images, list_paths
from parity.locks import hold

BATCHES = "results/batches"
LOCK = "results/batches/.lock"
SAMPLES_NOTE = (
    "{source} holds no image yet, so the sample images of the installed packages were used."
)


@dataclass(frozen=True)
class Arm:
    """One way of producing detections.

    Attributes
    ----------
    backend : str
        ``pytorch`` or ``onnx``.
    imgsz : tuple of int
        Height and width that images are fitted into, px.
    rect : bool
        Whether they are fitted into a minimal rectangle or the whole size.
    export : str
        Name of the export, empty for a PyTorch arm.
    """

    backend: str
    imgsz: tuple[int, int]
    rect: bool
    export: str = ""


@dataclass(frozen=True)
class Comparison:
    """Two arms that are compared.

    Attributes
    ----------
    effect : str
        ``geometry``, ``runtime`` or ``deployment``: what the difference is due to.
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


class Plan:
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
            for batch in self.batches
        ]

    @property
    def exports(self) -> dict[str, dict[str, Any]]:
        """Settings that the exporter needs by export; tolerances and the like left out."""
        return {
            name: {
                "onnx": export.get("onnx", ""),
                "opset": export["opset"],
                "simplify": export["simplify"],
                "dynamic": export["dynamic"],
                "imgsz": list(as_pair(export.get("imgsz", self.config["imgsz"]))),
            }
            for name, export in self.config["exports"].items()
        }

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
    """Return the arms by name: the reference, one control per geometry, one arm per export."""
    default = as_pair(config["imgsz"])
    arms = {
        "pytorch-rect": Arm("pytorch", default, True),
        "pytorch-square": Arm("pytorch", default, False),
    }
    for name, export in config["exports"].items():
        imgsz, rect = as_pair(export.get("imgsz", config["imgsz"])), export["dynamic"]
        arms[control_of(imgsz, rect, default)] = Arm("pytorch", imgsz, rect)
        arms[f"onnx-{name}"] = Arm("onnx", imgsz, rect, name)
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
        if arm.backend != "onnx":
            continue
        runtime, deployment = f"runtime-{arm.export}", f"deployment-{arm.export}"
        own = config["exports"][arm.export].get("tolerances", common)
        control = control_of(arm.imgsz, arm.rect, default)
        comparisons[runtime] = Comparison("runtime", control, name, True, own)
        comparisons[deployment] = Comparison(
            "deployment", "pytorch-rect", name, deployment in gate, common
        )
    for unknown in sorted(gate - set(comparisons)):
        raise UserError(
            f"config: gate names {unknown!r}; it may name {', '.join(sorted(comparisons))}."
        )
    return comparisons


def control_of(imgsz: tuple[int, int], rect: bool, default: tuple[int, int]) -> str:
    """Return the name of the PyTorch arm with a geometry."""
    kind = "rect" if rect else "square"
    if imgsz == default:
        return f"pytorch-{kind}"
    size = str(imgsz[0]) if imgsz[0] == imgsz[1] else f"{imgsz[0]}x{imgsz[1]}"
    return f"pytorch-{kind}-{size}"


def as_pair(imgsz: int | list[int]) -> tuple[int, int]:
    """Return height and width of a size that may be one number."""
    return (imgsz, imgsz) if isinstance(imgsz, int) else (imgsz[0], imgsz[1])
