"""Obtain the checkpoint of a model and load nothing foreign unless it is trusted."""

from typing import TYPE_CHECKING

from parity.backends.pytorch.checkpoint import obtain_checkpoint
from parity.backends.trust import trust_checkpoint
from parity.documents import save
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, weights: str, trust: bool, checkpoint: str, facts: str) -> None:
    """Write the checkpoint that a model of the configuration names, and what it says of itself."""
    trust_checkpoint(trust)
    save(facts, obtain_checkpoint(weights, checkpoint, trust=trust))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            weights=snakemake.params.weights,
            trust=snakemake.params.trust,
            checkpoint=snakemake.output.checkpoint,
            facts=snakemake.output.facts,
        )
