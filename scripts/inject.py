"""Run a deployment that has known faults and write its boxes as people would provide them."""

from typing import TYPE_CHECKING, Any

from parity.backends.onnx_network import OnnxNetwork
from parity.diagnosis.evaluation.demo_boxes import write_demo_boxes
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *, onnx: str, batches: list[str], injected: dict[str, Any], threads: int, destination: str
) -> None:
    """Write the boxes of all images."""
    network = OnnxNetwork.load(onnx, threads=threads)
    write_demo_boxes(network, batches, destination=destination, **injected)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            onnx=snakemake.input.onnx,
            batches=snakemake.input.batches,
            injected=snakemake.params.injected,
            threads=snakemake.threads,
            destination=snakemake.output.detections,
        )
