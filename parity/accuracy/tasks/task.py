"""What a task must define of accuracy, and the registry."""

from collections.abc import Callable
from dataclasses import dataclass

from parity.accuracy.measured_arm import ArmFiles, MeasuredArm, Yardstick
from parity.detection.head import NetworkHead
from parity.labels.label_reader import LabelReader
from parity.registry import Registry


@dataclass(frozen=True)
class MeasuredTask:
    """How models of a task are measured against labels."""

    labels: Callable[[NetworkHead], LabelReader]
    """How labels are read, given what the end of the network is."""
    measure: Callable[[ArmFiles, Yardstick], MeasuredArm]
    """Measure an arm."""
    says: str
    """What its metrics are, in sentences for the report."""


MEASURED_TASKS: Registry[MeasuredTask] = Registry("task")
"""How tasks are measured, by the name of the task."""
