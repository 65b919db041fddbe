"""The contestants of a benchmark: the arms, Ultralytics' predict, and the bare runtime."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from parity.backends.inference import BatchNetwork, Stopwatch, stream
from parity.benchmarking.results import Workload
from parity.data.batch_files import BatchImage
from parity.detection.detections import Detections

TIMED_STAGES = ("decode", "preprocess", "network", "postprocess")

Spent = dict[str, float]
"""Seconds by stage."""

Runner = Callable[[list[BatchImage]], Iterator[Spent]]
"""Runs images one after the other; yields, after each, the seconds spent since the last."""


@dataclass(frozen=True)
class Contestant:
    """One way of getting detections, in a number of processes of a number of threads."""

    kind: str
    """A key of :data:`RUNNERS`."""
    processes: int
    """They share the images among them."""
    threads: int
    """Threads of each."""

    @property
    def name(self) -> str:
        """Return what tables and figures call it."""
        jobs = f"{self.processes} x " if self.processes > 1 else ""
        return f"{self.kind}, {jobs}{self.threads} thread{'s' * (self.threads > 1)}"


def run_pytorch(workload: Workload, threads: int, _first: str) -> Runner:
    """Return the PyTorch arm: what ``infer_pytorch`` and ``detect_pytorch`` do."""
    from parity.backends.pytorch.network import PytorchNetwork  # noqa: PLC0415  seconds
    from parity.backends.pytorch.postprocess import detect  # noqa: PLC0415

    network = PytorchNetwork.load(
        workload.reference,
        imgsz=workload.imgsz,
        rect=True,
        end2end=workload.end2end,
        threads=threads,
        device="cpu",
    )
    return arm_runner(network, detect, workload)


def run_onnx(workload: Workload, threads: int, _first: str) -> Runner:
    """Return the ONNX arm: what ``infer_onnx`` and ``detect_onnx`` do."""
    return _run_file(workload.onnx, workload, threads, **chosen_runtime(workload))


def run_reference(workload: Workload, threads: int, _first: str) -> Runner:
    """Return the arm of an ONNX file that is the reference."""
    return _run_file(workload.reference, workload, threads)


def _run_file(path: str, workload: Workload, threads: int, **chosen: Any) -> Runner:
    from parity.backends.onnx_network import OnnxNetwork  # noqa: PLC0415
    from parity.postprocessing.postprocess import detect  # noqa: PLC0415

    network = OnnxNetwork.load(path, threads=threads, **chosen)
    return arm_runner(network, detect, workload)


def chosen_runtime(workload: Workload) -> dict[str, Any]:
    """Return what executes the export, as arguments."""
    return {"runtime": workload.runtime, "providers": workload.providers}


def executed_by(workload: Workload) -> str:
    """Return what executes the export here, for people."""
    from parity.backends.onnx_network import OnnxNetwork  # noqa: PLC0415

    network = OnnxNetwork.load(workload.onnx, threads=1, **chosen_runtime(workload))
    return network.session.executed_by


def arm_runner(network: Any, detect: Callable[..., Detections], workload: Workload) -> Runner:
    """Return a runner of an arm of the workflow."""
    options = {**vars(workload.thresholds), "head": network.head}
    stages = {"read": "decode", "preprocess": "preprocess", "forward": "network"}
    measured: BatchNetwork = network

    def run(images: list[BatchImage]) -> Iterator[Spent]:
        watch = Stopwatch()
        for candidates in stream(measured, images, floor=workload.floor, watch=watch):
            watch.run("decode", lambda found: detect(found, **options), candidates)
            spent = {stages.get(name, "postprocess"): s for name, s in watch.seconds.items()}
            watch.seconds.update(dict.fromkeys(watch.seconds, 0.0))
            yield spent

    return run


def run_predict_pytorch(workload: Workload, threads: int, _first: str) -> Runner:
    """Return Ultralytics' predict on the checkpoint."""
    return _predict(workload.reference, workload, threads)


def run_predict_onnx(workload: Workload, threads: int, _first: str) -> Runner:
    """Return Ultralytics' predict on the export."""
    from parity.backends.bare import limit_threads  # noqa: PLC0415

    limit_threads(threads)
    return _predict(workload.onnx, workload, threads)


def _predict(path: str, workload: Workload, threads: int) -> Runner:
    from parity.backends.pytorch.predicting import predictor  # noqa: PLC0415

    options: dict[str, Any] = {"imgsz": list(workload.imgsz), "device": "cpu"}
    options |= {"task": workload.task, "thresholds": vars(workload.thresholds)}
    if workload.end2end:
        options["nms"] = False
    predict = predictor(path, threads=threads, **options)

    def run(images: list[BatchImage]) -> Iterator[Spent]:
        for image in images:
            start = time.perf_counter()
            spent = predict(image.path)
            spent["network"] = spent.pop("inference")
            rest = time.perf_counter() - start - sum(spent.values())
            yield {"decode": rest, **spent}

    return run


def run_bare(workload: Workload, threads: int, first: str) -> Runner:
    """Return the bare runtime on the tensor of one image."""
    from parity.backends.bare import bare_run  # noqa: PLC0415

    once = bare_run(workload.onnx, first, threads=threads, **chosen_runtime(workload))

    def run(images: list[BatchImage]) -> Iterator[Spent]:
        for _ in images:
            start = time.perf_counter()
            once()
            yield {"network": time.perf_counter() - start}

    return run


PREDICT_ONNX = "predict on the .onnx"

RUNNERS: dict[str, Callable[[Workload, int, str], Runner]] = {
    "PyTorch arm": run_pytorch,
    "predict on the .pt": run_predict_pytorch,
    "reference arm": run_reference,
    "ONNX arm": run_onnx,
    PREDICT_ONNX: run_predict_onnx,
    "bare session.run": run_bare,
}
"""How each kind is made: from the workload, the threads and an image to start with."""
WITHOUT_TORCH = ("reference arm", "ONNX arm", "bare session.run")
"""Kinds that run where the reference is an ONNX file."""
WITH_TORCH = tuple(kind for kind in RUNNERS if kind != "reference arm")
"""Kinds that run where it is a checkpoint."""
RATIOS = (
    ("ONNX arm", "bare session.run"),
    ("ONNX arm", PREDICT_ONNX),
    ("PyTorch arm", "predict on the .pt"),
    ("ONNX arm", "PyTorch arm"),
    ("ONNX arm", "reference arm"),
)
"""Whose speed is divided by whose, where both run."""


def line_ups(cores: int, workload: Workload, images: int) -> list[list[Contestant]]:
    """Return who runs against whom: all with one thread, and all with the whole machine.

    Ultralytics' predict is left out where the export is no ONNX file.

    On the whole machine the arms are a process per core of one thread each, as the workflow runs
    them, but no more than there are images; the others get a thread per core.
    """
    known = WITHOUT_TORCH if workload.reference.endswith(".onnx") else WITH_TORCH
    kinds = [kind for kind in known if kind != PREDICT_ONNX or workload.onnx.endswith(".onnx")]
    single = [Contestant(kind, 1, 1) for kind in kinds]
    if cores == 1:
        return [single]
    whole = [
        Contestant(kind, min(cores, images), 1)
        if kind.endswith(" arm")
        else Contestant(kind, 1, cores)
        for kind in kinds
    ]
    return [single, whole]
