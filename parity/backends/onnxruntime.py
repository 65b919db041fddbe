"""ONNX Runtime: everything the torch-free path knows about a model, read from the file itself."""

import ast
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
import onnxruntime

from parity.backends.buffers import BufferPool
from parity.data.reading import read_image
from parity.deployment import geometry
from parity.deployment.input_tensor import to_tensor
from parity.deployment.run import pipeline_of
from parity.detection.decoding import Candidates, decode, decode_end2end
from parity.errors import UserError
from parity.files import read_json
from parity.provenance import versions

log = logging.getLogger(__name__)

EXPORT = "export/1"
PROVIDERS = ("CPUExecutionProvider",)
DTYPES: dict[str, np.dtype[Any]] = {
    "tensor(float)": np.dtype(np.float32),
    "tensor(float16)": np.dtype(np.float16),
}
FINISHED_COLUMNS = 6
"""x1, y1, x2, y2, score and class of an output that needs no suppression."""


@dataclass(frozen=True)
class OnnxNetwork:
    """An ONNX model of an Ultralytics detector, ready to run.

    Attributes
    ----------
    session : onnxruntime.InferenceSession
        The loaded model.
    input_name : str
        Name of its image input.
    imgsz : tuple of int
        Height and width that images are fitted into, px.
    stride : int
        Largest stride of the network, px.
    names : dict of int to str
        Class names by id.
    rect : bool
        Whether images are fitted into a minimal rectangle (dynamic axes) or the whole input.
    end2end : bool
        Whether the output holds finished boxes that need no suppression.
    suppressed : bool
        Whether that is because suppression is part of the graph, not because of the head.
    batch : int
        Images that one run takes; fewer are filled up with zeros, as Ultralytics does.
    dtype : numpy.dtype
        Of its image input, float32 or float16.
    """

    session: onnxruntime.InferenceSession
    input_name: str
    imgsz: tuple[int, int]
    stride: int
    names: dict[int, str]
    rect: bool
    end2end: bool
    suppressed: bool
    batch: int
    dtype: np.dtype[Any]
    _canvases: BufferPool = field(default_factory=lambda: BufferPool(np.uint8), repr=False)
    _tensors: BufferPool = field(default_factory=lambda: BufferPool(np.float32), repr=False)

    @classmethod
    def load(
        cls, path: str | Path, *, threads: int, providers: tuple[str, ...] = PROVIDERS
    ) -> Self:
        """Load a model and read its size, layout, stride and names from it.

        Parameters
        ----------
        path : str or Path
            An ONNX file that Ultralytics exported.
        threads : int
            Threads that an inference may use.
        providers : tuple of str
            Execution providers, the preferred first; what is not there is passed over.

        Raises
        ------
        UserError
            If the file is no model of an Ultralytics detector.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        cv2.setNumThreads(0)  # as Ultralytics; threads of its own would oversubscribe the job
        try:
            session = onnxruntime.InferenceSession(path, options, providers=list(providers))
        except Exception as error:  # onnxruntime's exceptions share no base class
            raise UserError(f"{path}: ONNX Runtime cannot load it ({error}).") from None
        metadata = session.get_modelmeta().custom_metadata_map
        try:
            imgsz = tuple(ast.literal_eval(metadata["imgsz"]))
            names = dict(ast.literal_eval(metadata["names"]))
            stride = int(metadata["stride"])
            task = metadata["task"]
            arguments = dict(ast.literal_eval(metadata.get("args", "{}")))
        except (KeyError, ValueError, SyntaxError, TypeError):
            raise UserError(
                f"{path} lacks the metadata that Ultralytics writes (imgsz, names, stride, task); "
                "export it with Ultralytics."
            ) from None
        if task != "detect":
            raise UserError(f"{path} is a model for the task {task}; only detect is supported.")
        image_input, output = session.get_inputs()[0], session.get_outputs()[0]
        if len(image_input.shape) != 4 or image_input.shape[1] != 3:
            raise UserError(
                f"{path} takes {image_input.shape}; expected [batch, 3, height, width]."
            )
        if image_input.type not in DTYPES:
            raise UserError(f"{path} takes {image_input.type}; expected float or float16.")
        batch = image_input.shape[0]
        height, width = image_input.shape[2:]
        rect = not (isinstance(height, int) and isinstance(width, int))
        suppressed = bool(arguments.get("nms"))
        finished = output.shape[-1] == FINISHED_COLUMNS or metadata.get("end2end") == "True"
        rows = output.shape[1] if len(output.shape) == 3 else 0
        if not (finished or suppressed) and isinstance(rows, int) and rows != 4 + len(names):
            raise UserError(
                f"{path} returns {output.shape}; expected [batch, 4 + {len(names)} classes, "
                "anchors], as Ultralytics exports it."
            )
        return cls(
            session=session,
            input_name=image_input.name,
            imgsz=imgsz if rect else (height, width),
            stride=stride,
            names=names,
            rect=rect,
            end2end=finished or suppressed,
            suppressed=suppressed,
            batch=batch if isinstance(batch, int) else 1,
            dtype=DTYPES[image_input.type],
        )

    def check_geometry(
        self, *, imgsz: tuple[int, int], rect: bool, end2end: bool, export: str
    ) -> None:
        """Check that the model has the geometry and head that the configuration gives its export.

        Raises
        ------
        UserError
            If its input is of another size, or dynamic where a fixed one was expected, or its
            head is another.
        """
        if end2end != (self.end2end and not self.suppressed):
            found = "needs" if end2end else "needs no"
            setting = "leave out nms: false" if end2end else "set nms: false"
            raise UserError(
                f"exports.{export}: the output of the model {found} suppression; {setting} so that "
                "it is compared with its like."
            )
        if rect != self.rect:
            found = "dynamic" if self.rect else "fixed"
            raise UserError(
                f"exports.{export}: the input of the model is {found}; "
                f"set dynamic: {str(self.rect).lower()} so that it is compared with its like."
            )
        if tuple(imgsz) != tuple(self.imgsz) and not self.rect:
            raise UserError(
                f"exports.{export}: the input of the model is {self.imgsz[0]}x{self.imgsz[1]}; "
                f"set imgsz: [{self.imgsz[0]}, {self.imgsz[1]}] so that it is compared with its "
                "like."
            )

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
            Red, green, blue in [0, 1].
        """
        correct = pipeline_of(self)
        where = geometry.fit(correct, image.shape[:2], self.imgsz)
        tensor = self._tensors.take((1, 3, where.height, where.width))
        if image.dtype == np.uint8:
            canvas = self._canvases.take((where.height, where.width, 3))
            to_tensor(correct, geometry.apply(correct, image, where, into=canvas), into=tensor)
            self._canvases.give_back(canvas)
        else:
            to_tensor(correct, geometry.apply(correct, image, where), into=tensor)
        return tensor

    def release(self, tensor: np.ndarray) -> None:
        """Take back what :meth:`preprocess` returned, to be written into again."""
        self._tensors.give_back(tensor)

    def forward(self, tensor: np.ndarray) -> np.ndarray:
        """Run the network on one image, see :meth:`forward_batch`."""
        return self.forward_batch([tensor])[0]

    def forward_batch(self, tensors: list[np.ndarray]) -> list[np.ndarray]:
        """Run the network.

        Parameters
        ----------
        tensors : list of (1, 3, H, W) float32
            What :meth:`preprocess` returned for images of one shape, at most ``batch`` of them.

        Returns
        -------
        list of (4 + classes, anchors) or (rows, 6) float32
            The raw output for each image.
        """
        fed = tensors[0]
        if self.batch > 1:
            missing = self.batch - len(tensors)
            fed = np.concatenate([*tensors, np.zeros((missing, *fed.shape[1:]), np.float32)])
        fed = fed.astype(self.dtype, copy=False)
        output = self.session.run(None, {self.input_name: fed})[0]
        return list(output[: len(tensors)].astype(np.float32, copy=False))

    def decode(self, raw: np.ndarray, floor: float) -> Candidates:
        """Return the candidates of a raw output above a floor."""
        return (decode_end2end if self.end2end else decode)(raw, floor)


def describe(network: OnnxNetwork, description: str | Path) -> dict[str, Any]:
    """Return what made the candidates of a network.

    Parameters
    ----------
    network : OnnxNetwork
        A loaded model.
    description : str or Path
        The JSON that the export wrote of itself.
    """
    described = read_json(description, EXPORT)
    return {
        "model_sha256": described["sha256"],
        "baked": described.get("baked"),
        "imgsz": list(network.imgsz),
        "rect": network.rect,
        "end2end": network.end2end,
        "names": {str(class_id): name for class_id, name in network.names.items()},
        "provider": network.session.get_providers()[0],
        "versions": versions("onnxruntime", "numpy", "opencv-python"),
    }
