"""Decoding images exactly as Ultralytics does, without importing it."""

from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from parity.data.image_files import open_image
from parity.data.suffixes import ULTRALYTICS_SUFFIXES
from parity.errors import UnreadableImageError
from parity.limits import Limits

PILLOW_FIRST = frozenset([".avif", ".heic", ".heif"])
TIFF = frozenset([".tif", ".tiff"])
FIRST_PAGE = (0, 1)


def read_image(path: str | Path) -> np.ndarray:
    """Decode an image as ``ultralytics.utils.patches.imread`` (8.4.190) does.

    EXIF orientation is applied to JPEG, AVIF and HEIC, alpha is dropped, the first page or frame
    is taken, and 16-bit images keep their high byte. Suffixes that Ultralytics does not take for
    still images are tried with Pillow if OpenCV fails.

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
    data = np.frombuffer(content, np.uint8)
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
        with ImageOps.exif_transpose(Image.open(BytesIO(data.tobytes()))) as image:
            returned: np.ndarray | None = cv2.cvtColor(
                np.asarray(image.convert("RGB")), cv2.COLOR_RGB2BGR
            )
            return returned
    except MemoryError:
        raise
    except Exception:  # Pillow's plugins pass on any error of their parser
        return None


def check_pixels(path: str | Path) -> None:
    """Check what Pillow is to decode against the limit of pixels, which OpenCV checks by itself.

    Raises
    ------
    UnreadableImageError
        If the image has more, or is no regular file.
    """
    try:
        with open_image(path) as stream, Image.open(stream) as image:
            pixels = image.width * image.height
    except UnreadableImageError:
        raise
    except Exception:  # Pillow's plugins pass on any error of their parser
        return
    if pixels > Limits.current().pixels:
        raise UnreadableImageError(_too_many_pixels())


def _too_many_pixels() -> str:
    return f"it has more than {Limits.current().pixels:,} pixels (limits.pixels)"
