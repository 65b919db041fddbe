"""Match the detections of two arms image by image and measure their differences."""

from typing import TYPE_CHECKING, Any

from parity.comparison.differences import compare_batch
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, reference: str, candidate: str, matching: dict[str, Any], destination: str) -> None:
    """Write the comparison of a batch."""
    compare_batch(reference, candidate, destination, **matching)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            reference=snakemake.input.reference,
            candidate=snakemake.input.candidate,
            matching=snakemake.params.matching,
            destination=snakemake.output.comparison,
        )
