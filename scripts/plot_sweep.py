"""Draw the figures of a model's sweep."""

from typing import TYPE_CHECKING

from parity.comparison.tuning import SweepResults
from parity.documents import load
from parity.logs import log_to
from parity.reporting.figures.theme import save_figures
from parity.reporting.figures.thresholds import draw_sweep

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, results: str, destination: str) -> None:
    """Write all panels as one PNG in each scheme."""
    found = load(results, SweepResults)
    save_figures(lambda: draw_sweep(found), destination)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(results=snakemake.input.results, destination=snakemake.output.plots)
