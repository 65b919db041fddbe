"""Draw how fast the arms are."""

from typing import TYPE_CHECKING

from parity.benchmarking.results import Latency
from parity.documents import load
from parity.logs import log_to
from parity.reporting.figures.latency import draw_latency
from parity.reporting.figures.theme import save_figures

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, latency: str, destination: str) -> None:
    """Write all panels as one PNG in each scheme."""
    found = load(latency, Latency)
    save_figures(lambda: draw_latency(found), destination)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(latency=snakemake.input.latency, destination=snakemake.output.plot)
