"""Running a deployment: the correct one, or one that differs from it in some choices."""

from pathlib import Path
from typing import Protocol

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.deployment.postprocess import postprocess
from parity.deployment.preprocess import Preprocessed, preprocess
from parity.deployment.reading import read_with_choices
from parity.detection.detections import Detections


class Network(Protocol):
    """What a pipeline needs to know of a network."""

    @property
    def imgsz(self) -> tuple[int, int]:
        """Height and width that images are fitted into, px."""

    @property
    def stride(self) -> int:
        """Largest stride, px."""

    @property
    def rect(self) -> bool:
        """Whether images are fitted into a minimal rectangle."""

    @property
    def end2end(self) -> bool:
        """Whether the output holds finished boxes."""

    def forward(self, tensor: np.ndarray) -> np.ndarray:
        """Return the raw output for an input, without the axis of the batch."""


def pipeline_of(network: Network) -> Pipeline:
    """Return the correct pipeline of a network: a minimal rectangle where it takes one."""
    return Pipeline(stride=network.stride if network.rect else None)


def read_and_preprocess(pipeline: Pipeline, path: str | Path, network: Network) -> Preprocessed:
    """Read an image and make the network's input of it.

    Parameters
    ----------
    pipeline : Pipeline
        Its choices before the network.
    path : str or Path
        An image file.
    network : Network
        Says the size of its input.

    Raises
    ------
    UnreadableImageError
        If the file cannot be decoded.
    """
    return preprocess(pipeline, read_with_choices(pipeline, path), network.imgsz)


def run(pipeline: Pipeline, path: str | Path, network: Network) -> Detections:
    """Run a deployment over one image file; the default pipeline is the ONNX arm.

    Parameters
    ----------
    pipeline : Pipeline
        Its choices.
    path : str or Path
        An image file.
    network : Network
        What it runs.

    Returns
    -------
    Detections
        What the deployment returns.

    Raises
    ------
    UnreadableImageError
        If the file cannot be decoded.
    """
    ready = read_and_preprocess(pipeline, path, network)
    raw = network.forward(ready.tensor)
    return postprocess(pipeline, raw, ready.place, ready.image_shape, end2end=network.end2end)
