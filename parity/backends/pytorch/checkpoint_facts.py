"""What a checkpoint says of itself, for comparing an export with it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from parity.backends.pytorch.models import load_model
from parity.backends.pytorch.transcription.arguments import mapping_of, size_of


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
        Height and width that it was trained at, px; see :func:`size_of`.
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
        return cls(names, stride, size_of(mapping_of(model.args) or {}), weights)
