"""Draw observed, reproduced and correct boxes, and what each fault costs."""

from typing import TYPE_CHECKING

from parity.logs import log_to
from parity.reporting.figures.diagnosis import write_diagnosis_figures

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, diagnosis: str, batches: list[str], destination: str) -> None:
    """Write the picture in each scheme and layout."""
    write_diagnosis_figures(diagnosis, batches, destination)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            diagnosis=snakemake.input.diagnosis,
            batches=snakemake.input.batches,
            destination=snakemake.output.plot,
        )
