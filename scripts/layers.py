"""Find the layers that cause the drift of an export, and evaluate what may fix it."""

from typing import TYPE_CHECKING, Any

from parity.data.batch_files import load_batch
from parity.detection.detection_files import Thresholds
from parity.documents import save
from parity.layers.analysis import AnalysedExport, analyse_layers
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *,
    export: dict[str, Any],
    batches: list[str],
    calibration: list[str],
    destination: str,
    **options: Any,
) -> None:
    """Write what every layer of an export does to its boxes and scores."""
    calibrating = [image for path in calibration for image in load_batch(path)]
    images = [image for path in batches for image in load_batch(path)]
    found = analyse_layers(AnalysedExport(**export, calibration=calibrating), images, **options)
    save(destination, found)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        files = {key: snakemake.input[key] for key in ("candidate", "reference")}
        main(
            export={**snakemake.params.suspect, **files},
            batches=snakemake.input.batches,
            calibration=snakemake.input.calibration,
            comparisons=snakemake.input.comparisons,
            wanted=snakemake.params.layers["images"],
            thresholds=Thresholds(**snakemake.params.thresholds),
            threads=snakemake.threads,
            destination=snakemake.output.layers,
        )
