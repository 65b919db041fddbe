"""Match the detections of arms image by image and measure their differences.

One process serves all comparisons of a batch: its start costs more than its work.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.comparison.differences import compare_batch
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *,
    detections: list[str],
    comparisons: dict[str, list[str]],
    matching: dict[str, Any],
    destinations: list[str],
) -> None:
    """Write the comparisons of a batch; the folder of detections is named after the arm."""
    files = {Path(path).parent.name: path for path in detections}
    for arms, destination in zip(comparisons.values(), destinations, strict=True):
        reference, candidate = (files[arm] for arm in arms)
        compare_batch(reference, candidate, destination, **matching)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            detections=list(snakemake.input.detections),
            comparisons=snakemake.params.comparisons,
            matching=snakemake.params.matching,
            destinations=list(snakemake.output.comparisons),
        )
