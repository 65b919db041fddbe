"""Gather the numbers of a run and hold them against the tolerances."""

from typing import TYPE_CHECKING, Any

from parity.comparison.summary import RESULTS, summarise
from parity.files import write_json
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *,
    model: str,
    exports: list[str],
    detections: list[str],
    comparisons: list[str],
    settings: dict[str, Any],
    note: str,
    listed: int,
    destination: str,
) -> None:
    """Write the results of a model."""
    results = summarise(exports, detections, comparisons, settings, listed=listed)
    write_json(destination, RESULTS, {"model": model, "images_note": note, **results})


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            model=snakemake.wildcards.model,
            exports=snakemake.input.exports,
            detections=snakemake.input.detections,
            comparisons=snakemake.input.comparisons,
            settings=snakemake.params.comparisons,
            note=snakemake.params.note,
            listed=snakemake.params.listed,
            destination=snakemake.output.results,
        )
