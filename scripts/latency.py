"""Time the arms, Ultralytics' predict and the bare runtime in turn on the same images."""

from typing import TYPE_CHECKING, Any

from parity.backends.trust import trust_checkpoint
from parity.benchmarking.contestants import executed_by
from parity.benchmarking.machine import describe_machine
from parity.benchmarking.race import run_races
from parity.benchmarking.results import Latency, LatencySettings, Workload
from parity.detection.detection_files import Thresholds
from parity.documents import load, save
from parity.logs import log_to
from parity.model_files.results import ExportDescription

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *, workload: Workload, batches: list[str], latency: dict[str, Any], cores: int, destination: str
) -> None:
    """Write how fast every contestant is."""
    settings = {key: latency[key] for key in ("rounds", "images", "warm_up")}
    machine = describe_machine(cores)
    races = run_races(workload, batches, cores=cores, **settings)
    made_by = LatencySettings(**vars(workload), machine=machine, provider=executed_by(workload))
    save(destination, Latency(made_by=made_by, **settings, races=races))


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        trust_checkpoint(snakemake.params.trust)
        arm = snakemake.params.arm
        main(
            workload=Workload(
                task=load(snakemake.input.description, ExportDescription).metadata["task"],
                reference=snakemake.input.reference,
                onnx=snakemake.input.onnx,
                runtime=arm["runtime"],
                providers=tuple(arm["providers"]),
                imgsz=arm["imgsz"],
                rect=arm["rect"],
                end2end=bool(arm["end2end"]),
                thresholds=Thresholds(**snakemake.params.thresholds),
                floor=snakemake.params.candidates["floor"],
            ),
            batches=snakemake.input.batches,
            latency=snakemake.params.latency,
            cores=snakemake.threads,
            destination=snakemake.output.latency,
        )
