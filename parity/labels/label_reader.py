"""What a task must define of its labels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from parity.errors import UserError
from parity.labels.truth import Labels
from parity.reading_limit import reading_limit

Shapes = Mapping[str, tuple[int, int]]
"""Height and width by image name, px."""

Names = Mapping[int, str]
"""The model's classes by id."""

Read = Callable[[Path, Shapes, Names], Labels]


@dataclass(frozen=True)
class LabelReader:
    """How the labels of a task are read."""

    folder: Read
    coco: Read
    """Read a folder, or a COCO JSON file."""

    def read(self, source: str | Path, shapes: Shapes, names: Names) -> Labels:
        """Read the labels of some images.

        Parameters
        ----------
        source : str or Path
            A folder or a COCO JSON.
        shapes : mapping of str to tuple of int
            Height and width by image name, px.
        names : mapping of int to str
            The model's classes.

        Raises
        ------
        UserError
            If the labels are damaged, take too much memory, or fit neither images nor classes.
        """
        path = Path(source)
        with reading_limit(f"labels: {source}"):
            labels = (self.folder if path.is_dir() else self.coco)(path, shapes, names)
        if not any(len(truth) for truth in labels.images.values()):
            raise UserError(f"labels: {source} labels nothing in any of the {len(shapes)} images.")
        return labels
