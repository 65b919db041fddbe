"""Count the matches of all comparisons at every pair of thresholds, from candidates alone."""

from typing import TYPE_CHECKING, Any

from parity.comparison.sweep import sweep_batch
from parity.comparison.threshold_grid import Axes
from parity.detection.detection_files import Thresholds
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *,
    candidates: list[str],
    comparisons: dict[str, list[str]],
    grid: dict[str, list[float]],
    thresholds: Thresholds,
    matching: dict[str, Any],
    destination: str,
) -> None:
    """Write the counts of a batch."""
    axes = Axes.build(grid, thresholds)
    sweep_batch(candidates, destination, comparisons=comparisons, axes=axes, iou=matching["iou"])


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            candidates=snakemake.input.candidates,
            comparisons=snakemake.params.comparisons,
            grid=snakemake.params.grid,
            thresholds=Thresholds(**snakemake.params.thresholds),
            matching=snakemake.params.matching,
            destination=snakemake.output.counts,
        )
