"""Hold a model file against the configuration and the checkpoint, before it is used."""

from typing import TYPE_CHECKING, Any

from parity.backends.pytorch.weights import CheckpointFacts
from parity.files import read_json, write_json
from parity.logs import log_to
from parity.model_files.description import EXPORT
from parity.model_files.inspection import INSPECTION, Wanted, inspect, refuse

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *, onnx: str, descriptions: list[str], checkpoint: str, wanted: dict[str, Any], destination: str
) -> None:
    """Write what a file says of itself; stop if comparing it would mean nothing."""
    own, *reference = (read_json(path, EXPORT) for path in descriptions)
    facts = CheckpointFacts.load(checkpoint)
    asked = Wanted(**wanted, names=facts.names, stride=facts.stride)
    inspection = inspect(onnx, own, asked, facts.weights, next(iter(reference), None))
    refuse(inspection)
    write_json(destination, INSPECTION, inspection)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        main(
            onnx=snakemake.input.onnx,
            descriptions=[snakemake.input.description, *snakemake.input.counterpart],
            checkpoint=snakemake.input.checkpoint,
            wanted=snakemake.params.wanted,
            destination=snakemake.output.inspection,
        )
