"""Running a deployment: the correct one, or one that differs from it in some choices."""

from pathlib import Path
from typing import Protocol

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.deployment.postprocess import postprocess
from parity.deployment.preprocess import Preprocessed, preprocess
from parity.deployment.reading import read_with_choices
from parity.deployment.task import DEPLOYMENTS, InImage
from parity.detection.detections import Detections
from parity.detection.head import NetworkHead
from parity.tasks.task import Outputs


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
    def finished(self) -> bool:
        """Whether the output holds finished boxes."""

    @property
    def head(self) -> NetworkHead:
        """What the end of the network is."""

    @property
    def names(self) -> dict[int, str]:
        """Class names by id."""

    def forward(self, tensor: np.ndarray) -> np.ndarray:
        """Return the first output for an input, without the axis of the batch."""

    def before_softmax(self) -> "Network":
        """Return the network without a softmax at its end; itself if there is none."""

    def forward_batch(self, tensors: list[np.ndarray]) -> list[Outputs]:
        """Return all outputs for each of some inputs, without the axis of the batch."""


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
    fitting = DEPLOYMENTS[network.head.task].fitting
    return preprocess(pipeline, read_with_choices(pipeline, path), network.imgsz, fitting)


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
    (outputs,) = network.forward_batch([ready.tensor])
    image = InImage(ready.place, ready.image_shape, network.head)
    return postprocess(pipeline, outputs, image, classes=len(network.names))
