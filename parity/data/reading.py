"""Decoding images exactly as Ultralytics does, without importing it."""

import warnings
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import EpsImagePlugin, Image, ImageOps

from parity.data.animated_png import without_animation
from parity.data.decoding_cost import check_decoding_cost
from parity.data.image_files import open_image
from parity.data.suffixes import ULTRALYTICS_SUFFIXES
from parity.errors import UnreadableImageError
from parity.foreign import LFS, POINTER
from parity.limits import Limits

PILLOW_FIRST = frozenset([".avif", ".heic", ".heif"])
TIFF = frozenset([".tif", ".tiff"])
FIRST_PAGE = (0, 1)

PILLOW_FORMATS = (
    *("AVIF", "BMP", "DIB", "GIF", "HEIF", "ICO", "JPEG", "JPEG2000", "MPO", "PCX", "PNG", "PPM"),
    *("SGI", "SUN", "TGA", "TIFF", "WEBP", "XBM", "XPM"),
)
"""What Pillow may decode: the formats of the suffixes. Others are read by slow Python."""

EpsImagePlugin.gs_binary = False  # else Pillow runs Ghostscript for a file that claims to be EPS
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def read_image(path: str | Path) -> np.ndarray:
    """Decode an image as ``ultralytics.utils.patches.imread`` (8.4.190) does.

    EXIF orientation is applied, but not to an animated PNG, alpha is dropped, the first page or
    frame is taken, and 16-bit images keep their high byte. Suffixes that Ultralytics does not take
    for still images are tried with Pillow if OpenCV fails.

    Returns
    -------
    (h, w, 3) uint8
        Blue, green, red.

    Raises
    ------
    UnreadableImageError
        If the file is missing, no regular file, empty or larger than the limits allow, cannot be
        decoded, or holds pixels other than 8 or 16 bit,
        such as a TIFF of floats, which Ultralytics would turn into an input out of range.
    """
    path = Path(path)
    with open_image(path) as stream:
        try:
            content = stream.read()
        except OSError as error:
            raise UnreadableImageError(error.strerror or str(error)) from None
    if not content:
        raise UnreadableImageError("the file is empty")
    if content.startswith(LFS):
        raise UnreadableImageError(f"it {POINTER}")
    check_decoding_cost(content)
    data = np.frombuffer(without_animation(content), np.uint8)
    try:
        image = _decode(path, data)
    except cv2.error as error:
        if error.code == cv2.Error.StsNoMem:
            raise MemoryError from None
        if "CV_IO_MAX_IMAGE_PIXELS" in error.err:
            raise UnreadableImageError(_too_many_pixels()) from None
        raise UnreadableImageError(f"OpenCV refuses the file ({error.err})") from None
    if image is None:
        raise UnreadableImageError("the file cannot be decoded as an image")
    if image.dtype == np.uint16:
        image = np.right_shift(image, 8, out=image).astype(np.uint8)
    if image.ndim == 2:
        image = image[..., None]
    if image.shape[2] == 1:
        image = np.repeat(image, 3, axis=2)
    if image.dtype != np.uint8:
        raise UnreadableImageError(f"its pixels are {image.dtype}, not colours of 8 or 16 bits")
    return image


def _decode(path: Path, data: np.ndarray) -> np.ndarray | None:
    suffix = path.suffix.lower()
    image = _read_colour_tiff(data) if suffix in TIFF else None
    if image is None and suffix in PILLOW_FIRST:
        image = _read_with_pillow(path, data)
    if image is None:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if image is None and suffix not in ULTRALYTICS_SUFFIXES:
        image = _read_with_pillow(path, data)
    return image


def _read_colour_tiff(data: np.ndarray) -> np.ndarray | None:
    """Return the first page, the only one that Ultralytics uses of all that it decodes."""
    decoded, pages = cv2.imdecodemulti(data, cv2.IMREAD_UNCHANGED, range=FIRST_PAGE)
    return pages[0][..., :3] if decoded and pages[0].ndim == 3 else None


def _read_with_pillow(path: Path, data: np.ndarray) -> np.ndarray | None:
    check_pixels(path)
    try:
        with Image.open(BytesIO(data.data)) as image:
            ImageOps.exif_transpose(image, in_place=True)
            with image if image.mode == "RGB" else image.convert("RGB") as colours:
                pixels = np.asarray(colours)
    except MemoryError:
        raise
    except Exception:  # Pillow's plugins pass on any error of their parser
        return None
    returned: np.ndarray = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    return returned


def check_pixels(path: str | Path) -> tuple[int, int] | None:
    """Check what Pillow is to decode against the limit of pixels, which OpenCV checks by itself.

    Returns
    -------
    tuple of int or None
        Height and width as the file claims them, px; None if Pillow cannot tell.

    Raises
    ------
    UnreadableImageError
        If the image has more, is of a format that Pillow is not asked for, or is no regular file.
    """
    Image.MAX_IMAGE_PIXELS = Limits.current().pixels // 2  # Pillow refuses more than twice as many
    try:
        with open_image(path) as stream, Image.open(stream) as image:
            kind, (width, height) = image.format, image.size
    except UnreadableImageError:
        raise
    except Image.DecompressionBombError:
        raise UnreadableImageError(_too_many_pixels()) from None
    except Exception:  # Pillow's plugins pass on any error of their parser
        return None
    if kind not in PILLOW_FORMATS:
        raise UnreadableImageError(f"it is in the format {kind}, which is not read")
    return height, width


def _too_many_pixels() -> str:
    return f"it has more than {Limits.current().pixels:,} pixels (limits.pixels)"
