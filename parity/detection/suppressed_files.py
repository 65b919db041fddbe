"""What the reference's NMS leaves of all candidates, from which most detections can be read.

NMS decides on a box by the boxes that score higher. So what it leaves at a confidence threshold is
what it leaves of all candidates, less what scores lower. Therefore another confidence threshold, or
limit of detections, needs neither NMS nor torch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np

from parity.detection.candidate_files import CandidateBatch, ImageCandidates
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.files import read_npz, write_npz
from parity.integrity import damaged

COLUMNS = ("boxes", "scores", "class_ids")
TASK = "detect"
"""The task whose detections are boxes alone."""


@dataclass(frozen=True)
class SuppressedBatch:
    """What NMS leaves of the candidates of a batch."""

    iou: float
    """IoU threshold of NMS."""
    images: dict[str, Detections]
    """By name, in image px; in falling order of scores, or in that of an end-to-end head. Empty for
    tasks whose detections are more than boxes."""

    @classmethod
    def of(cls, batch: CandidateBatch, *, iou: float, detect: Callable[..., Detections]) -> Self:
        """Apply NMS to all candidates of a batch.

        Parameters
        ----------
        batch : CandidateBatch
            What a network predicts.
        iou : float
            IoU threshold.
        detect : callable
            The reference, see :func:`parity.backends.pytorch.postprocess.detect`.
        """
        head, images = batch.made_by.head, batch.images if batch.made_by.head.task == TASK else []
        return cls(
            iou,
            {
                each.name: detect(each, conf=0.0, iou=iou, max_det=len(each.candidates), head=head)
                for each in images
            },
        )

    def save(self, path: str | Path) -> None:
        """Write one npz with all images end to end and their offsets."""
        found = list(self.images.values())
        arrays: dict[str, Any] = {
            "iou": np.array(self.iou),
            "names": np.array(list(self.images), np.str_),
            "offsets": np.cumsum([0, *map(len, found)], dtype=np.int64),
        }
        for column in COLUMNS if found else ():
            arrays[column] = np.concatenate([getattr(each, column) for each in found])
        write_npz(path, arrays)

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
            images = {
                str(name): Detections(*(arrays[column][first:end] for column in COLUMNS))
                for name, (first, end) in zip(
                    arrays["names"], pairwise(arrays["offsets"]), strict=True
                )
            }
            return cls(float(arrays["iou"]), images)
        except (KeyError, ValueError) as error:
            raise damaged(path, f"is damaged ({error})") from None

    def detect(
        self,
        image: ImageCandidates,
        *,
        conf: float,
        iou: float,  # noqa: ARG002  it is that of this batch
        max_det: int,
        head: NetworkHead,  # noqa: ARG002  of a detector
    ) -> Detections:
        """Return the detections of an image at other thresholds than that of IoU."""
        found = self.images[image.name]
        return found.at(np.flatnonzero(found.scores > np.float32(conf))[:max_det])
