"""What a measurement was made on."""

import os
import platform
from pathlib import Path

from parity.benchmarking.results import Machine
from parity.provenance import versions

PACKAGES = ("ultralytics", "torch", "onnxruntime", "opencv-python", "numpy")


def describe_machine(cores: int) -> Machine:
    """Return what this machine is.

    Parameters
    ----------
    cores : int
        Cores that the measurement may use.
    """
    return Machine(
        processor=_processor(),
        cores=cores,
        cores_there=os.cpu_count(),
        load_before=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        system=platform.platform(),
        python=platform.python_version(),
        versions=versions(*PACKAGES),
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
