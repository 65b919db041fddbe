"""Take an ONNX file that is given, where there is no checkpoint, and check it."""

from typing import TYPE_CHECKING, Any

from parity.backends.given_export import take_adapted, take_reference
from parity.backends.onnx_metadata import facts_of_file
from parity.backends.onnx_network import OnnxNetwork
from parity.backends.probing import THREADS
from parity.documents import save
from parity.logs import log_to
from parity.model_files.completing import REFERENCE
from parity.model_files.description import describe_file, reference_weights

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *, given: str, reference: list[str], options: dict[str, Any], destination: str, description: str
) -> None:
    """Write an ONNX file and what it says of itself."""
    if reference:
        take_adapted(
            given,
            destination,
            lambda **_: OnnxNetwork.load(reference[0], threads=THREADS),
            options,
            source=REFERENCE,
        )
    else:
        take_reference(given, destination, options)
    described = describe_file(destination, reference_weights(*reference) if reference else {})
    facts_of_file(described, given)
    save(description, described)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            given=snakemake.input.given,
            reference=list(snakemake.input.reference),
            options=snakemake.params.file,
            destination=snakemake.output.onnx,
            description=snakemake.output.description,
        )
