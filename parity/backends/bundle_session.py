"""Running the files of a runtime's own as if they were Ultralytics' ONNX export."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from parity.backends.onnx_metadata import as_info
from parity.backends.runtimes.runtime import RUNTIMES, Session
from parity.model_files.bundle import BundleManifest, read_manifest, unpacked
from parity.model_files.exporter_metadata import read_metadata

BOX = 4
"""Numbers of a box."""


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


def load_bundle(path: str | Path, *, threads: int, providers: tuple[str, ...]) -> Session:
    """Load the files of a bundle with the runtime that they belong to.

    Raises
    ------
    UserError
        If the bundle is damaged, or the runtime is not installed or cannot load the file.
    """
    manifest = read_manifest(path)
    with unpacked(path) as file:
        session = RUNTIMES[manifest.runtime].load(file, threads=threads, providers=providers)
    conventions = Conventions.of(manifest)
    return replace(
        session,
        run=lambda tensor: conventions.read(session.run(conventions.fed(tensor))),
        input=as_info(manifest.inputs[0]),
        outputs=tuple(map(as_info, manifest.outputs)),
        metadata=manifest.metadata,
    )
