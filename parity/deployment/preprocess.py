"""From an image file to the network's input, by the choices of a pipeline."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from parity.data.reading import read_image
from parity.deployment.pipeline import PLACING_FIELDS, Pipeline, values
from parity.detection import letterbox
from parity.detection.letterbox import Letterbox
from parity.errors import UnreadableImageError

OPENCV_KERNELS = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_AREA,
    "lanczos": cv2.INTER_LANCZOS4,
}
PILLOW_KERNELS = {
    "pillow_nearest": Image.Resampling.NEAREST,
    "pillow_bilinear": Image.Resampling.BILINEAR,
    "pillow_bicubic": Image.Resampling.BICUBIC,
    "pillow_lanczos": Image.Resampling.LANCZOS,
}

_MEAN = np.array([0.485, 0.456, 0.406], np.float32)[:, None, None]
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)[:, None, None]

SCALINGS = {
    "unit": lambda planes: planes / np.float32(255),
    "none": lambda planes: planes,
    "twice": lambda planes: planes / np.float32(255) / np.float32(255),
    "by_256": lambda planes: planes / np.float32(256),
    "symmetric": lambda planes: planes / np.float32(127.5) - np.float32(1),
    "imagenet": lambda planes: (planes / np.float32(255) - _MEAN) / _DEVIATION,
    "imagenet_mean": lambda planes: planes / np.float32(255) - _MEAN,
}
"""What makes floats of pixels, (3, H, W) float32."""

_CORRECT_PLACE = values(Pipeline(), PLACING_FIELDS[2:])


@dataclass(frozen=True)
class Prepared:
    """An image on its way into the network.

    Attributes
    ----------
    image_shape : tuple of int
        Height and width of the decoded image, px.
    place : Letterbox
        Where the image lies in the input.
    tensor : (1, 3, H, W) float32
        The network's input.
    """

    image_shape: tuple[int, int]
    place: Letterbox
    tensor: np.ndarray


def read(pipeline: Pipeline, path: str | Path) -> np.ndarray:
    """Return the pixels that a deployment decodes.

    Parameters
    ----------
    pipeline : Pipeline
        Its choices of reading.
    path : str or Path
        An image file.

    Returns
    -------
    (h, w, 3) uint8
        Blue, green, red.

    Raises
    ------
    UnreadableImageError
        If the file cannot be decoded.
    """
    image = _decode(pipeline, path)
    if pipeline.jpeg_quality is not None:
        encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, pipeline.jpeg_quality])
        image = cv2.imdecode(encoded[1], cv2.IMREAD_COLOR)
    if pipeline.grey:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if pipeline.reduction != 1.0:
        height, width = image.shape[:2]
        sides = (max(int(width * pipeline.reduction), 1), max(int(height * pipeline.reduction), 1))
        image = cv2.resize(cv2.resize(image, sides), (width, height))
    return image


def _decode(pipeline: Pipeline, path: str | Path) -> np.ndarray:
    if pipeline.codec == "pillow":
        try:
            with Image.open(path) as opened:
                image = np.asarray(opened.convert("RGB"))[..., ::-1]
                turned = opened.getexif().get(0x0112, 1)
        except Exception as error:  # Pillow's plugins raise whatever their parser raises
            raise UnreadableImageError(str(error)) from None
        return orient(image, turned) if pipeline.orientation == "exif" else image
    if pipeline.orientation == "exif":
        return read_image(path)
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    data = np.fromfile(path, np.uint8)
    decoded = cv2.imdecode(data, flags) if data.size else None
    if decoded is None:
        raise UnreadableImageError("the file cannot be decoded as an image")
    return decoded


def orient(image: np.ndarray, orientation: int) -> np.ndarray:
    """Apply an EXIF orientation (1 to 8) to the pixels of an image, (h, w, 3)."""
    if orientation in (5, 6, 7, 8):
        image = image.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)


def placed(pipeline: Pipeline, image_shape: tuple[int, int], target: tuple[int, int]) -> Letterbox:
    """Return where a deployment puts an image in the input.

    Parameters
    ----------
    pipeline : Pipeline
        Its choices of fitting.
    image_shape : tuple of int
        Height and width of the image, px.
    target : tuple of int
        Height and width of the input, px, unless the pipeline has its own.
    """
    target = pipeline.imgsz or target
    if is_plain(pipeline):
        return letterbox.fit(image_shape, target, stride=pipeline.stride)
    if pipeline.fitting in ("stretch", "crop"):
        return Letterbox(*target, *target, 0, 0)
    ratio = min(target[0] / image_shape[0], target[1] / image_shape[1])
    if not pipeline.enlarge:
        ratio = min(ratio, 1.0)
    height, width = (_whole(side * ratio, pipeline.side_rounding) for side in image_shape)
    border_y, border_x = target[0] - height, target[1] - width
    if pipeline.stride is not None:
        border_y, border_x = border_y % pipeline.stride, border_x % pipeline.stride
    at_corner = pipeline.align == "top_left" or pipeline.fitting == "pad_first"
    top, left = (0 if at_corner else _half(b, pipeline) for b in (border_y, border_x))
    return Letterbox(height + border_y, width + border_x, height, width, top, left)


def is_plain(pipeline: Pipeline) -> bool:
    """Return whether the image is placed as Ultralytics does."""
    return values(pipeline, PLACING_FIELDS[2:]) == _CORRECT_PLACE


def _whole(side: float, rounding: str) -> int:
    rules: dict[str, Callable[[float], int]] = {
        "round": round,
        "floor": math.floor,
        "ceil": math.ceil,
    }
    return max(rules[rounding](round(side, 9)), 1)


def _half(border: int, pipeline: Pipeline) -> int:
    if pipeline.border_rounding == "ultralytics":
        return round(border / 2 - 0.1)
    return border // 2 if pipeline.border_rounding == "floor" else -(-border // 2)


def resize(image: np.ndarray, shape: tuple[int, int], kernel: str) -> np.ndarray:
    """Resize an image, (h, w, 3), to a height and a width in px; the dtype stays."""
    if image.shape[:2] == shape:
        return image
    if kernel in PILLOW_KERNELS:
        resized = Image.fromarray(image).resize(shape[::-1], PILLOW_KERNELS[kernel])
        return np.asarray(resized)
    if kernel == "linear_float":
        return cv2.resize(image.astype(np.float32), shape[::-1])
    return cv2.resize(image, shape[::-1], interpolation=OPENCV_KERNELS[kernel])


def place(
    pipeline: Pipeline, image: np.ndarray, where: Letterbox, *, into: np.ndarray | None = None
) -> np.ndarray:
    """Resize an image and put it where it belongs.

    Parameters
    ----------
    pipeline : Pipeline
        Choices of border and kernel.
    image : (h, w, 3) uint8
        Pixels.
    where : Letterbox
        What :func:`placed` returned.
    into : (H, W, 3) of the same type, optional
        Where the correct pipeline writes the result; its content does not matter.

    Returns
    -------
    (H, W, 3) uint8 or float32
        The input's pixels.
    """
    plain = (pipeline.border, pipeline.kernel) == (letterbox.BORDER, "linear")
    if plain and is_plain(pipeline) and not pipeline.sides_exchanged:
        return letterbox.apply(image, where, into=into)
    if pipeline.fitting == "crop":
        side = min(image.shape[:2])
        top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
        image = image[top : top + side, left : left + side]
    if pipeline.fitting == "pad_first":
        side = max(image.shape[:2])
        square = np.full((side, side, 3), pipeline.border, np.uint8)
        square[: image.shape[0], : image.shape[1]] = image
        return resize(square, (where.height, where.width), pipeline.kernel)
    shape = (where.resized_height, where.resized_width)
    if pipeline.sides_exchanged:
        shape = shape[::-1]
    resized = resize(image, shape, pipeline.kernel)
    top, left = where.top, where.left
    if pipeline.sides_exchanged:
        top, left = left, top
    canvas = np.full((where.height, where.width, 3), pipeline.border, resized.dtype)
    area = canvas[top : top + shape[0], left : left + shape[1]]
    area[...] = resized[: area.shape[0], : area.shape[1]]
    return canvas


def to_tensor(
    pipeline: Pipeline, pixels: np.ndarray, *, into: np.ndarray | None = None
) -> np.ndarray:
    """Make the network's input of its pixels.

    Parameters
    ----------
    pipeline : Pipeline
        Choices of colour order, scaling and axes.
    pixels : (H, W, 3)
        Blue, green, red.
    into : (1, 3, H, W) float32, optional
        Where the correct pipeline writes the result; its content does not matter.

    Returns
    -------
    (1, 3, H, W) float32
    """
    if (pipeline.colours, pipeline.scaling, pipeline.axes) == ("rgb", "unit", "chw"):
        return letterbox.planes(pixels, into=None if into is None else into[0])[None]
    ordered = pixels[..., ::-1] if pipeline.colours == "rgb" else pixels
    if pipeline.axes == "hwc":
        scaled = SCALINGS[pipeline.scaling](_planes(ordered))
        height, width = pixels.shape[:2]
        return scaled.transpose(1, 2, 0).reshape(1, 3, height, width)
    planes = SCALINGS[pipeline.scaling](_planes(ordered))
    if pipeline.axes == "cwh":
        planes = np.ascontiguousarray(planes.transpose(0, 2, 1))
    return planes[None]


def _planes(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32)


def preprocess(pipeline: Pipeline, image: np.ndarray, target: tuple[int, int]) -> Prepared:
    """Make the network's input of an image.

    Parameters
    ----------
    pipeline : Pipeline
        Its choices.
    image : (h, w, 3) uint8
        Blue, green, red.
    target : tuple of int
        Height and width of the input, px, unless the pipeline has its own.
    """
    where = placed(pipeline, image.shape[:2], target)
    tensor = to_tensor(pipeline, place(pipeline, image, where))
    return Prepared(image.shape[:2], where, tensor)
