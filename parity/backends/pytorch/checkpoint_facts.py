"""What a checkpoint says of itself, for comparing an export with it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from parity.backends.pytorch.models import load_model
from parity.backends.pytorch.transcription.facts import DEFAULT_IMGSZ, is_imgsz


@dataclass(frozen=True)
class CheckpointFacts:
    """What an export should agree with.

    Attributes
    ----------
    names : dict of int to str
        Class names by id.
    stride : int
        Largest stride, px.
    trained : tuple of int
        Height and width that it was trained at, px.
    weights : dict of str to ndarray
        By name, batch normalisation fused as the exporter does it; float32.
    """

    names: dict[int, str]
    stride: int
    trained: tuple[int, int]
    weights: dict[str, np.ndarray]

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a checkpoint that is trusted."""
        model = load_model(path).model.float().eval()
        names, stride = dict(model.names), int(max(model.stride))
        state = model.fuse(verbose=False).state_dict()
        weights = {
            name: tensor.numpy() for name, tensor in state.items() if tensor.is_floating_point()
        }
        return cls(names, stride, trained_at(model), weights)


def trained_at(model: torch.nn.Module) -> tuple[int, int]:
    """Return the size that a loaded checkpoint was trained at, px; 640 if it states none."""
    said: Any = model.args.get("imgsz", DEFAULT_IMGSZ) if isinstance(model.args, dict) else None
    if is_imgsz(said):
        return said[0], said[1]
    side = said if isinstance(said, int) else DEFAULT_IMGSZ
    return side, side
