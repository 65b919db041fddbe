"""What an ONNX file that others are compared with says of itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from parity.model_files.description import load_checked
from parity.model_files.exporter_metadata import read_metadata
from parity.model_files.weights import stored_weights


@dataclass(frozen=True)
class ReferenceFacts:
    """What an export should agree with.

    Attributes
    ----------
    names : dict of int to str
        Class names by id.
    stride : int
        Largest stride, px.
    weights : dict of str to ndarray
        By name; float32.
    trained : None
        Nobody knows at which size it was trained.
    """

    names: dict[int, str]
    stride: int
    weights: dict[str, np.ndarray]
    trained: None = None

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file that rule ``take`` wrote, which says all of this."""
        model = load_checked(path)
        said = read_metadata({entry.key: entry.value for entry in model.metadata_props})
        weights = {name: array for name, (array, _) in stored_weights(model).items()}
        return cls(said.names or {}, said.stride or 0, weights)
