"""Let the arms, Ultralytics' predict and the bare runtime run in turn on the same images."""

from typing import TYPE_CHECKING, Any

from parity.backends.runtimes.onnxruntime import PROVIDERS
from parity.benchmarking.contestants import Task
from parity.benchmarking.machine import describe_machine
from parity.benchmarking.race import race_all
from parity.files import write_json
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *, task: Task, batches: list[str], latency: dict[str, Any], cores: int, destination: str
) -> None:
    """Write how fast every contestant is."""
    settings = {key: latency[key] for key in ("rounds", "images", "warm_up")}
    races = race_all(task, batches, cores=cores, **settings)
    made_by = {"machine": describe_machine(cores), "provider": PROVIDERS[0], **task.as_json()}
    write_json(destination, "latency/1", {"made_by": made_by, **settings, "races": races})


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        arm = snakemake.params.arm
        main(
            task=Task(
                checkpoint=snakemake.input.checkpoint,
                onnx=snakemake.input.onnx,
                imgsz=arm["imgsz"],
                rect=arm["rect"],
                end2end=arm["end2end"],
                thresholds=snakemake.params.thresholds,
                floor=snakemake.params.candidates["floor"],
            ),
            batches=snakemake.input.batches,
            latency=snakemake.params.latency,
            cores=snakemake.threads,
            destination=snakemake.output.latency,
        )
