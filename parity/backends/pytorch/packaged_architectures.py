"""Which of the architectures that Ultralytics brings a file holds, by its weights alone."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import torch
from ultralytics.nn import tasks
from ultralytics.utils import ROOT, YAML

from parity.backends.pytorch.models import fuse_head
from parity.backends.pytorch.transcription.architecture import HEADS, checked_architecture

Shape = tuple[int, ...]

LAYER = re.compile(r"model\.(\d{1,4})\.")
"""How the name of a weight begins, with the number of its layer."""


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
    for path in sorted((ROOT / "cfg" / "models").rglob("*.yaml")):
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


def has_shapes(architecture: Mapping[str, Any], shapes: Mapping[str, Shape]) -> bool:
    """Return whether every stored kernel has the shape that an architecture gives it."""
    described = deepcopy(dict(architecture))  # parse_model writes into it
    with torch.device("meta"):
        model = tasks.BaseModel()
        model.model, _ = tasks.parse_model(described, ch=described["channels"], verbose=False)
        fuse_head(model)
    kernels = {
        name: tuple(tensor.shape)
        for name, tensor in model.state_dict().items()
        if name.endswith(".conv.weight")
    }
    return all(shapes.get(name) == shape for name, shape in kernels.items())
