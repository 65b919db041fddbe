"""Obtain the checkpoint of a model and load nothing foreign unless it is trusted."""

from typing import TYPE_CHECKING, Any

from parity.backends.pytorch.checkpoint import obtain_checkpoint
from parity.backends.pytorch.checkpoint_facts import facts_of_checkpoint
from parity.backends.trust import trust_checkpoint
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, model: dict[str, Any], checkpoint: str, facts: str) -> None:
    """Write the checkpoint that a model of the configuration names, and what it says of itself."""
    trust_checkpoint(model["trust"])
    obtain_checkpoint(model["weights"], checkpoint, trust=model["trust"])
    facts_of_checkpoint(checkpoint).save(facts)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(model=snakemake.params.model, **snakemake.output)
