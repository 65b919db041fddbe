"""Name the steps of a deployment that are wrong, and show what the fix does."""

from typing import TYPE_CHECKING, Any

from parity.backends.onnx_network import OnnxNetwork
from parity.diagnosis.diagnose_files import diagnose_files
from parity.documents import from_plain
from parity.external.observations import Known
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, onnx: str, threads: int, **settings: Any) -> None:
    """Write a diagnosis."""
    diagnose_files(OnnxNetwork.load(onnx, threads=threads), **settings)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        by_batch = ("detections", "controls", "candidates", "batches")
        main(
            onnx=snakemake.input.onnx,
            threads=snakemake.threads,
            inputs={name: list(snakemake.input[name]) for name in by_batch},
            known=from_plain(snakemake.params.known, Known),
            about={"model": snakemake.wildcards.model, **snakemake.params.about},
            iou=snakemake.params.matching["iou"],
            destination=snakemake.output.diagnosis,
            seconds=snakemake.output.seconds,
        )
