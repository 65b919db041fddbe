"""The architectures that Ultralytics brings: which a file holds, and whether one is among them."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from ultralytics.nn import tasks
from ultralytics.utils import ROOT, YAML

from parity.backends.pytorch.models import fuse_head
from parity.backends.pytorch.transcription.architecture import (
    DEFAULT_CHANNELS,
    HEADS,
    checked_architecture,
)

Shape = tuple[int, ...]

LAYER = re.compile(r"model\.(\d{1,4})\.")
"""How the name of a weight begins, with the number of its layer."""

SCALED = re.compile(r"(\d+)[nslmx](.*)$")
"""Where the name of a YAML has its scale, see ``ultralytics.nn.tasks.yaml_model_load``."""

OWN = ("nc", "scale", "yaml_file", "kpt_shape", "channels")
"""Keys of an architecture that do not come from its YAML."""

MOST_OUTPUTS = 1000
"""Classes or keypoints that do not make a model much larger; Objects365 has 365 classes."""


def matching_architectures(
    shapes: Mapping[str, Shape], model_class: str, given: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield the architectures, in every scale, whose weights have the names and shapes of others.

    Parameters
    ----------
    shapes : mapping of str to tuple of int
        Shapes of stored weights by their names in the fused model.
    model_class : str
        Ultralytics' class of the model.
    given : mapping
        What replaces keys of a YAML, such as ``nc``.
    """
    layers = {int(found[1]) for found in map(LAYER.match, shapes) if found}
    for path in packaged_files():
        described = YAML.load(path)
        rows = [*described["backbone"], *described["head"]]
        if rows[-1][2] not in HEADS[model_class] or len(rows) - 1 != max(layers, default=0):
            continue
        for scale in described.get("scales") or [""]:
            named = path.stem if path.stem.endswith(scale) else f"{path.stem}{scale}"
            whole = {**described, **given, "scale": scale, "yaml_file": f"{named}.yaml"}
            architecture = checked_architecture(whole, model_class)
            if has_shapes(architecture, shapes):
                yield architecture


def packaged_files() -> list[Path]:
    """Return the YAML files of models that Ultralytics brings."""
    return sorted((ROOT / "cfg" / "models").rglob("*.yaml"))


def is_packaged(architecture: Mapping[str, Any], model_class: str) -> bool:
    """Return whether Ultralytics brings an architecture, but for a sane number of outputs.

    Parameters
    ----------
    architecture : mapping
        An architecture that was checked.
    model_class : str
        Ultralytics' class of the model.
    """
    stem = Path(architecture.get("yaml_file", "")).stem
    stems = {stem, SCALED.sub(r"\1\2", stem)}
    outputs = [architecture["nc"], *architecture.get("kpt_shape", [])]
    if max(outputs) > MOST_OUTPUTS or architecture["channels"] != DEFAULT_CHANNELS:
        return False
    return any(
        _of_file(checked_architecture(YAML.load(path), model_class)) == _of_file(architecture)
        for path in packaged_files()
        if path.stem in stems
    )


def _of_file(architecture: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in architecture.items() if key not in OWN}


class _RangesWithNumbers(TorchFunctionMode):
    """Makes ranges on the CPU: torch has those without numbers behind an import of a second."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        device = {"device": "cpu"} if func is torch.arange else {}
        return func(*args, **{**device, **(kwargs or {})})


def has_shapes(architecture: Mapping[str, Any], shapes: Mapping[str, Shape]) -> bool:
    """Return whether every stored kernel has the shape that an architecture gives it."""
    described = deepcopy(dict(architecture))  # parse_model writes into it
    with torch.device("meta"), _RangesWithNumbers():
        model = tasks.BaseModel()
        model.model, _ = tasks.parse_model(described, ch=described["channels"], verbose=False)
        fuse_head(model)
    kernels = {
        name: tuple(tensor.shape)
        for name, tensor in model.state_dict().items()
        if name.endswith(".conv.weight")
    }
    return all(shapes.get(name) == shape for name, shape in kernels.items())
