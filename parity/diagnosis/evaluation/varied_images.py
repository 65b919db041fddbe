"""Images of many sizes and shapes, so that every fault shows in some of them."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from parity.data.reading import read_image

SHAPES = ((1.0, None), (1.7, (16, 9)), (0.6, None), (1.25, (3, 4)), (2.3, None), (0.8, (1, 1)),
          (1.45, None), (0.9, (21, 9)), (1.1, (9, 16)), (1.9, (4, 3)))  # fmt: skip
"""Factor on the sides, and aspect ratio (width, height) to which the image is cropped, in turn;
chosen: both smaller and larger than the input, upright, wide and square."""

GREY_EVERY, GREY_AT = 12, 4
"""Which images become grey: one of so many, the one at this place; chosen."""

TURNED_EVERY, TURNED_AT = 5, 3
"""Which images are stored rotated, with an EXIF orientation tag; chosen."""

ORIENTATION_TAG, ROTATED_90 = 0x0112, 6
"""EXIF's tag of the orientation, and its value for an image to be turned clockwise by 90 degrees;
from the EXIF standard."""

FILE_QUALITY = 95
"""Quality of the files, 0 to 100; chosen: high, so that they are no JPEG fault themselves."""


def write_varied_images(images: dict[str, Path], directory: str | Path) -> dict[str, Path]:
    """Write photographs in many sizes and shapes, some grey and some stored rotated.

    Parameters
    ----------
    images : dict of str to Path
        Photographs by name.
    directory : str or Path
        Where the new files go; those that are there already stay.

    Returns
    -------
    dict of str to Path
        The new files by name.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    written = {}
    for index, (name, path) in enumerate(sorted(images.items())):
        target = directory / f"{index:02d}_{Path(name).stem.replace(' ', '_')}.jpg"
        written[target.name] = target
        if target.is_file():
            continue
        scale, ratio = SHAPES[index % len(SHAPES)]
        image = _cropped(read_image(path), ratio)
        kernel = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        if scale != 1.0:
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=kernel)
        picture = Image.fromarray(np.ascontiguousarray(image[..., ::-1]))
        if index % GREY_EVERY == GREY_AT:
            picture = picture.convert("L")
        exif = Image.Exif()
        if index % TURNED_EVERY == TURNED_AT:
            picture = picture.transpose(Image.Transpose.ROTATE_90)
            exif[ORIENTATION_TAG] = ROTATED_90
        picture.save(target, quality=FILE_QUALITY, exif=exif)
    return written


def _cropped(image: np.ndarray, ratio: tuple[int, int] | None) -> np.ndarray:
    if ratio is None:
        return image
    height, width = image.shape[:2]
    new_width = min(width, height * ratio[0] // ratio[1])
    new_height = min(height, width * ratio[1] // ratio[0])
    top, left = (height - new_height) // 2, (width - new_width) // 2
    return image[top : top + new_height, left : left + new_width]
