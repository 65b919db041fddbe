"""Reading: from an image file to pixels."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from PIL import Image, ImageCms

from parity.data.animated_png import without_animation
from parity.data.image_files import as_file
from parity.data.reading import check_pixels, read_image
from parity.deployment.stage import by_value, choice
from parity.deployment.turning import TurningChoices, orient, turn
from parity.errors import UnreadableImageError

EXIF_ORIENTATION = 0x0112
"""Tag of the camera's orientation (Exif 2.3, section 4.6.4)."""


@dataclass(frozen=True)
class ReadingChoices(TurningChoices):
    """What the decoded pixels depend on."""

    codec: Literal["opencv", "pillow"] = "opencv"
    """Which library decodes the file."""
    orientation: Literal["exif", "stored"] = "exif"
    """Whether the camera's orientation is applied (``exif``) or not (``stored``)."""
    chroma: Literal["smoothed", "repeated"] = "smoothed"
    """How the colour of a JPEG that stores it at half the resolution (4:2:0) gets as large as its
    brightness: ``smoothed`` or ``repeated``."""
    profile: Literal["ignored", "applied"] = "ignored"
    """Whether colours are converted to sRGB by the colour profile that the file holds."""
    grey: bool = False
    """Whether the image is reduced to grey."""
    jpeg_quality: int | None = None
    """Quality of a JPEG that the image is encoded as on its way; None if it is not."""
    reduction: float = 1.0
    """Factor by which the image was made smaller, and then larger again, on its way."""
    frame: tuple[int, int] | None = choice(None, moot={None: ("frame_kernel",)})
    """Height and width, px, that the image is resized to before all else, so that boxes are px of
    that; a height of 0 keeps the aspect ratio."""
    frame_kernel: Literal["linear", "area"] = "linear"
    """Interpolation of that, as OpenCV names it."""


def read_with_choices(choices: ReadingChoices, path: str | Path) -> np.ndarray:
    """Return the pixels that a deployment decodes.

    Parameters
    ----------
    choices : ReadingChoices
        How it reads.
    path : str or Path
        An image, see :func:`parity.data.image_files.open_image`.

    Returns
    -------
    (h, w, 3) uint8
        Blue, green, red.

    Raises
    ------
    UnreadableImageError
        If the file cannot be decoded.
    """
    check_pixels(path)
    upright = choices.orientation == "exif"
    with as_file(path) as file:
        image = _with_repeated_chroma(file, upright) if choices.chroma == "repeated" else None
        if image is None:
            image = CODECS[choices.codec](file, upright)
        if choices.profile == "applied":
            image = _in_srgb(image, file)
    if choices.jpeg_quality is not None:
        encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, choices.jpeg_quality])
        image = cv2.imdecode(encoded[1], cv2.IMREAD_COLOR)
    if choices.grey:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if choices.reduction != 1.0:
        height, width = image.shape[:2]
        sides = (max(int(width * choices.reduction), 1), max(int(height * choices.reduction), 1))
        image = cv2.resize(cv2.resize(image, sides), (width, height))
    if choices.frame is not None:
        image = cv2.resize(
            image,
            frame_sides(choices.frame, image.shape[:2])[::-1],
            interpolation=FRAME_KERNELS[choices.frame_kernel],
        )
    return turn(choices, image)


FRAME_KERNELS = by_value(
    ReadingChoices, "frame_kernel", {"linear": cv2.INTER_LINEAR, "area": cv2.INTER_AREA}
)
"""OpenCV's number of each kernel."""


def frame_sides(frame: tuple[int, int], image_shape: tuple[int, int]) -> tuple[int, int]:
    """Return height and width of the frame that an image is resized to, px.

    Parameters
    ----------
    frame : tuple of int
        Height and width, px; a height of 0 keeps the aspect ratio, cut to whole px.
    image_shape : tuple of int
        Height and width of the image, px.
    """
    height, width = frame
    return height or max(int(image_shape[0] * (width / image_shape[1])), 1), width


def _by_opencv(path: str | Path, upright: bool) -> np.ndarray:
    if upright:
        return read_image(path)
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    data = np.frombuffer(without_animation(Path(path).read_bytes()), np.uint8)
    decoded = cv2.imdecode(data, flags) if data.size else None
    if decoded is None:
        raise UnreadableImageError("the file cannot be decoded as an image")
    returned: np.ndarray = decoded
    return returned


def _by_pillow(path: str | Path, upright: bool) -> np.ndarray:
    try:
        with Image.open(path) as opened:
            image = np.asarray(opened.convert("RGB"))[..., ::-1]
            orientation = opened.getexif().get(EXIF_ORIENTATION, 1)
    except Exception as error:  # Pillow's plugins pass on any error of their parser
        raise UnreadableImageError(str(error)) from None
    return orient(image, orientation) if upright else image


CODECS: dict[str, Callable[[str | Path, bool], np.ndarray]] = by_value(
    ReadingChoices, "codec", {"opencv": _by_opencv, "pillow": _by_pillow}
)
"""What decodes a file, given whether the camera's orientation is applied."""


def _in_srgb(image: np.ndarray, path: str | Path) -> np.ndarray:
    """Convert the colours of an image by the profile of its file; as it is without a usable one."""
    try:
        with Image.open(path) as opened:
            profile = ImageCms.getOpenProfile(BytesIO(opened.info["icc_profile"]))
        pixels = Image.fromarray(np.ascontiguousarray(image[..., ::-1]))
        converted = ImageCms.profileToProfile(pixels, profile, ImageCms.createProfile("sRGB"))
    except (KeyError, OSError, ImageCms.PyCMSError, Image.DecompressionBombError):
        return image
    return image if converted is None else np.asarray(converted)[..., ::-1]


def _with_repeated_chroma(path: str | Path, upright: bool) -> np.ndarray | None:
    """Decode a JPEG whose chroma has half the resolution; None for any other file."""
    try:
        with Image.open(path) as full, Image.open(path) as half:
            if getattr(full, "layer", None) is None or _sampling(full) != HALF_CHROMA:
                return None
            full.draft("YCbCr", full.size)
            half.draft("YCbCr", (full.width // 2, full.height // 2))
            luma = np.asarray(full)[..., 0]
            chroma = np.asarray(half)[..., 1:]  # libjpeg shrinks luma, and leaves chroma as it is
            orientation = full.getexif().get(EXIF_ORIENTATION, 1)
    except Exception:  # the codec says what is wrong with the file
        return None
    repeated = chroma.repeat(2, axis=0).repeat(2, axis=1)[: luma.shape[0], : luma.shape[1]]
    image = _ycc_to_bgr(luma.astype(np.int32), repeated.astype(np.int32) - 128)
    return orient(image, orientation) if upright else image


HALF_CHROMA = [(2, 2), (1, 1), (1, 1)]
"""Sampling factors of luma and chroma of 4:2:0 (ITU-T T.81, annex A)."""


def _sampling(image: Any) -> list[tuple[int, int]]:
    return [(across, down) for _, across, down, _ in image.layer]


def _ycc_to_bgr(luma: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    """Return blue, green, red as ``jdcolor.c`` of libjpeg computes them, in 16-bit fixed point."""
    blue, red = chroma[..., 0], chroma[..., 1]
    half = 1 << 15
    planes = (
        luma + ((116130 * blue + half) >> 16),
        luma + ((-22554 * blue - 46802 * red + half) >> 16),
        luma + ((91881 * red + half) >> 16),
    )
    return np.stack(planes, axis=-1).clip(0, 255).astype(np.uint8)
