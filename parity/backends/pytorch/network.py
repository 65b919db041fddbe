"""The reference: Ultralytics' own preprocessing and network, without its thresholds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
import torch
from ultralytics import YOLO
from ultralytics.data.utils import IMG_FORMATS
from ultralytics.engine.predictor import BasePredictor
from ultralytics.utils.checks import check_imgsz
from ultralytics.utils.ops import xywh2xyxy
from ultralytics.utils.patches import imread

from parity.backends.pytorch.loading import load_model
from parity.backends.pytorch.models import is_transformer
from parity.data.animated_png import without_animation
from parity.data.decoding_cost import check_decoding_cost
from parity.data.image_files import as_file, open_image
from parity.data.reading import PILLOW_FIRST, TIFF, check_pixels, read_image
from parity.detection.candidate_files import NetworkRun
from parity.detection.decoding import Candidates
from parity.detection.head import END2END_ROWS, NetworkHead
from parity.errors import UnreadableImageError, UserError, about
from parity.integrity import sha256_without_place
from parity.model_files.families.family import ULTRALYTICS
from parity.model_files.families.rtdetr import RTDETR
from parity.provenance import versions
from parity.tasks.task import TASKS, Outputs, Task

BLANK = np.zeros((1, 1, 3), np.uint8)
"""An image of one px."""


def check_device(device: str) -> None:
    """Check that PyTorch has a device.

    Parameters
    ----------
    device : str
        ``cpu``, ``cuda`` or ``cuda:0``.

    Raises
    ------
    UserError
        If it has not.
    """
    count = torch.cuda.device_count()
    kind, _, number = device.partition(":")
    if kind == "cuda" and int(number or 0) >= count:
        has = f"those up to cuda:{count - 1}" if count else "none"
        raise UserError(
            f"config: device is {device}, and of such devices PyTorch finds {has} here; choose "
            "another one or cpu."
        )


@dataclass(frozen=True)
class PytorchNetwork:
    """A checkpoint, ready to run."""

    predictor: BasePredictor
    """Ultralytics' predictor of the task with the model in it."""
    task: Task
    """What the model was trained to find."""
    names: dict[int, str]
    """Class names by id."""
    head: NetworkHead
    """What the end of the network is."""
    batch: int = 1
    """Images that one run takes."""

    @classmethod
    def load(cls, path: str | Path, **choices: Any) -> Self:
        """Load a checkpoint and make it ready, see :meth:`of`.

        Parameters
        ----------
        path : str or Path
            What rule ``load_checkpoint`` wrote.
        **choices
            Of :meth:`of`.

        Raises
        ------
        UserError
            If there is no such head.
        """
        loaded = load_model(path)
        with about(path):
            return cls.of(loaded, **choices)

    @classmethod
    def of(
        cls,
        loaded: YOLO,
        *,
        imgsz: tuple[int, int],
        rect: bool,
        threads: int,
        device: str,
        end2end: bool = False,
    ) -> Self:
        """Make a loaded model ready to run; several may share one unless they use other heads.

        Parameters
        ----------
        loaded : YOLO
            A model, which is fused in place.
        imgsz : tuple of int
            Height and width that images are fitted into, px.
        rect : bool
            Whether images are fitted into a minimal rectangle or the whole size.
        threads : int
            Threads that an inference may use.
        device : str
            What Ultralytics calls the device, ``cpu`` or ``cuda:0``.
        end2end : bool
            Whether to use the head of YOLO26 or YOLOv10 that needs no NMS, ``nms=False``
            of ``predict``; by default that is not used, and other models have none.

        Raises
        ------
        UserError
            If there is no such head; the message follows the name of the file.
        """
        task = TASKS[loaded.task]
        options = {
            "imgsz": list(imgsz),
            "rect": rect,
            "device": device,
            "save": False,
            "verbose": False,
        }
        options["nms"] = False if end2end else None
        transformer = is_transformer(loaded.model)
        predictor = loaded.task_map[loaded.task]["predictor"](overrides=options)
        predictor.setup_model(loaded.model, verbose=False)
        torch.set_num_threads(threads)  # after Ultralytics, which sets its own number
        model = predictor.model
        predictor.imgsz = check_imgsz(list(imgsz), stride=model.stride, min_dim=2)
        if end2end and not model.end2end:
            raise UserError("has no head without NMS; leave out nms: false")
        if end2end:  # as stream_inference does, with as many rows as an export has at least
            rows = max(predictor.args.max_det, END2END_ROWS)
            model.model.set_head_attr(max_det=rows, agnostic_nms=predictor.args.agnostic_nms)
        if task.fitted == "centre crop":
            predictor.setup_source(BLANK)  # chooses the transforms
        shape = getattr(model, "kpt_shape", None)
        head = NetworkHead(
            loaded.task,
            finished=bool(model.end2end) or transformer,
            keypoint_shape=tuple(shape) if shape else None,
            fitted="stretch" if transformer else "letterbox",
        )
        return cls(predictor, task, dict(model.names), head)

    @property
    def family(self) -> str:
        """A key of :data:`parity.model_files.families.family.FAMILIES`."""
        return RTDETR if self.head.fitted == "stretch" else ULTRALYTICS

    @property
    def stride(self) -> int:
        """Largest stride, px."""
        return int(np.max(self.predictor.model.stride))

    def read(self, path: Path) -> np.ndarray:
        """Read an image with Ultralytics' reader, or as an array what that takes for a video.

        Of a TIFF, Ultralytics decodes all pages to use the first; here that one alone is decoded,
        and so is the first image of an animated PNG.

        Returns
        -------
        (h, w, 3) uint8
            Blue, green, red.

        Raises
        ------
        UnreadableImageError
            If it cannot be decoded.
        """
        suffix = path.suffix.lower()
        if suffix[1:] not in IMG_FORMATS or suffix in TIFF:
            return read_image(path)
        with open_image(path) as stream:
            content = stream.read()
        check_decoding_cost(content)
        if without_animation(content) is not content:
            return read_image(path)
        if suffix in PILLOW_FIRST:
            check_pixels(path)
        try:
            with as_file(path) as file:
                image = imread(file)
        except cv2.error:
            image = None
        if image is None or image.dtype != np.uint8:
            read_image(path)  # raises with the reason
            raise UnreadableImageError("Ultralytics cannot decode the file")
        returned: np.ndarray = image
        return returned

    def preprocess(self, image: np.ndarray) -> torch.Tensor:
        """Return the network's input for an image, (1, 3, H, W) float32, RGB in [0, 1]."""
        returned: torch.Tensor = self.predictor.preprocess([image])
        return returned

    def forward(self, tensor: torch.Tensor) -> Outputs:
        """Run the network.

        Returns
        -------
        tuple of float32 arrays
            The outputs for the one image, see :data:`parity.tasks.task.Outputs`.
        """
        with torch.inference_mode():
            returned = self.predictor.model(tensor)
        counted = _flat(returned)[: self.task.outputs]
        if self.head.fitted == "stretch":  # as RTDETRPredictor does
            rows = counted[0]
            counted = [torch.cat([xywh2xyxy(rows[..., :4]), rows[..., 4:]], dim=-1)]
        return tuple(output[0].float().cpu().numpy() for output in counted)

    def forward_batch(self, tensors: list[torch.Tensor]) -> list[Outputs]:
        """Run the network image by image: torch's last bits depend on the batch."""
        return [self.forward(tensor) for tensor in tensors]

    def release(self, tensor: torch.Tensor) -> None:
        """Do nothing: torch keeps freed memory by itself."""

    def decode(self, outputs: Outputs, floor: float) -> Candidates:
        """Return the candidates of the outputs for an image that score above a floor."""
        decode = self.task.decode_finished if self.head.finished else self.task.decode
        return decode(outputs, floor, len(self.names))


def _flat(returned: Any) -> list[torch.Tensor]:
    """Return the tensors of nested outputs, those for prediction first."""
    if isinstance(returned, torch.Tensor):
        return [returned]
    parts = [part for part in returned if isinstance(part, torch.Tensor | list | tuple)]
    return [tensor for part in parts for tensor in _flat(part)]


def describe_run(
    network: PytorchNetwork, checkpoint: str | Path, *, floor: float, threads: int
) -> NetworkRun:
    """Return what makes the candidates of a network.

    Parameters
    ----------
    network : PytorchNetwork
        A loaded checkpoint.
    checkpoint : str or Path
        Its file.
    floor : float
        Candidates score above it.
    threads : int
        Threads of a run.
    """
    height, width = network.predictor.imgsz
    return NetworkRun(
        model_sha256=sha256_without_place(checkpoint),
        imgsz=(height, width),
        rect=bool(network.predictor.args.rect),
        head=network.head,
        names=network.names,
        floor=floor,
        threads=threads,
        versions=versions("ultralytics", "torch", "torchvision", "numpy", "opencv-python"),
        device=str(network.predictor.device),
    )
