"""Export the checkpoint to ONNX, or take the file that is given, and check it."""

from functools import partial
from typing import TYPE_CHECKING, Any

from parity.backends.given_export import take_adapted
from parity.backends.onnx_metadata import facts_of_file
from parity.backends.probing import THREADS
from parity.backends.pytorch.export import export_onnx
from parity.backends.pytorch.network import PytorchNetwork
from parity.backends.trust import trust_checkpoint
from parity.documents import save
from parity.logs import log_to
from parity.model_files.description import describe_file

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, checkpoint: str, export: dict[str, Any], destination: str, description: str) -> None:
    """Write an ONNX file and what it says of itself."""
    options = {**export}
    given = options.pop("onnx")
    if given:
        load = partial(PytorchNetwork.load, checkpoint, rect=False, threads=THREADS, device="cpu")
        take_adapted(given, destination, load, options)
    else:
        del options["metadata"]
        export_onnx(checkpoint, destination, **options)
    described = describe_file(destination)
    facts_of_file(described, given or destination)
    save(description, described)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        trust_checkpoint(snakemake.params.trust)
        main(
            checkpoint=snakemake.input.checkpoint,
            export=snakemake.params.export,
            destination=snakemake.output.onnx,
            description=snakemake.output.description,
        )
