"""Read external boxes in any known format and write them as detections of an arm."""

from typing import TYPE_CHECKING, Any

from parity.external.convert import convert
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, source: dict[str, Any], controls: list[str], arm: str, destinations: list[str]) -> None:
    """Write the detections of all batches."""
    said = {key: source[key] for key in ("source", "box_format", "names")}
    convert(controls=controls, destinations=destinations, arm=arm, **said)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            source=snakemake.params.source,
            controls=list(snakemake.input.controls),
            arm=f"external-{snakemake.wildcards.external}",
            destinations=list(snakemake.output.detections),
        )
