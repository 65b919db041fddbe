"""Compare a model file, before it is used, with the configuration and the reference."""

from typing import TYPE_CHECKING, Any

from parity.documents import load, save
from parity.logs import log_to
from parity.model_files.bundle import is_bundle
from parity.model_files.bundle_inspection import inspect_bundle
from parity.model_files.inspection import inspect_export, stop_if_wrong
from parity.model_files.reference_facts import load_facts
from parity.model_files.results import ExportDescription, Wanted

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *,
    export: str,
    onnx: str,
    descriptions: list[str],
    reference: str,
    wanted: dict[str, Any],
    destination: str,
) -> None:
    """Write what a file says of itself; stop if comparing it would mean nothing."""
    own, *counterpart = (load(path, ExportDescription) for path in descriptions)
    facts = load_facts(reference)
    asked = Wanted(**wanted, names=facts.names, stride=facts.stride, trained=facts.trained)
    if is_bundle(onnx):
        inspection = inspect_bundle(onnx, own, asked)
    else:
        inspection = inspect_export(onnx, own, asked, next(iter(counterpart), None))
    stop_if_wrong(inspection, f"exports.{export}")
    save(destination, inspection)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            export=snakemake.wildcards.export,
            onnx=snakemake.input.onnx,
            descriptions=[snakemake.input.description, *snakemake.input.counterpart],
            reference=snakemake.input.reference,
            wanted=snakemake.params.wanted,
            destination=snakemake.output.inspection,
        )
