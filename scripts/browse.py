"""Gather the worst images and their detections for the report's image browser."""

from typing import TYPE_CHECKING

from parity.comparison.results import Results
from parity.documents import load
from parity.logs import log_to
from parity.reporting.html.image_browser import write_browser
from parity.reporting.image_records import Sources

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *,
    results: str,
    detections: list[str],
    comparisons: list[str],
    batches: list[str],
    worst: int,
    destination: str,
) -> None:
    """Write what the browser shows of a model into a folder."""
    sources = Sources.of(batches, detections, comparisons)
    write_browser(load(results, Results), sources, worst=worst, destination=destination)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            results=snakemake.input.results,
            detections=snakemake.input.detections,
            comparisons=snakemake.input.comparisons,
            batches=snakemake.input.batches,
            worst=snakemake.params.worst,
            destination=snakemake.output.browser,
        )
