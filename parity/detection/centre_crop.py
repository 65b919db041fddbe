"""Fitting an image into the input of a classifier: its shorter side resized, its centre kept.

The arithmetic is that of ``torchvision.transforms.Resize`` and ``CenterCrop`` on a Pillow image, as
``ultralytics.data.augment.classify_transforms`` (8.4.190) composes them.
"""

import numpy as np
from PIL import Image


def resize_and_crop(image: np.ndarray, target: tuple[int, int]) -> np.ndarray:
    """Return the part of an image that a classifier sees.

    Parameters
    ----------
    image : (h, w, 3) uint8
        Any order of colours.
    target : tuple of int
        Height and width of the input, px. Into a square the image is fitted by its shorter side,
        its aspect ratio kept; into anything else it is stretched.

    Returns
    -------
    (H, W, 3) uint8
    """
    height, width = resized_shape(image.shape[:2], target)
    picture = Image.fromarray(image)
    if (height, width) != image.shape[:2]:
        picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    top, left = round((height - target[0]) / 2), round((width - target[1]) / 2)
    return np.asarray(picture.crop((left, top, left + target[1], top + target[0])))


def resized_shape(image_shape: tuple[int, int], target: tuple[int, int]) -> tuple[int, int]:
    """Return the height and width that an image is resized to before its centre is kept, px."""
    height, width = image_shape
    side = target[0]
    if target[0] != target[1]:
        return target
    if height <= width:
        return side, int(side * width / height)
    return int(side * height / width), side
