"""An ONNX file that is given: loaded, adapted and written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import onnx

import parity.model_files.families  # noqa: F401 - its modules register the families
from parity.errors import UserError
from parity.files import atomic
from parity.model_files.adapting import forced, image_of, shape_of
from parity.model_files.description import load_given, take_given
from parity.model_files.families.family import FAMILIES, FAMILY

SIDES = 2


@dataclass(frozen=True)
class Given:
    """An ONNX file that is given.

    Attributes
    ----------
    path : str or Path
        The file.
    model : onnx.ModelProto
        What it holds; is modified.
    deviations : tuple of str
        How its input deviates by shape and type, see :data:`parity.model_files.adapting.TAKEN`.
    fixed : tuple of int or None
        Height and width of its input, px; None if they are open.
    """

    path: str | Path
    model: onnx.ModelProto
    deviations: tuple[str, ...]
    fixed: tuple[int, int] | None

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Load a file.

        Raises
        ------
        UserError
            If it is no model that can be run, or takes no image.
        """
        model = load_given(path)
        image = image_of(model.graph)
        shape = shape_of(image)
        deviations = forced(shape, image.type.tensor_type.elem_type)
        if len(shape) != 4:
            raise UserError(f"{path} takes {shape}; expected [batch, 3, height, width].")
        first = 1 if "nhwc" in deviations else 2
        sides = [side for side in shape[first : first + 2] if isinstance(side, int) and side > 0]
        return cls(path, model, deviations, (sides[0], sides[1]) if len(sides) == SIDES else None)

    @property
    def shapes(self) -> list[list[int | str]]:
        """The shapes of its outputs."""
        return [shape_of(output) for output in self.model.graph.output]

    @property
    def metadata(self) -> dict[str, str]:
        """What it says of itself."""
        return {entry.key: entry.value for entry in self.model.metadata_props}

    def adapt_to(self, family: str, classes: int) -> None:
        """Make it return what Ultralytics' exports return.

        Raises
        ------
        UserError
            If its outputs are not those of the family, or its input is open.
        """
        kind = FAMILIES[family]
        if self.fixed is None and not kind.open_input:
            raise UserError(
                f"{self.path} takes images of any size; {kind.models} are compared with a fixed "
                "input, so export it with height and width."
            )
        kind.adapt(self.model, classes, self.fixed or (0, 0))
        self.model.metadata_props.add(key=FAMILY, value=family)

    def save(self, destination: str | Path, *, changed: bool) -> None:
        """Write it, as it is if nothing was changed."""
        if changed:
            with atomic(destination) as temporary:
                onnx.save(self.model, temporary)
        else:
            take_given(self.path, destination)
