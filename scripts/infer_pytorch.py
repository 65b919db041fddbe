"""Run the checkpoint over a batch of images; no threshold is applied yet."""

from typing import TYPE_CHECKING, Any

from parity.backends.inference import infer_batch
from parity.backends.pytorch.network import PytorchNetwork, describe_run
from parity.backends.trust import trust_checkpoint
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *,
    checkpoint: str,
    batch: str,
    arm: dict[str, Any],
    floor: float,
    device: str,
    threads: int,
    destination: str,
    seconds: str,
) -> None:
    """Write the candidates of a batch."""
    choices = {key: arm[key] for key in ("imgsz", "rect", "end2end")}
    network = PytorchNetwork.load(checkpoint, **choices, threads=threads, device=device)
    made_by = describe_run(network, checkpoint, floor=floor, threads=threads)
    infer_batch(
        network, batch, floor=floor, made_by=made_by, destination=destination, seconds=seconds
    )


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        trust_checkpoint(snakemake.params.trust)
        main(
            checkpoint=snakemake.input.checkpoint,
            batch=snakemake.input.batch,
            arm=snakemake.params.arm,
            floor=snakemake.params.candidates["floor"],
            device=snakemake.params.device,
            threads=snakemake.threads,
            destination=snakemake.output.candidates,
            seconds=snakemake.output.seconds,
        )
