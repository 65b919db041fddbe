"""Apply thresholds and Ultralytics' own NMS to PyTorch's candidates, all arms at once.

Only an IoU threshold that NMS has not been applied with yet needs torch.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from parity.detection.detect_batch import detect_batch
from parity.detection.detection_files import Thresholds
from parity.detection.detections import Detections
from parity.detection.suppressed_files import SuppressedBatch
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *,
    candidates: str,
    suppressed: str,
    thresholds: Thresholds,
    native_masks: bool,
    destination: str,
) -> None:
    """Write the detections of a batch for an arm; its folder is named after the arm."""
    detect_batch(
        candidates,
        destination,
        arm=Path(destination).parent.name,
        thresholds=thresholds,
        native_masks=native_masks,
        detect=detector(SuppressedBatch.load(suppressed), thresholds.iou),
    )


def detector(suppressed: SuppressedBatch, iou: float) -> Callable[..., Detections]:
    """Return what turns candidates into detections at an IoU threshold."""
    if suppressed.images and suppressed.iou == iou:
        return suppressed.detect
    from parity.backends.pytorch.postprocess import detect  # noqa: PLC0415  imports torch

    return detect


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        named = (snakemake.input.candidates, snakemake.input.suppressed, snakemake.output)
        for candidates, suppressed, destination in zip(*named, strict=True):
            main(
                candidates=candidates,
                suppressed=suppressed,
                thresholds=Thresholds(**snakemake.params.thresholds),
                native_masks=snakemake.params.native_masks,
                destination=destination,
            )
