"""Draw the error of an export along the network."""

from typing import TYPE_CHECKING

from parity.documents import load
from parity.layers.results import LayerResults
from parity.logs import log_to
from parity.reporting.figures.layers import draw_layers
from parity.reporting.figures.theme import save_figures

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, layers: str, export: str, destination: str) -> None:
    """Write the figure of an export in each scheme."""
    found = load(layers, LayerResults)
    save_figures(lambda: draw_layers(found, export), destination)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            layers=snakemake.input.layers,
            export=snakemake.wildcards.export,
            destination=snakemake.output.plot,
        )
