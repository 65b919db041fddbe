"""Take PyTorch's detections of the images whose output from an export cannot be right."""

from typing import TYPE_CHECKING, Any

from parity.comparison.fallback import fall_back
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, inputs: dict[str, str], fallback: dict[str, Any], destination: str) -> None:
    """Write the detections of a batch, each image marked with the arm that it was taken from."""
    fall_back(**inputs, destination=destination, near=fallback["near"])


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            inputs=dict(snakemake.input.items()),
            fallback=snakemake.params.fallback,
            destination=snakemake.output.detections,
        )
