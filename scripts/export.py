"""Export the checkpoint to ONNX, or take the file that is given, and check it."""

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from parity.backends.onnx_metadata import facts_of_file
from parity.backends.pytorch.export import export_onnx
from parity.backends.pytorch.fused_weights import fused_weights
from parity.backends.pytorch.loading import load_model
from parity.backends.trust import trust_checkpoint
from parity.documents import save
from parity.logs import log_to
from parity.model_files.description import describe_file

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def take_given(
    given: str, destination: str, checkpoint: str, options: dict[str, Any]
) -> dict[str, np.ndarray]:
    """Take a given file, and return the weights of the checkpoint.

    What that takes is imported here, since most exports do without.
    """
    from parity.backends.given_export import take_adapted  # noqa: PLC0415  0.4 s
    from parity.backends.probing import THREADS  # noqa: PLC0415
    from parity.backends.pytorch.network import PytorchNetwork  # noqa: PLC0415

    load = partial(PytorchNetwork.load, checkpoint, rect=False, threads=THREADS, device="cpu")
    take_adapted(given, destination, load, options)
    return fused_weights(load_model(checkpoint).model)


def main(*, checkpoint: str, export: dict[str, Any], destination: str, description: str) -> None:
    """Write an ONNX file and what it says of itself."""
    options = {**export}
    given = options.pop("onnx")
    if given:
        weights = take_given(given, destination, checkpoint, options)
    else:
        del options["metadata"]
        weights = export_onnx(checkpoint, destination, **options)
    described = describe_file(destination, weights)
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
