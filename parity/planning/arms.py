"""Which arms and comparisons a configuration asks for.

An *arm* is one way of producing detections, as in a controlled trial: all arms see the same images,
and a comparison of two arms that differ in one thing shows what that thing does.
"""

from dataclasses import dataclass, replace
from typing import Literal

from parity.comparison.settings import ComparisonSettings
from parity.errors import UserError
from parity.planning.config import Config, as_pair
from parity.planning.exports import runtime_of_export

REFERENCE_ARM = "pytorch-rect"
"""The arm that does what ``predict`` of Ultralytics does with a ``.pt``."""

SQUARE_ARM = "pytorch-square"


@dataclass(frozen=True)
class Arm:
    """A way to produce detections.

    Attributes
    ----------
    backend : {"pytorch", "onnx", "external", "control"}
        What detects: a network that runs here; ``external``, somebody else's deployment; or
        ``control``, PyTorch's candidates at the thresholds of an external deployment.
    imgsz : tuple of int
        Height and width that images are fitted into, px.
    rect : bool
        Whether they are fitted into a minimal rectangle or the whole size.
    export : str
        Name of the export that it runs, empty for a PyTorch arm.
    end2end : bool
        Whether the head of YOLO26 or YOLOv10 is used that needs no non-maximum suppression.
    runtime : str
        What runs an export; empty for other arms.
    providers : tuple of str
        Execution providers of ONNX Runtime, the preferred first; empty for other arms.
    fallback_provider : bool
        Whether it may run on other providers where these are not available.
    """

    backend: Literal["pytorch", "onnx", "external", "control"]
    imgsz: tuple[int, int]
    rect: bool
    export: str = ""
    end2end: bool = False
    runtime: str = ""
    providers: tuple[str, ...] = ()
    fallback_provider: bool = False


def plan_arms(config: Config) -> dict[str, Arm]:
    """Return the arms by name: the reference, a control per geometry and head, the exports."""
    arms = {
        REFERENCE_ARM: Arm("pytorch", config.size, True),
        SQUARE_ARM: Arm("pytorch", config.size, False),
    }
    for name, export in config.exports.items():
        arm = Arm("onnx", config.size_of(name), export.dynamic, name, export.nms is False)
        arms[control_of(arm, config.size)] = replace(arm, backend="pytorch", export="")
        arms[f"onnx-{name}"] = replace(
            arm,
            runtime=runtime_of_export(config, name),
            providers=export.providers,
            fallback_provider=export.fallback_provider,
        )
    for name, external in config.external.items():
        arm = external_arm(config, name)
        arms.setdefault(control_of(arm, config.size), replace(arm, backend="pytorch", export=""))
        if external.has_boxes:
            arms[at_thresholds_of(name)] = replace(arm, backend="control")
            arms[f"external-{name}"] = arm
    return arms


def external_arm(config: Config, name: str) -> Arm:
    """Return the arm that a deployment is, whether or not there are boxes of it."""
    external, export = config.external[name], config.export_of(name)
    given = config.exports[export]
    size, rect = config.size_of(export), given.dynamic
    if rect and external.imgsz is not None:
        size = as_pair(external.imgsz)
    rect = external.geometry == "rect" if external.geometry else rect
    return Arm("external", size, rect, export, given.nms is False)


def plan_comparisons(config: Config, arms: dict[str, Arm]) -> dict[str, ComparisonSettings]:
    """Return the comparisons by name: geometry, and runtime and deployment of every export.

    Raises
    ------
    UserError
        If the gate names a comparison that does not exist.
    """
    common = config.tolerances
    planned = {"geometry": ComparisonSettings("geometry", REFERENCE_ARM, SQUARE_ARM, False, common)}
    for name, arm in arms.items():
        control = control_of(arm, config.size)
        if arm.backend == "external":
            external = name.removeprefix("external-")
            own = config.external[external].tolerances or common
            reference = at_thresholds_of(external)
            planned[name] = ComparisonSettings("external", reference, name, False, own)
        elif arm.backend == "onnx":
            if control not in (REFERENCE_ARM, SQUARE_ARM):
                geometry = f"geometry-{control.removeprefix('pytorch-')}"
                planned[geometry] = ComparisonSettings(
                    "geometry", REFERENCE_ARM, control, False, common
                )
            own = config.exports[arm.export].tolerances or common
            runtime, deployment = f"runtime-{arm.export}", f"deployment-{arm.export}"
            planned[runtime] = ComparisonSettings("runtime", control, name, True, own)
            planned[deployment] = ComparisonSettings(
                "deployment", REFERENCE_ARM, name, False, common
            )
    for unknown in sorted(set(config.gate) - set(planned)):
        raise UserError(
            f"config: gate names {unknown!r}; it may name {', '.join(sorted(planned))}."
        )
    return planned | {name: replace(planned[name], gated=True) for name in config.gate}


def at_thresholds_of(external: str) -> str:
    """Return the name of the arm that is PyTorch at the thresholds of a deployment."""
    return f"pytorch-as-{external}"


def control_of(arm: Arm, default: tuple[int, int]) -> str:
    """Return the name of the PyTorch arm with the geometry and the head of an arm.

    Parameters
    ----------
    arm : Arm
        Any arm.
    default : tuple of int
        Height and width that names leave out, px.
    """
    kind = "rect" if arm.rect else "square"
    height, width = arm.imgsz
    size = f"-{height}" if height == width else f"-{height}x{width}"
    return f"pytorch-{kind}{size if arm.imgsz != default else ''}{'-end2end' * arm.end2end}"
