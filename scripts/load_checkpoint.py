"""Obtain the checkpoint of a model and load nothing foreign unless it is trusted."""

from typing import TYPE_CHECKING, Any

from parity.backends.pytorch.checkpoint import obtain_checkpoint
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, model: dict[str, Any], destination: str) -> None:
    """Write the checkpoint that a model of the configuration names."""
    obtain_checkpoint(model["weights"], destination, trust=model["trust"])


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(model=snakemake.params.model, destination=snakemake.output.checkpoint)
