"""How the first output of a model is laid out, from its metadata and its shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from parity.model_files.adapting import BOX_ROWS
from parity.model_files.exporter_metadata import ExporterMetadata
from parity.model_files.results import HeadKind
from parity.tasks.task import TASKS

FINISHED_COLUMNS = 6
"""x1, y1, x2, y2, score and class of a row that needs no NMS; a task may add more."""


@dataclass(frozen=True)
class OutputLayout:
    """How predictions lie in the first output of a model."""

    head: HeadKind
    """Whether the predictions are raw or finished, and by what."""
    length: int
    """Numbers of a prediction."""

    @classmethod
    def of(
        cls, said: ExporterMetadata, shapes: Sequence[tuple[int | str, ...]], *, baked: bool = False
    ) -> Self | None:
        """Return the layout of a model; None if nothing tells it.

        Parameters
        ----------
        said : ExporterMetadata
            Of a supported task, with names.
        shapes : sequence of tuple
            Of all outputs, with the axis of the batch.
        baked : bool
            Whether NMS was found in the graph; older files do not say so in their metadata.
        """
        if said.task is None or said.task not in TASKS or said.names is None:
            return None
        task, classes = TASKS[said.task], len(said.names)
        rows = task.rows(classes, said.keypoint_shape, shapes)
        if rows is None:
            return None
        columns = FINISHED_COLUMNS + rows - BOX_ROWS - classes
        if task.has_boxes and (baked or said.arguments.get("nms")):
            return cls("suppressed", columns)
        if task.has_boxes and (said.end2end or shapes[0][-1:] == (columns,)):
            return cls("end to end", columns)
        return cls("raw", rows)
