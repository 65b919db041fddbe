"""Running the files of a runtime's own as if they were Ultralytics' ONNX export."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import onnxruntime
from onnx import ModelProto, TensorProto, helper

from parity.backends.onnx_metadata import as_info
from parity.backends.runtimes.onnxruntime import PROVIDERS
from parity.backends.runtimes.runtime import RUNTIMES, Session
from parity.model_files.adapting import BOX_ROWS, OPSET, RETURNED, TAKEN, adapt
from parity.model_files.arranging import put_predictions_first
from parity.model_files.bundle import BundleManifest, read_manifest, unpacked
from parity.model_files.cells import cell_count
from parity.model_files.exporter_metadata import read_metadata

IR_VERSION = 9
"""Of the ONNX standard, which goes with its operator set 13 and later ones."""


@dataclass(frozen=True)
class Conventions:
    """How tensors of a file differ from those of Ultralytics' ONNX exports."""

    deviations: tuple[str, ...]
    """Keys of :data:`parity.model_files.inspection.SENTENCES`."""
    height: int
    width: int
    """Of the input, px."""
    classes: int
    """Of the network."""
    rows: int
    """Of the raw output; 0 if the network returns no raw boxes."""
    keypoint_shape: tuple[int, int] | None = None
    """Keypoints of an object and numbers of a keypoint."""

    @classmethod
    def of(cls, manifest: BundleManifest) -> Self:
        """Return the conventions that a manifest states."""
        said = read_metadata(manifest.metadata)
        height, width = manifest.inputs[0].shape[2:]
        shape = manifest.outputs[0].shape
        return cls(
            tuple(manifest.deviations),
            int(height),
            int(width),
            len(said.names or {}),
            int(shape[1]) if len(shape) == 3 else 0,
            said.keypoint_shape,
        )

    def fed(self, tensor: np.ndarray) -> np.ndarray:
        """Return what the file takes for (batch, 3, height, width) from 0 to 1."""
        if not set(self.deviations) & set(TAKEN):
            return tensor
        return self._taker([tensor.astype(np.float32, copy=False)])[0]

    def read(self, outputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the outputs as an ONNX export returns them: the predictions, then prototypes."""
        counted = [output.astype(np.float32, copy=False) for output in outputs]
        first, *rest = self._reader(counted) if self.rows else counted
        if "fractions" in self.deviations and self.keypoint_shape:
            first = first * self._keypoint_scales[:, None]
        if "prototypes" in self.deviations:
            rest = [output.transpose(0, 3, 1, 2) for output in rest]
        return [first, *rest]

    @cached_property
    def _taker(self) -> "Chained":
        names = [name for name in self.deviations if name in TAKEN]
        return Chained(lambda model: adapt(model, names, self.rows, self.classes), names)

    @cached_property
    def _reader(self) -> "Chained":
        size = (self.height, self.width)
        names = [name for name in self.deviations if name in RETURNED]

        def undo(model: ModelProto) -> None:
            put_predictions_first(model, self.rows, cell_count(size))
            if names:
                adapt(model, names, self.rows, self.classes, size)

        return Chained(undo)

    @property
    def _keypoint_scales(self) -> np.ndarray:
        """What the rows of a raw output are multiplied by, so that keypoints are in px."""
        scales = np.ones(self.rows, np.float32)
        if self.keypoint_shape:
            first, step = BOX_ROWS + self.classes, self.keypoint_shape[1]
            scales[first::step], scales[first + 1 :: step] = self.width, self.height
        return scales


class Chained:
    """What is put before or behind a graph, run on its own; built when the first tensors come."""

    def __init__(self, change: Callable[[ModelProto], None], taken: Sequence[str] = ()) -> None:
        self.change, self.taken = change, taken
        self.session: onnxruntime.InferenceSession | None = None

    def __call__(self, tensors: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return tensors as they are behind it."""
        if self.session is None:
            self.session = self._built([tensor.shape for tensor in tensors])
        names = [each.name for each in self.session.get_inputs()]
        returned: list[np.ndarray] = self.session.run(None, dict(zip(names, tensors, strict=True)))
        return returned

    def _built(self, shapes: Sequence[tuple[int, ...]]) -> onnxruntime.InferenceSession:
        """Return a graph that passes tensors on, changed as the graph of a model would be."""
        if "nhwc" in self.taken:
            ((batch, channels, height, width),) = shapes
            shapes = [(batch, height, width, channels)]
        value, count = helper.make_tensor_value_info, range(len(shapes))
        graph = helper.make_graph(
            [helper.make_node("Identity", [f"given{i}"], [f"output{i}"]) for i in count],
            "passed on",
            [value(f"given{i}", TensorProto.FLOAT, shapes[i]) for i in count],
            [value(f"output{i}", TensorProto.FLOAT, shapes[i]) for i in count],
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
        self.change(model)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        return onnxruntime.InferenceSession(model.SerializeToString(), options, PROVIDERS)


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
