"""Run an export over a batch of images, without torch; no threshold is applied yet."""

from typing import TYPE_CHECKING, Any

from parity.backends.inference import infer_batch
from parity.backends.onnxruntime import describe
from parity.backends.openvino import load_network
from parity.detection.candidate_files import NetworkRun
from parity.logs import log_to
from parity.records import from_plain

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
    network = load_network(onnx, threads=threads, **chosen)
    network.check_geometry(**{key: arm[key] for key in ("imgsz", "rect", "end2end", "export")})
    made_by = from_plain(
        {**describe(network, description), **chosen, "floor": floor, "threads": threads}, NetworkRun
    )
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
