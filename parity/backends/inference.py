"""Running a network over a batch of images, with any runtime."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from parity.backends.prefetch import prefetch
from parity.data.batch_files import BatchImage, check_unchanged, load_batch
from parity.detection.candidate_files import CandidateBatch, ImageCandidates, NetworkRun
from parity.detection.decoding import EMPTY, Candidates
from parity.errors import UnreadableImageError, saying_what_for
from parity.files import write_json
from parity.progress import reported
from parity.tasks.task import Outputs

log = logging.getLogger(__name__)

SECONDS = "seconds/1"
STAGES = ("read", "preprocess", "forward", "decode")


class BatchNetwork(Protocol):
    """What a runtime must be able to do."""

    @property
    def batch(self) -> int:
        """Images that one run takes; only those of one shape go together."""

    def read(self, path: Path) -> np.ndarray:
        """Return the pixels of an image file, (h, w, 3) uint8, blue, green, red."""

    def preprocess(self, image: np.ndarray) -> Any:
        """Return the input for an image, with a shape of (1, 3, H, W)."""

    def forward_batch(self, tensors: list[Any]) -> list[Outputs]:
        """Return the outputs for each of at most ``batch`` inputs."""

    def release(self, tensor: Any) -> None:
        """Take note that an input is not needed any more."""

    def decode(self, outputs: Outputs, floor: float) -> Candidates:
        """Return the candidates of the outputs for an image."""


@dataclass
class Stopwatch:
    """Seconds spent in each stage, summed over images."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))

    def run(self, stage: str, work: Callable[..., Any], *arguments: Any) -> Any:
        """Return ``work(*arguments)`` and add the time it took to a stage."""
        start = time.perf_counter()
        result = work(*arguments)
        self.seconds[stage] += time.perf_counter() - start
        return result


@dataclass(frozen=True)
class LoadedImage:
    """An image on its way into the network; tensor is None if it could not be read."""

    image: BatchImage
    image_shape: tuple[int, int] = (0, 0)
    tensor: Any = None
    reason: str = ""

    @property
    def input_shape(self) -> tuple[int, int]:
        """Height and width of the network's input, px; (0, 0) if there is none."""
        return (0, 0) if self.tensor is None else tuple(self.tensor.shape[2:])


def load_image(network: BatchNetwork, watch: Stopwatch, image: BatchImage) -> LoadedImage:
    """Read an image and make the network's input of it."""
    check_unchanged(image)
    try:
        with saying_what_for(f"to read {image.path}"):
            pixels = watch.run("read", network.read, Path(image.path))
    except UnreadableImageError as error:
        log.warning("%s cannot be read: %s", image.name, error)
        return LoadedImage(image, reason=str(error))
    tensor = watch.run("preprocess", network.preprocess, pixels)
    return LoadedImage(image, pixels.shape[:2], tensor)


def infer(
    network: BatchNetwork, images: list[BatchImage], *, floor: float, made_by: NetworkRun
) -> tuple[CandidateBatch, dict[str, float]]:
    """Run a network over images, reading the next ones while it works.

    Parameters
    ----------
    network : BatchNetwork
        A loaded model.
    images : list of BatchImage
        What to run; an image that cannot be read keeps its place, with the reason.
    floor : float
        Candidates score above it.
    made_by : NetworkRun
        What to store with the candidates.

    Returns
    -------
    batch : CandidateBatch
    seconds : dict of str to float
        Seconds by stage, summed over the images; reading overlaps the network.

    Raises
    ------
    UserError
        If an image changed after the run was planned.
    """
    watch = Stopwatch()
    streamed = stream(network, images, floor=floor, watch=watch)
    results = list(reported(streamed, len(images), "images run"))
    return CandidateBatch(made_by, results), watch.seconds


def stream(
    network: BatchNetwork, images: Iterable[BatchImage], *, floor: float, watch: Stopwatch
) -> Iterator[ImageCandidates]:
    """Yield the candidates of one image after the other, see :func:`infer`.

    Parameters
    ----------
    network : BatchNetwork
        A loaded model.
    images : iterable of BatchImage
        What to run.
    floor : float
        Candidates score above it.
    watch : Stopwatch
        Is given the seconds of each stage.
    """
    for group in grouped(prefetch(partial(load_image, network, watch), images), network.batch):
        tensors = [ready.tensor for ready in group if ready.tensor is not None]
        returned = iter(watch.run("forward", network.forward_batch, tensors) if tensors else [])
        for ready in group:
            found, non_finite = EMPTY, 0
            if ready.tensor is not None:
                outputs = next(returned)
                found = watch.run("decode", network.decode, outputs, floor)
                non_finite = sum(map(count_non_finite, outputs))
                network.release(ready.tensor)
            yield ImageCandidates(
                ready.image.name,
                ready.image.sha256,
                ready.image_shape,
                ready.input_shape,
                ready.reason,
                found,
                non_finite,
            )


def count_non_finite(raw: np.ndarray) -> int:
    """Return how many numbers are NaN or infinite; if their sum is finite, none is."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(raw.sum()):
            return 0
    return int(raw.size - np.count_nonzero(np.isfinite(raw)))


def grouped(loaded: Iterable[LoadedImage], size: int) -> Iterator[list[LoadedImage]]:
    """Divide loaded images into groups of at most a size whose inputs have one shape.

    An image that could not be read has no input and fits into any group.
    """
    group: list[LoadedImage] = []
    for ready in loaded:
        shapes = {other.input_shape for other in [*group, ready] if other.tensor is not None}
        if group and (len(group) == size or len(shapes) > 1):
            yield group
            group = []
        group.append(ready)
    if group:
        yield group


def infer_batch(
    network: BatchNetwork,
    batch: str | Path,
    *,
    floor: float,
    made_by: NetworkRun,
    destination: str | Path,
    seconds: str | Path,
) -> CandidateBatch:
    """Run a network over the images of a batch list, write the candidates and return them.

    Parameters
    ----------
    network : BatchNetwork
        A loaded model.
    batch : str or Path
        The list of the images.
    floor : float
        Candidates score above it.
    made_by : NetworkRun
        What to store with the candidates.
    destination, seconds : str or Path
        The candidates and the seconds by stage to write.
    """
    candidates, spent = infer(network, load_batch(batch), floor=floor, made_by=made_by)
    candidates.save(destination)
    write_json(seconds, SECONDS, {"images": len(candidates.images), "seconds": spent})
    return candidates
