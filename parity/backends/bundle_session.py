"""Running the files of a runtime's own as if they were Ultralytics' ONNX export."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from parity.backends.runtimes.runtime import RUNTIMES, Session, TensorInfo
from parity.model_files.bundle import BundleManifest, read_manifest, unpacked
from parity.model_files.exporter_metadata import read_metadata
from parity.model_files.results import TensorDescription

BOX = 4
POINT = 2
"""Numbers of a box and of a point that are coordinates."""


@dataclass(frozen=True)
class Conventions:
    """How tensors of a file differ from those of Ultralytics' ONNX exports."""

    deviations: tuple[str, ...]
    """Keys of :data:`parity.model_files.bundle.DEVIATIONS`."""
    height: int
    width: int
    """Of the input, px."""
    classes: int
    """Of the network."""
    keypoint_shape: tuple[int, int] | None = None
    """Keypoints of an object and numbers of a keypoint."""

    @classmethod
    def of(cls, manifest: BundleManifest) -> Self:
        """Return the conventions that a manifest states."""
        said = read_metadata(manifest.metadata)
        height, width = manifest.inputs[0].shape[2:]
        return cls(
            tuple(manifest.deviations),
            int(height),
            int(width),
            len(said.names or {}),
            said.keypoint_shape,
        )

    def fed(self, tensor: np.ndarray) -> np.ndarray:
        """Return what the file takes for (batch, 3, height, width) from 0 to 1."""
        if "pixels" in self.deviations:
            tensor = np.floor(tensor * 255 + 0.5)
        return tensor.transpose(0, 2, 3, 1) if "nhwc" in self.deviations else tensor

    def read(self, outputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the outputs as an ONNX export returns them: the predictions, then prototypes."""
        first, *rest = sorted(outputs, key=lambda output: output.ndim)
        if "transposed" in self.deviations:
            first = first.transpose(0, 2, 1)
        if "logits" in self.deviations:
            scores = first[:, BOX : BOX + self.classes]
            sigmoid = 1 / (1 + np.exp(-scores))
            first = np.concatenate([first[:, :BOX], sigmoid, first[:, BOX + self.classes :]], 1)
        if "fractions" in self.deviations:
            first = first * self._scales(first.shape[1])[:, None]
        if "prototypes" in self.deviations:
            rest = [output.transpose(0, 3, 1, 2) for output in rest]
        return [first, *rest]

    def _scales(self, rows: int) -> np.ndarray:
        """Return what the rows of a raw output are multiplied by to be in px."""
        scales = np.ones(rows, np.float32)
        scales[0:BOX:2], scales[1:BOX:2] = self.width, self.height
        if self.keypoint_shape:
            first, step = BOX + self.classes, self.keypoint_shape[1]
            scales[first::step], scales[first + 1 :: step] = self.width, self.height
        return scales


@dataclass(frozen=True)
class BundleSession:
    """A loaded bundle, see :class:`parity.backends.runtimes.runtime.Session`."""

    session: Session
    """What runs the file as it is."""
    conventions: Conventions
    """How it differs."""
    input: TensorInfo
    outputs: tuple[TensorInfo, ...]
    metadata: Mapping[str, str]

    @property
    def executed_by(self) -> str:
        """What executes the model, for people."""
        return self.session.executed_by

    @property
    def versions(self) -> Mapping[str, str]:
        """The versions of the packages that execute the model."""
        return self.session.versions

    @property
    def providers(self) -> tuple[str, ...]:
        """The execution providers in use."""
        return self.session.providers

    def run(self, tensor: np.ndarray) -> list[np.ndarray]:
        """Return all outputs for an input, with the axis of the batch."""
        return self.conventions.read(self.session.run(self.conventions.fed(tensor)))


def load_bundle(path: str | Path, *, threads: int, providers: tuple[str, ...]) -> BundleSession:
    """Load the files of a bundle with the runtime that they belong to.

    Raises
    ------
    UserError
        If the bundle is damaged, or the runtime is not installed or cannot load the file.
    """
    manifest = read_manifest(path)
    with unpacked(path) as file:
        session = RUNTIMES[manifest.runtime].load(file, threads=threads, providers=providers)
    return BundleSession(
        session,
        Conventions.of(manifest),
        _as_info(manifest.inputs[0]),
        tuple(map(_as_info, manifest.outputs)),
        manifest.metadata,
    )


def _as_info(tensor: TensorDescription) -> TensorInfo:
    return TensorInfo(tensor.name, tuple(tensor.shape), "float32")
