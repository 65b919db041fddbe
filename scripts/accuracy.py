"""Compare the detections of every arm with the labels."""

from typing import TYPE_CHECKING, Any

from parity.accuracy.measuring import measure_accuracy
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *,
    candidates: list[str],
    detections: list[str],
    comparisons: dict[str, list[str]],
    accuracy: dict[str, Any],
    destination: str,
) -> None:
    """Write how accurate every arm of a model is, and what each comparison costs."""
    measure_accuracy(candidates, detections, destination, comparisons=comparisons, **accuracy)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            candidates=snakemake.input.candidates,
            detections=snakemake.input.detections,
            comparisons=snakemake.params.comparisons,
            accuracy=snakemake.params.accuracy,
            destination=snakemake.output.accuracy,
        )
