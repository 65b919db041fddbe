"""Apply thresholds and our own suppression to ONNX Runtime's candidates."""

from typing import TYPE_CHECKING

from parity.detection.detect_batch import detect_batch
from parity.detection.detection_files import Thresholds
from parity.logs import log_to
from parity.postprocessing.postprocess import detect

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *, candidates: str, arm: str, thresholds: Thresholds, native_masks: bool, destination: str
) -> None:
    """Write the detections of a batch."""
    detect_batch(
        candidates,
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
            arm=snakemake.wildcards.arm,
            thresholds=Thresholds(**snakemake.params.thresholds),
            native_masks=snakemake.params.native_masks,
            destination=snakemake.output.detections,
        )
