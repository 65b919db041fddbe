"""Run the checkpoint over a batch of images, all arms in turn; no threshold is applied yet.

One process serves all arms: its start costs as much as thirty images. It also applies Ultralytics'
NMS to all candidates, so that the detections can be read from what is left.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from parity.backends.inference import infer_batch
from parity.backends.pytorch.loading import load_model
from parity.backends.pytorch.network import PytorchNetwork, check_device, describe_run
from parity.backends.pytorch.postprocess import detect
from parity.backends.trust import trust_checkpoint
from parity.detection.suppressed_files import SuppressedBatch
from parity.errors import about
from parity.logs import log_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    *,
    checkpoint: str,
    batch: str,
    arms: dict[str, Any],
    settings: dict[str, Any],
    iou: float,
    destinations: Iterable[tuple[str, str, str]],
) -> None:
    """Write of each arm candidates, what NMS leaves of them, and the seconds that they took."""
    floor, device, threads = (settings[key] for key in ("floor", "device", "threads"))
    check_device(device)
    loaded = load_model(checkpoint)
    for arm, (candidates, suppressed, seconds) in zip(arms.values(), destinations, strict=True):
        choices = {key: arm[key] for key in ("imgsz", "rect", "end2end")}
        with about(checkpoint):
            network = PytorchNetwork.of(loaded, **choices, threads=threads, device=device)
        made_by = describe_run(network, checkpoint, floor=floor, threads=threads)
        found = infer_batch(
            network, batch, floor=floor, made_by=made_by, destination=candidates, seconds=seconds
        )
        SuppressedBatch.of(found, iou=iou, detect=detect).save(suppressed)


if __name__ == "__main__":
    with log_to(snakemake.log[0]):
        trust_checkpoint(snakemake.params.trust)
        made = (snakemake.output[name] for name in ("candidates", "suppressed", "seconds"))
        main(
            checkpoint=snakemake.input.checkpoint,
            batch=snakemake.input.batch,
            arms=snakemake.params.arms,
            settings={
                "floor": snakemake.params.candidates["floor"],
                "device": snakemake.params.device,
                "threads": snakemake.threads,
            },
            iou=snakemake.config["thresholds"]["iou"],  # a guess that no result depends on
            destinations=zip(*made, strict=True),
        )
