"""Run an export over a batch of images, without torch; no threshold is applied yet."""

from typing import TYPE_CHECKING, Any

from parity.backends.inference import infer_batch
from parity.backends.onnx_network import OnnxNetwork, describe_run
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *,
    onnx: str,
    description: str,
    batch: str,
    arm: dict[str, Any],
    floor: float,
    threads: int,
    destination: str,
    seconds: str,
) -> None:
    """Write the candidates of a batch."""
    chosen = {key: arm[key] for key in ("runtime", "providers")}
    network = OnnxNetwork.load(onnx, threads=threads, **chosen)
    network.check_geometry(**{key: arm[key] for key in ("imgsz", "rect", "end2end", "export")})
    network.check_providers(
        **{key: arm[key] for key in ("providers", "fallback_provider", "export")}
    )
    made_by = describe_run(network, description, **chosen, floor=floor, threads=threads)
    infer_batch(
        network, batch, floor=floor, made_by=made_by, destination=destination, seconds=seconds
    )


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            onnx=snakemake.input.onnx,
            description=snakemake.input.description,
            batch=snakemake.input.batch,
            arm=snakemake.params.arm,
            floor=snakemake.params.candidates["floor"],
            threads=snakemake.threads,
            destination=snakemake.output.candidates,
            seconds=snakemake.output.seconds,
        )
