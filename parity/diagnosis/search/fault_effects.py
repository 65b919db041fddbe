"""How much faults before the network change what it finds."""

from parity.deployment.geometry import CROPPING
from parity.deployment.pipeline import Pipeline
from parity.deployment.stage import allowed
from parity.diagnosis.catalogue.fault import Fault

GENTLE_SCALINGS = ("unit", "by_256")
"""The correct scaling of the input's levels, and one that hardly differs from it."""

DRASTIC = frozenset(
    (name, value)
    for name, values in (
        ("scaling", tuple(v for v in allowed(Pipeline, "scaling") if v not in GENTLE_SCALINGS)),
        ("axes", ("hwc", "cwh")),
        ("fitting", CROPPING),
        ("sides_exchanged", (True,)),
        ("reduction", (0.25,)),
    )
    for value in values
)
"""Choices with which scores differ by half a logit and more on average; measured with YOLO11n."""

SUBTLE = frozenset(
    (
        *("kernel", "grid", "levels", "edges", "border", "side_rounding", "border_rounding"),
        *("chroma", "jpeg_quality"),
    )
)
"""Choices with which scores differ by a tenth of a logit or two on average; measured likewise."""


def is_drastic(fault: Fault) -> bool:
    """Return whether little of what the network finds is left with a fault."""
    return not fault.assignments.isdisjoint(DRASTIC)


def is_subtle(fault: Fault) -> bool:
    """Return whether the network finds much the same with a fault."""
    return fault.fields <= SUBTLE


def crops_images(fault: Fault) -> bool:
    """Return whether a fault leaves parts of the image out."""
    return any(("fitting", value) in fault.assignments for value in CROPPING)


def turns_images(fault: Fault) -> bool:
    """Return whether a fault mirrors or turns the image."""
    return "turned" in fault.fields
