"""What the reference says of itself, for comparing model files with it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from parity.files import read_npz, write_npz
from parity.integrity import damaged
from parity.model_files.description import load_checked
from parity.model_files.exporter_metadata import read_metadata
from parity.model_files.stored_metadata import metadata_props
from parity.model_files.weights import stored_weights

WEIGHT = "weight "
"""Before the names of weights, which stand beside what else an archive holds."""


@dataclass(frozen=True)
class ReferenceFacts:
    """What an export should agree with."""

    names: dict[int, str]
    """Class names by id."""
    stride: int
    """Largest stride, px."""
    weights: dict[str, np.ndarray]
    """By name, batch normalisation fused as the exporter does it; float32."""
    trained: tuple[int, int] | None = None
    """Height and width that a checkpoint was trained at, px; nobody knows it of an ONNX file."""

    @classmethod
    def of_onnx(cls, path: str | Path) -> Self:
        """Read a file that rule ``take`` wrote, which says all of this."""
        model = load_checked(path)
        said = read_metadata(metadata_props(model))
        weights = {name: array for name, (array, _) in stored_weights(model).items()}
        return cls(said.names or {}, said.stride or 0, weights)

    def save(self, path: str | Path) -> None:
        """Write an npz, so that what reads it needs no torch."""
        facts = {"names": self.names, "stride": self.stride, "trained": self.trained}
        weights = {f"{WEIGHT}{name}": array for name, array in self.weights.items()}
        write_npz(path, {"facts": np.array(json.dumps(facts)), **weights}, compressed=False)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what :meth:`save` wrote.

        Raises
        ------
        UserError
            If it is damaged.
        """
        arrays = read_npz(path)
        try:
            facts = json.loads(str(arrays.pop("facts")))
            return cls(
                {int(label): name for label, name in facts["names"].items()},
                facts["stride"],
                {name.removeprefix(WEIGHT): array for name, array in arrays.items()},
                tuple(facts["trained"]) if facts["trained"] else None,
            )
        except (KeyError, ValueError) as error:
            raise damaged(path, f"is damaged ({error})") from None
