"""Gather the numbers of a run and compare them with the tolerances."""

from typing import TYPE_CHECKING, Any

from parity.comparison.settings import ComparisonSettings
from parity.comparison.summary import summarise
from parity.documents import from_plain, save
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, settings: dict[str, Any], destination: str, **inputs: Any) -> None:
    """Write the results of a model."""
    compared = {name: from_plain(each, ComparisonSettings) for name, each in settings.items()}
    save(destination, summarise(settings=compared, **inputs))


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
