"""torchvision's compiled operators, without the rest of torchvision.

Ultralytics suppresses with ``torchvision.ops.nms`` in a process that has imported torchvision. That
brings torch's compiler and takes as long as torch itself; the operator needs only torch.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType, SimpleNamespace

import torch

PACKAGE = "torchvision"


def provide_operators() -> None:
    """Let ``import torchvision`` find the compiled NMS; other modules are imported when used.

    Nothing happens where torchvision is imported already.

    Raises
    ------
    ModuleNotFoundError
        If torchvision is not installed.
    """
    if PACKAGE in sys.modules:
        return
    spec = find_spec(PACKAGE)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {PACKAGE!r}", name=PACKAGE)
    package = module_from_spec(spec)
    vars(package)["__getattr__"] = _submodule
    sys.modules[PACKAGE] = package
    import_module(f"{PACKAGE}.extension")  # registers the operators with torch
    vars(package)["ops"] = SimpleNamespace(nms=torch.ops.torchvision.nms)


def _submodule(name: str) -> ModuleType:
    try:
        return import_module(f"{PACKAGE}.{name}")
    except ModuleNotFoundError:
        raise AttributeError(f"module {PACKAGE!r} has no attribute {name!r}", name=name) from None
