"""The torch-free network: an export that any runtime executes."""

import logging
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from parity.backends.buffers import BufferPool
from parity.backends.bundle_session import load_bundle
from parity.backends.onnx_metadata import ModelFacts, read_facts
from parity.backends.runtimes.onnxruntime import PROVIDERS
from parity.backends.runtimes.runtime import RUNTIMES, Session, TensorInfo
from parity.data.reading import read_image
from parity.deployment import geometry
from parity.deployment.input_tensor import to_tensor
from parity.deployment.pipeline import Pipeline
from parity.deployment.run import pipeline_of
from parity.detection.candidate_files import NetworkRun
from parity.detection.centre_crop import resize_and_crop
from parity.detection.decoding import Candidates
from parity.documents import load
from parity.errors import UserError, in_one_line
from parity.model_files.bundle import is_bundle
from parity.model_files.description import check_undamaged, load_checked
from parity.model_files.families.family import FAMILIES, ULTRALYTICS
from parity.model_files.graph_limits import graph_limit
from parity.model_files.results import ExportDescription
from parity.provenance import versions
from parity.tasks.task import Outputs

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class OnnxNetwork(ModelFacts):
    """An ONNX model that Ultralytics exported, ready to run, and what its file says of it."""

    session: Session
    path: str | Path
    """Its file."""
    _canvases: BufferPool = field(default_factory=lambda: BufferPool(np.uint8), repr=False)
    _tensors: BufferPool = field(default_factory=lambda: BufferPool(np.float32), repr=False)

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        threads: int,
        runtime: str = "onnxruntime",
        providers: tuple[str, ...] = PROVIDERS,
    ) -> Self:
        """Load a model and read its size, layout, stride and names from it.

        Parameters
        ----------
        path : str or Path
            An ONNX file that Ultralytics exported, or a bundle.
        threads : int
            Threads that an inference may use.
        runtime : str
            A key of :data:`parity.backends.runtimes.runtime.RUNTIMES`.
        providers : tuple of str
            Execution providers, the preferred first; see :meth:`check_providers`.

        Raises
        ------
        UserError
            If the runtime is not installed or cannot load the file, or the file is no model of a
            supported task.
        """
        cv2.setNumThreads(0)  # as Ultralytics; threads of its own would oversubscribe the job
        check_undamaged(path)
        session: Session
        if is_bundle(path):  # has been run before, and its runtime may take long to import
            session = load_bundle(path, threads=threads, providers=providers)
        else:
            with graph_limit(path, "loading it"):
                session = RUNTIMES[runtime].load(path, threads=threads, providers=providers)
        return cls(**vars(read_facts(session, path)), session=session, path=path)

    @property
    def input_shape(self) -> tuple[int, ...] | None:
        """What it takes for one image, (1, 3, H, W); None where that depends on the image."""
        return None if self.rect else (1, 3, *self.imgsz)

    @property
    def outputs(self) -> tuple[TensorInfo, ...]:
        """What it returns, as far as its task needs it."""
        return self.session.outputs[: self.task.outputs]

    def check_geometry(
        self, *, imgsz: tuple[int, int], rect: bool, end2end: bool | None, export: str
    ) -> None:
        """Check that the model has the geometry and head that the configuration gives its export.

        Raises
        ------
        UserError
            If its input is of another size, or dynamic where a fixed one was expected, or its
            head is another.
        """
        head = self.finished and not self.suppressed
        if end2end not in (None, head) and self.family == ULTRALYTICS:
            found = "needs" if end2end else "needs no"
            setting = "leave out nms: false" if end2end else "set nms: false"
            raise UserError(
                f"exports.{export}: the output of the model {found} NMS; {setting}, so that "
                "PyTorch uses the same head."
            )
        if rect != self.rect:
            found = "dynamic" if self.rect else "fixed"
            raise UserError(
                f"exports.{export}: the input of the model is {found}; set dynamic: "
                f"{str(self.rect).lower()}, so that PyTorch takes the same input."
            )
        if tuple(imgsz) != tuple(self.imgsz) and not self.rect:
            height, width = self.imgsz
            raise UserError(
                f"exports.{export}: The input is {height}x{width} px; imgsz is {list(imgsz)}. Set "
                f"imgsz: [{height}, {width}] for this export, so that PyTorch takes the same input."
            )

    def before_softmax(self) -> Self:
        """Return the network without a softmax at its end; itself if there is none."""
        model = load_checked(self.path)
        output = model.graph.output[0]
        for node in model.graph.node:
            if node.op_type == "Softmax" and output.name in node.output:
                output.name = node.input[0]
                model.graph.node.remove(node)
                with tempfile.TemporaryDirectory() as folder:
                    path = Path(folder, "logits.onnx")
                    path.write_bytes(model.SerializeToString())
                    return type(self).load(path, threads=1)
        return self

    def check_providers(
        self, *, providers: tuple[str, ...], fallback_provider: bool, export: str
    ) -> None:
        """Check that every execution provider that was asked for is in use.

        Raises
        ------
        UserError
            If one is not, and ``fallback_provider`` does not allow that.
        """
        unused = [name for name in providers if name not in self.session.providers]
        if not unused or not self.session.providers:
            return
        said = f"{' and '.join(unused)} {'is' if len(unused) == 1 else 'are'} not available here"
        if not fallback_provider:
            raise UserError(
                f"exports.{export}: {said}, and {self.session.executed_by} would be measured "
                "instead; install what the provider needs, or set fallback_provider: true."
            )
        log.warning("%s; the export runs on %s", said, self.session.executed_by)

    def read(self, path: Path) -> np.ndarray:
        """Return the pixels of an image file, see :func:`parity.data.reading.read_image`."""
        return read_image(path)

    def preprocess(self, image: np.ndarray) -> np.ndarray:
        """Return the network's input for an image.

        Parameters
        ----------
        image : (h, w, 3) uint8
            Blue, green, red.

        Returns
        -------
        (1, 3, H, W) float32
            Red, green, blue in [0, 1], unless its family takes another.
        """
        if self.task.fitted == "centre crop":
            return to_tensor(Pipeline(), resize_and_crop(image, self.imgsz))
        correct = replace(pipeline_of(self), **FAMILIES[self.family].choices)
        where = geometry.place_image(correct, image.shape[:2], self.imgsz)
        tensor = self._tensors.take((1, 3, where.height, where.width))
        if image.dtype == np.uint8:
            canvas = self._canvases.take((where.height, where.width, 3))
            pixels = geometry.resize_and_place(correct, image, where, into=canvas)
            tensor = to_tensor(correct, pixels, into=tensor)
            self._canvases.give_back(canvas)
        else:
            pixels = geometry.resize_and_place(correct, image, where)
            tensor = to_tensor(correct, pixels, into=tensor)
        return tensor

    def release(self, tensor: np.ndarray) -> None:
        """Take back what :meth:`preprocess` returned, to be written into again."""
        self._tensors.give_back(tensor)

    def forward(self, tensor: np.ndarray) -> np.ndarray:
        """Return the first output for one image, see :meth:`forward_batch`."""
        return self.forward_batch([tensor])[0][0]

    def forward_batch(self, tensors: list[np.ndarray]) -> list[Outputs]:
        """Run the network.

        Parameters
        ----------
        tensors : list of (1, 3, H, W) float32
            What :meth:`preprocess` returned for images of one shape, at most ``batch`` of them.

        Returns
        -------
        list of tuple of float32 arrays
            The outputs for each image; the first is (4 + classes, anchors) or (rows, 6) and what
            the task adds to them.

        Raises
        ------
        UserError
            If the runtime cannot run it, or it returns less than it promises.
        """
        fed = tensors[0]
        if self.batch > 1:
            missing = self.batch - len(tensors)
            fed = np.concatenate([*tensors, np.zeros((missing, *fed.shape[1:]), np.float32)])
        fed = fed.astype(self.dtype, copy=False)
        found = run_session(self.session, fed, self.path)[: self.task.outputs]
        for output in found:
            if output.shape[:1] != fed.shape[:1]:
                raise self._broken_promise(output)
        counted = [output.astype(np.float32, copy=False) for output in found]
        return [tuple(output[i] for output in counted) for i in range(len(tensors))]

    def decode(self, outputs: Outputs, floor: float) -> Candidates:
        """Return the candidates of the outputs for an image that score above a floor.

        Raises
        ------
        UserError
            If the first output has not the shape that the model promised.
        """
        predictions = outputs[0]
        rows = predictions.shape[-1] if self.finished else predictions.shape[0]
        if predictions.ndim != self.task.axes or rows != self.rows:
            raise self._broken_promise(predictions)
        decode = self.task.decode_finished if self.finished else self.task.decode
        return decode(outputs, floor, len(self.names))

    def _broken_promise(self, output: np.ndarray) -> UserError:
        return UserError(
            f"{self.path} returned {list(output.shape)}, which is not the shape that it promises; "
            "export the model again."
        )


def run_session(session: Session, fed: np.ndarray, path: str | Path) -> list[np.ndarray]:
    """Run a model within the limits of time and memory.

    Parameters
    ----------
    session : Session
        The loaded model.
    fed : (N, ...) array
        Its input for N images.
    path : str or Path
        Its file, for messages.

    Raises
    ------
    UserError
        If the runtime cannot run it.
    """
    with graph_limit(path, "running it", images=len(fed)):
        try:
            return session.run(fed)
        except MemoryError:
            raise
        except Exception as error:  # the exceptions of runtimes share no base class
            raise UserError(
                f"{path}: {session.executed_by} cannot run it ({in_one_line(error)})."
            ) from None


def describe_run(
    network: OnnxNetwork,
    description: str | Path,
    *,
    runtime: str,
    providers: tuple[str, ...],
    floor: float,
    threads: int,
) -> NetworkRun:
    """Return what makes the candidates of a network.

    Parameters
    ----------
    network : OnnxNetwork
        A loaded model.
    description : str or Path
        The JSON that the export wrote of itself.
    runtime, providers : str, tuple of str
        What was asked for.
    floor : float
        Candidates score above it.
    threads : int
        Threads of a run.

    Raises
    ------
    UserError
        If the description cannot be read.
    """
    described = load(description, ExportDescription)
    return NetworkRun(
        model_sha256=described.sha256,
        imgsz=network.imgsz,
        rect=network.rect,
        head=network.head,
        names=network.names,
        floor=floor,
        threads=threads,
        versions={**network.session.versions, **versions("numpy", "opencv-python")},
        baked=described.baked,
        runtime=runtime,
        provider=network.session.executed_by,
        providers=tuple(providers),
    )
