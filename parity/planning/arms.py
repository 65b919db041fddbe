"""Which arms and comparisons a configuration asks for.

An *arm* is one way of producing detections, as in a controlled trial: all arms see the same images,
and a comparison of two arms that differ in one thing shows what that thing does.
"""

from dataclasses import dataclass, replace
from typing import Literal

from parity.backends.runtimes.onnxruntime import PROVIDERS
from parity.comparison.settings import GIVEN_ARM, GIVEN_REFERENCE, ComparisonSettings
from parity.errors import UserError
from parity.planning.config import Config
from parity.planning.exports import DEFAULT_RUNTIME, runtime_of_export

REFERENCE_ARM = "pytorch-rect"
"""The arm that does what ``predict`` of Ultralytics does with a ``.pt``."""

SQUARE_ARM = "pytorch-square"


@dataclass(frozen=True)
class Arm:
    """A way to produce detections."""

    backend: Literal["pytorch", "onnx", "external", "control"]
    """What detects: a network that runs here; ``external``, somebody else's deployment; or
    ``control``, PyTorch's candidates at the thresholds of an external deployment."""
    imgsz: tuple[int, int] | None
    """Height and width that images are fitted into, px; None for those of the model."""
    rect: bool
    """Whether they are fitted into a minimal rectangle or the whole size."""
    export: str = ""
    """Name of the export that it runs, empty for a PyTorch arm."""
    end2end: bool | None = False
    """Whether the head of YOLO26 or YOLOv10 is used that needs no non-maximum suppression; None
    where no PyTorch arm has to use the same."""
    runtime: str = ""
    """What runs an export; empty for other arms."""
    providers: tuple[str, ...] = ()
    """Execution providers of ONNX Runtime, the preferred first; empty for other arms."""
    fallback_provider: bool = False
    """Whether it may run on other providers where these are not available."""


def plan_arms(config: Config) -> dict[str, Arm]:
    """Return the arms by name: the reference, a control per geometry and head, the exports."""
    networks = _given_arms(config) if config.reference else _arms_of(config)
    return networks | {
        arm_name: arm
        for name, external in config.external.items()
        if external.has_boxes
        for arm_name, arm in _external_arms(config, name).items()
    }


def _arms_of(config: Config) -> dict[str, Arm]:
    """Return PyTorch's arms and those of the exports of a checkpoint."""
    arms = {
        REFERENCE_ARM: Arm("pytorch", None, True),
        SQUARE_ARM: Arm("pytorch", None, False),
    }
    for name, export in config.exports.items():
        size = config.own_size(export.imgsz)
        arm = Arm("onnx", size, export.dynamic, name, export.nms is False)
        arms[control_of(arm)] = replace(arm, backend="pytorch", export="")
        arms[f"onnx-{name}"] = replace(
            arm,
            runtime=runtime_of_export(config, name),
            providers=export.providers,
            fallback_provider=export.fallback_provider,
        )
    for name in config.external:
        arm = external_arm(config, name)
        arms.setdefault(control_of(arm), replace(arm, backend="pytorch", export=""))
    return arms


def _given_arms(config: Config) -> dict[str, Arm]:
    """Return the arms of the file that is the reference, and of those that take the same input.

    The reference that a deployment runs is the only export, too; it is not run twice.
    """
    dynamic = any(export.dynamic for export in config.exports.values())
    arm = Arm("onnx", None, dynamic, GIVEN_REFERENCE, None, DEFAULT_RUNTIME, PROVIDERS)
    arms = {GIVEN_ARM: arm}
    files = [export.onnx for export in config.exports.values()]
    if config.external and config.reference and files == [config.reference.onnx]:
        return arms
    for name, export in config.exports.items():
        arms[f"onnx-{name}"] = replace(
            arm,
            export=name,
            runtime=runtime_of_export(config, name),
            providers=export.providers,
            fallback_provider=export.fallback_provider,
        )
    return arms


def _external_arms(config: Config, name: str) -> dict[str, Arm]:
    arm = external_arm(config, name)
    control = replace(arm, backend="control")
    return {at_thresholds_of(name, config): control, f"external-{name}": arm}


def external_arm(config: Config, name: str) -> Arm:
    """Return the arm that a deployment is, whether or not there are boxes of it."""
    external, export = config.external[name], config.export_of(name)
    given = config.exports[export]
    asked, rect = given.imgsz, given.dynamic
    if rect and external.imgsz is not None:
        asked = external.imgsz
    rect = external.geometry == "rect" if external.geometry else rect
    return Arm("external", config.own_size(asked), rect, export, given.nms is False)


def plan_comparisons(config: Config, arms: dict[str, Arm]) -> dict[str, ComparisonSettings]:
    """Return the comparisons by name: geometry, and runtime and deployment of every export.

    Without a checkpoint there are only the runtime effects: all files take the same input.

    Raises
    ------
    UserError
        If the gate names a comparison that does not exist.
    """
    common = config.tolerances
    planned = {}
    if not config.reference:
        pair = REFERENCE_ARM, SQUARE_ARM
        planned["geometry"] = ComparisonSettings("geometry", *pair, False, common)
    for name, arm in arms.items():
        control = control_in(config, arm)
        if arm.backend == "external":
            external = name.removeprefix("external-")
            own = config.external[external].tolerances or common
            reference = at_thresholds_of(external, config)
            planned[name] = ComparisonSettings("external", reference, name, False, own)
        elif arm.backend == "onnx" and name != GIVEN_ARM:
            if control not in (REFERENCE_ARM, SQUARE_ARM, GIVEN_ARM):
                geometry = f"geometry-{control.removeprefix('pytorch-')}"
                planned[geometry] = ComparisonSettings(
                    "geometry", REFERENCE_ARM, control, False, common
                )
            own = config.exports[arm.export].tolerances or common
            runtime, deployment = f"runtime-{arm.export}", f"deployment-{arm.export}"
            planned[runtime] = ComparisonSettings("runtime", control, name, True, own)
            if not config.reference:
                planned[deployment] = ComparisonSettings(
                    "deployment", REFERENCE_ARM, name, False, common
                )
    for unknown in sorted(set(config.gate) - set(planned)):
        raise UserError(
            f"config: gate names {unknown!r}; it may name {', '.join(sorted(planned))}."
        )
    return planned | {name: replace(planned[name], gated=True) for name in config.gate}


def at_thresholds_of(external: str, config: Config) -> str:
    """Return the name of the arm that is the reference at the thresholds of a deployment."""
    return f"{reference_prefix(config)}-as-{external}"


def reference_prefix(config: Config) -> str:
    """Return what the names of the arms of the reference begin with."""
    return GIVEN_ARM if config.reference else "pytorch"


def control_in(config: Config, arm: Arm) -> str:
    """Return the name of the arm that an arm is compared with on the same input."""
    return GIVEN_ARM if config.reference else control_of(arm)


def control_of(arm: Arm) -> str:
    """Return the name of the PyTorch arm with the geometry and the head of an arm."""
    parts = ["pytorch", "rect" if arm.rect else "square"]
    if arm.imgsz is not None:
        parts.append("x".join(map(str, dict.fromkeys(arm.imgsz))))
    if arm.end2end:
        parts.append("end2end")
    return "-".join(parts)
