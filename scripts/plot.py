"""Draw the figures of a model."""

from typing import TYPE_CHECKING

from parity.comparison.results import Results
from parity.documents import load
from parity.logs import log_to
from parity.reporting.figures.comparison import draw_comparisons
from parity.reporting.figures.matched_pairs import load_pairs
from parity.reporting.figures.theme import save_figures

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, results: str, comparisons: list[str], destination: str) -> None:
    """Write all panels as one PNG in each scheme."""
    found, pairs = load(results, Results), load_pairs(comparisons)
    save_figures(lambda: draw_comparisons(found, pairs), destination)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            results=snakemake.input.results,
            comparisons=snakemake.input.comparisons,
            destination=snakemake.output.plots,
        )
