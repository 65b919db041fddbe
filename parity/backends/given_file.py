"""An ONNX file that is given: loaded, adapted and written."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import onnx

import parity.model_files.families  # noqa: F401 - its modules register the families
from parity.backends.onnx_metadata import DTYPES, as_info, check_input
from parity.backends.runtimes.runtime import only_input
from parity.errors import UserError
from parity.files import atomic
from parity.model_files.adapting import TYPES, count_channels, forced, shape_of
from parity.model_files.arranging import put_predictions_first
from parity.model_files.cells import cell_count
from parity.model_files.completing import forget_own_metadata
from parity.model_files.description import inputs_of, load_given, take_given
from parity.model_files.families.family import FAMILIES, adapt_to
from parity.model_files.families.rtdetr import SIDES, has_authors_end
from parity.model_files.stored_metadata import metadata_props


@dataclass(frozen=True)
class Given:
    """An ONNX file that is given."""

    path: str | Path
    runnable: str | Path
    """What is run to see what it does: the file, or a copy whose outputs are arranged."""
    model: onnx.ModelProto
    """What it holds; is modified."""
    deviations: tuple[str, ...]
    """How its input deviates by shape and type, see :data:`parity.model_files.adapting.TAKEN`."""
    fixed: tuple[int, int] | None
    """Height and width of its input, px; None if they are open."""
    changed: bool
    """Whether the model is no longer what the file holds: what an earlier run had written into its
    metadata was removed, or its channels were counted."""

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Load a file.

        Raises
        ------
        UserError
            If it is no model that can be run, or takes no image.
        """
        model = load_given(path)
        changed = forget_own_metadata(model) | count_channels(model.graph)
        taken = [as_info(each) for each in inputs_of(model.graph)]
        if has_authors_end(model.graph):
            taken = [each for each in taken if each.name != SIDES]
        image = only_input(taken, path)
        deviations = forced(image.shape, image.dtype)
        last = "nhwc" in deviations
        _, fixed = check_input(image, path, channels_last=last, dtypes=(*DTYPES, *TYPES))
        return cls(path, path, model, deviations, fixed, changed)

    @property
    def shapes(self) -> list[list[int | str]]:
        """The shapes of its outputs."""
        return [shape_of(output) for output in self.model.graph.output]

    @property
    def metadata(self) -> dict[str, str]:
        """What it says of itself."""
        return metadata_props(self.model)

    @contextmanager
    def arranged(self, rows: int, size: tuple[int, int]) -> Iterator[tuple[Self, tuple[str, ...]]]:
        """Yield it with the predictions as its first output, and how they were arranged before.

        Parameters
        ----------
        rows : int
            Rows of a raw output.
        size : tuple of int
            Height and width of the input, px.
        """
        names = put_predictions_first(self.model, rows, cell_count(size))
        if not names:
            yield self, ()
            return
        with self.rewritten() as arranged:
            yield arranged, names

    @contextmanager
    def rewritten(self) -> Iterator[Self]:
        """Yield it with the model as it was modified as what is run."""
        with TemporaryDirectory() as folder:
            runnable = Path(folder, "rewritten.onnx")
            onnx.save(self.model, runnable)
            yield replace(self, runnable=runnable)

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
        adapt_to(self.model, family, classes=classes, size=self.fixed or (0, 0))

    def save(self, destination: str | Path, *, changed: bool) -> None:
        """Write it, as it is if nothing was changed."""
        if changed or self.changed:
            with atomic(destination) as temporary:
                onnx.save(self.model, temporary)
        else:
            take_given(self.path, destination)
