"""Building the model of an architecture, after its size was found out without building it."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import torch
from torch import nn
from torch.nn.modules import module as registration
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from ultralytics.nn import tasks
from ultralytics.nn.modules import Conv

from parity.backends.pytorch.packaged_architectures import is_packaged
from parity.backends.pytorch.transcription.stored_model import MAX_MODULES
from parity.backends.trust import REMEDY
from parity.errors import UserError

MAX_PARAMETERS = 200_000_000
"""YOLOv6x has 173 million, the most of all that Ultralytics describes (measured)."""
MAX_NUMBERS = 250_000_000
"""Numbers that an image of 256 x 256 makes on its way; 195 million in RT-DETR (measured)."""
MAX_STEPS = 10**11
"""Multiplications and comparisons for such an image; 5 * 10^10 in YOLOv6x (measured)."""
WIDE, SLOWNESS = 31, 100
"""px of a kernel's side or of padding beyond which torch may take as many times as long for each
multiplication; 150 for a kernel of 63 px, 90 for 200 px of padding (measured), and no YOLO model
has more than 13."""
BUILT_WITH = 256
"""Side of the image that Ultralytics runs through each model that it builds, px."""


def build(model_class: str, architecture: Mapping[str, Any]) -> tasks.BaseModel:
    """Build a model.

    Parameters
    ----------
    model_class : str
        Ultralytics' class of the model.
    architecture : Mapping
        An architecture that was checked.

    Raises
    ------
    UserError
        If Ultralytics cannot build it, or it is larger than any YOLO model; the message follows the
        name of a file.
    """
    before = Conv.default_act  # which Ultralytics does not restore if it fails
    try:
        if not is_packaged(architecture, model_class):
            check_size(architecture)
        model: tasks.BaseModel = getattr(tasks, model_class)(
            deepcopy(dict(architecture)), ch=architecture["channels"], verbose=False
        )
    except UserError:
        raise
    except Exception as error:  # Ultralytics and torch raise what they meet
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise UserError(f"has an architecture that cannot be built ({said})") from None
    finally:
        Conv.default_act = before
    return model.eval()


def check_size(architecture: Mapping[str, Any]) -> None:
    """Build a model without numbers and run it, within bounds.

    Raises
    ------
    UserError
        If it is larger than any YOLO model.
    """
    described = deepcopy(dict(architecture))
    if described["backbone"][0][2] == "Silence":  # as Ultralytics replaces it
        described["backbone"][0][2] = "nn.Identity"
    channels = described["channels"]
    model = tasks.BaseModel()
    with torch.device("meta"), _counted(), torch.no_grad():
        model.model, model.save = tasks.parse_model(described, ch=channels, verbose=False)
        with _Bounded():
            model(torch.zeros(1, channels, BUILT_WITH, BUILT_WITH))


@contextmanager
def _counted() -> Iterator[None]:
    """Refuse to build more modules and parameters than any YOLO model has."""
    modules = parameters = 0

    def count_module(_owner: nn.Module, _name: str, _module: nn.Module | None) -> None:
        nonlocal modules
        modules += 1
        if modules > MAX_MODULES:
            raise UserError(f"has more modules than any YOLO model; {REMEDY}")

    def count_parameter(_owner: nn.Module, _name: str, parameter: nn.Parameter | None) -> None:
        nonlocal parameters
        parameters += 0 if parameter is None else parameter.numel()
        if parameters > MAX_PARAMETERS:
            raise UserError(f"has more parameters than any YOLO model; {REMEDY}")

    hooks = (
        registration.register_module_module_registration_hook(count_module),
        registration.register_module_parameter_registration_hook(count_parameter),
    )
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


class _Bounded(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Refuses operations that together take more time or memory than any YOLO model."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.numbers = self.steps = 0

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: Any = (),
        kwargs: Any = None,
    ) -> Any:
        output = func(*args, **(kwargs or {}))
        numbers = sum(made.numel() for made in tree_leaves(output) if torch.is_tensor(made))
        self.numbers += numbers
        self.steps += numbers * _steps_each(func.overloadpacket.__name__, args)
        if self.numbers > MAX_NUMBERS or self.steps > MAX_STEPS:
            raise UserError(f"takes more memory or time for an image than any YOLO model; {REMEDY}")
        return output


def _steps_each(operation: str, args: Any) -> int:
    """Return how many multiplications or comparisons a number of an operation's output takes."""
    match operation:
        case "convolution":
            widest = max(*args[1].shape[2:], *args[4])
            return int(args[1][0].numel()) * (SLOWNESS if widest > WIDE else 1)
        case "mm" | "bmm":
            return int(args[0].shape[-1])
        case "addmm":
            return int(args[1].shape[-1])
        case "max_pool2d_with_indices" | "avg_pool2d":
            return int(math.prod(args[1]) ** (2 // len(args[1])))
    return 1
