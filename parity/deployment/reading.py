"""Reading: from an image file to pixels."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from PIL import Image

from parity.data.reading import read_image
from parity.deployment.stage import Choices, by_value
from parity.errors import UnreadableImageError

EXIF_ORIENTATION = 0x0112
"""Tag of the camera's orientation (Exif 2.3, section 4.6.4)."""


@dataclass(frozen=True)
class ReadingChoices(Choices):
    """What the decoded pixels depend on.

    Attributes
    ----------
    codec : str
        Which library decodes the file.
    orientation : str
        Whether the camera's orientation is applied (``exif``) or not (``stored``).
    grey : bool
        Whether the image is reduced to grey.
    jpeg_quality : int or None
        Quality of a JPEG that the image is encoded as on its way; None if it is not.
    reduction : float
        Factor by which the image was made smaller, and then larger again, on its way.
    """

    codec: Literal["opencv", "pillow"] = "opencv"
    orientation: Literal["exif", "stored"] = "exif"
    grey: bool = False
    jpeg_quality: int | None = None
    reduction: float = 1.0


def read_with_choices(choices: ReadingChoices, path: str | Path) -> np.ndarray:
    """Return the pixels that a deployment decodes.

    Parameters
    ----------
    choices : ReadingChoices
        How it reads.
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
    image = CODECS[choices.codec](path, choices.orientation == "exif")
    if choices.jpeg_quality is not None:
        encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, choices.jpeg_quality])
        image = cv2.imdecode(encoded[1], cv2.IMREAD_COLOR)
    if choices.grey:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if choices.reduction != 1.0:
        height, width = image.shape[:2]
        sides = (max(int(width * choices.reduction), 1), max(int(height * choices.reduction), 1))
        image = cv2.resize(cv2.resize(image, sides), (width, height))
    return image


def _by_opencv(path: str | Path, upright: bool) -> np.ndarray:
    if upright:
        return read_image(path)
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    data = np.fromfile(path, np.uint8)
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


def orient(image: np.ndarray, orientation: int) -> np.ndarray:
    """Apply an EXIF orientation (1 to 8) to the pixels of an image, (h, w, 3)."""
    if orientation in (5, 6, 7, 8):
        image = image.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)
