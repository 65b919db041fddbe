"""Which arms and comparisons a configuration asks for."""

from dataclasses import dataclass, replace
from typing import Any

from parity.errors import UserError
from parity.planning.exports import as_pair
from parity.planning.externals import export_of


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
    runtime : str
        What runs an export, ``onnxruntime`` or ``openvino``; empty for other arms.
    providers : tuple of str
        Execution providers of ONNX Runtime, the preferred first; empty for other arms.
    """

    backend: str
    imgsz: tuple[int, int]
    rect: bool
    export: str = ""
    end2end: bool = False
    runtime: str = ""
    providers: tuple[str, ...] = ()


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
        runtime, providers = export["runtime"], tuple(export["providers"])
        arms[f"onnx-{name}"] = replace(arm, runtime=runtime, providers=providers)
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
        if control not in ("pytorch-rect", "pytorch-square"):
            geometry = f"geometry-{control.removeprefix('pytorch-')}"
            comparisons[geometry] = Comparison(
                "geometry", "pytorch-rect", control, geometry in gate, common
            )
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
