"""Take the files of a runtime's own, or convert the checkpoint to its format, and run them once."""

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from parity.backends.onnx_metadata import facts_of_file
from parity.backends.pytorch.conversion import converted
from parity.backends.pytorch.packing import pack_files
from parity.backends.runtime_files import files_of
from parity.backends.trust import trust_checkpoint
from parity.documents import save
from parity.logs import log_to
from parity.model_files.bundle import describe_bundle

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(*, checkpoint: str, export: dict[str, Any], destination: str, description: str) -> None:
    """Write a bundle and what is known of it."""
    given, kind = export["file"], export["format"]
    options = {key: export[key] for key in ("imgsz", "quantize", "batch")}
    source = nullcontext(files_of(given)) if given else converted(checkpoint, kind, **options)
    with source as files:
        pack_files(files, destination, checkpoint, export)
    described = describe_bundle(destination)
    facts_of_file(described, given or destination)
    save(description, described)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        trust_checkpoint(snakemake.params.trust)
        main(
            checkpoint=snakemake.input.checkpoint,
            export=snakemake.params.export,
            destination=snakemake.output.bundle,
            description=snakemake.output.description,
        )
