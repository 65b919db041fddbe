"""Count how often and why an export needed its fallback."""

from typing import TYPE_CHECKING

from parity.comparison.fallback import count_fallbacks
from parity.documents import save
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, detections: list[str], destination: str) -> None:
    """Write the count of an export."""
    save(destination, count_fallbacks(detections))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(detections=snakemake.input.detections, destination=snakemake.output.fallbacks)
