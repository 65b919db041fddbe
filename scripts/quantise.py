"""Make an int8 model of a float one, calibrated on some of the user's images."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from parity.data.batch_files import load_batch
from parity.documents import save
from parity.layers.quantisation import quantise
from parity.logs import log_to
from parity.model_files.description import describe_file, reference_weights

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *, onnx: str, images: str, options: dict[str, Any], destination: str, description: str
) -> None:
    """Write an int8 ONNX file and what it says of itself."""
    made_with = quantise(onnx, destination, load_batch(images), **options)
    described = describe_file(destination, reference_weights(onnx))
    save(description, replace(described, quantisation=made_with))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            onnx=snakemake.input.onnx,
            images=snakemake.input.images,
            options={**snakemake.params.quantisation, "threads": snakemake.threads},
            destination=snakemake.output.onnx,
            description=snakemake.output.description,
        )
