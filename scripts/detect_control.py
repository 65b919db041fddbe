"""Apply the thresholds of an external deployment to the candidates of the reference."""

from pathlib import Path
from typing import TYPE_CHECKING

from parity.detection.detect_batch import detect_batch
from parity.diagnosis.document import load_diagnosis, thresholds_of_deployment
from parity.logs import log_to
from parity.postprocessing.postprocess import detect

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, diagnosis: str, candidates: list[str], arm: str, destinations: list[str]) -> None:
    """Write the detections of all batches."""
    thresholds = thresholds_of_deployment(load_diagnosis(diagnosis))
    for source, destination in zip(candidates, destinations, strict=True):
        detect_batch(
            source, destination, arm=arm, thresholds=thresholds, detect=detect, native_masks=True
        )


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            diagnosis=snakemake.input.diagnosis,
            candidates=list(snakemake.input.candidates),
            arm=Path(snakemake.output.detections[0]).parent.name,
            destinations=list(snakemake.output.detections),
        )
