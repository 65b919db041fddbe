"""Apply thresholds and Ultralytics' own suppression to PyTorch's candidates, all arms at once.

One process serves all arms of a batch: its start costs more than its work.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from parity.backends.pytorch.postprocess import detect
from parity.detection.detect_batch import detect_batch
from parity.detection.detection_files import Thresholds
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *, candidates: list[str], thresholds: Thresholds, native_masks: bool, detections: list[str]
) -> None:
    """Write the detections of a batch for every arm; its folder is named after the arm."""
    for source, destination in zip(candidates, detections, strict=True):
        arm = Path(destination).parent.name
        detect_batch(
            source,
            destination,
            arm=arm,
            thresholds=thresholds,
            native_masks=native_masks,
            detect=detect,
        )


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            candidates=snakemake.input.candidates,
            thresholds=Thresholds(**snakemake.params.thresholds),
            native_masks=snakemake.params.native_masks,
            detections=snakemake.output.detections,
        )
