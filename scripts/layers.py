"""Find the layers that are to blame for the drift of an export, and try what would mend it."""

from typing import TYPE_CHECKING, Any

from parity.data.batches import load_batch
from parity.files import write_json
from parity.layers.analysis import LAYERS, Suspect, find_blame
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *, suspect: dict[str, Any], batches: list[str], calibration: list[str], **options: Any
) -> dict[str, Any]:
    """Return what every layer of an export does to its boxes and scores."""
    calibrating = [image for path in calibration for image in load_batch(path)]
    images = [image for path in batches for image in load_batch(path)]
    return find_blame(Suspect(**suspect, calibration=calibrating), images, **options)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        found = main(
            suspect={
                **snakemake.params.suspect,
                "candidate": snakemake.input.candidate,
                "reference": snakemake.input.reference,
            },
            batches=snakemake.input.batches,
            calibration=snakemake.input.calibration,
            comparisons=snakemake.input.comparisons,
            wanted=snakemake.params.layers["images"],
            thresholds=snakemake.params.thresholds,
            threads=snakemake.threads,
        )
        write_json(snakemake.output.layers, LAYERS, found)
