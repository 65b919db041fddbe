"""Name the steps of a deployment that are wrong, and show what the fix does."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.diagnosis.diagnose_files import diagnose_files
from parity.documents import from_plain
from parity.external.observations import Known
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, networks: list[str], **settings: Any) -> None:
    """Write a diagnosis; a network's file is named after its export."""
    diagnose_files({Path(path).stem: path for path in networks}, **settings)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        by_batch = ("detections", "controls", "candidates", "rectangles", "batches")
        main(
            networks=list(snakemake.input.networks),
            inputs={name: list(snakemake.input[name]) for name in by_batch},
            known=from_plain(snakemake.params.known, Known),
            about={"model": snakemake.wildcards.model, **snakemake.params.about},
            iou=snakemake.params.matching["iou"],
            threads=snakemake.threads,
            destination=snakemake.output.diagnosis,
            seconds=snakemake.output.seconds,
        )
