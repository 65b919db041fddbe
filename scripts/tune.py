"""Gather a sweep and find the thresholds at which each arm agrees best with its reference."""

from typing import TYPE_CHECKING

from parity.comparison.tuning import gather
from parity.documents import save
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *, model: str, counts: list[str], comparisons: dict[str, list[str]], destination: str
) -> None:
    """Write the results of a model's sweep."""
    save(destination, gather(model, counts, comparisons))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            model=snakemake.wildcards.model,
            counts=snakemake.input.counts,
            comparisons=snakemake.params.comparisons,
            destination=snakemake.output.results,
        )
