"""Resizing as Skia does outside a browser: bilinear, with weights of 16 bits."""

import numpy as np

Float = np.float32
"""What Skia's matrices and points are in."""


def resize_by_skia(
    image: np.ndarray, size: tuple[int, int], *, of: tuple[int, int] | None = None
) -> np.ndarray:
    """Resize an image as SkiaSharp and skia-python do with ``SkFilterMode::kLinear``.

    Parameters
    ----------
    image : (h, w, 3) uint8
        Pixels.
    size : tuple of int
        Width and height, px.
    of : tuple of int, optional
        Width and height of the image of which this is a level of detail; its own if not given.

    Returns
    -------
    (height, width, 3) uint8

    Notes
    -----
    This is ``bilerp_clamp_8888`` of ``SkRasterPipeline`` in its low precision.
    """
    width, height = of or image.shape[1::-1]
    columns = image.astype(np.int64).transpose(1, 0, 2) << 7
    across = _between(columns, size[0], width).transpose(1, 0, 2)
    down = _between((across + 1) >> 1, size[1], height)
    return ((down + 0x80) >> 8).astype(np.uint8)


def _between(pixels: np.ndarray, count: int, side: int) -> np.ndarray:
    """Return the first axis of (n, m, 3) int64 resized to a count, twice as large."""
    step = Float(1) / (Float(count) / Float(side)) * (Float(len(pixels)) / Float(side))
    mapped = (np.arange(count) + 0.5).astype(Float) * step
    points = np.floor(Float(1 << 16) * mapped + Float(0.5)).astype(np.int64) - (1 << 15)
    before, weight = points >> 16, ((points & 0xFFFF) - (1 << 15))[:, None, None]
    near, far = (pixels[place.clip(0, len(pixels) - 1)] for place in (before, before + 1))
    resized: np.ndarray = (((far - near) * weight + (1 << 14)) >> 15) + far + near
    return resized


def halved_by_skia(image: np.ndarray) -> np.ndarray:
    """Return the next level of detail (mipmap) of an image, (h, w, 3) uint8.

    Its px are means of two along an even side, and of three along an odd one.
    """
    total, parts = image.astype(np.uint16), 1
    for axis in (0, 1):
        along = np.moveaxis(total, axis, 0)
        if len(along) == 1:
            continue
        if len(along) % 2:
            along, parts = along[:-2:2] + 2 * along[1:-1:2] + along[2::2], parts * 4
        else:
            along, parts = along[::2] + along[1::2], parts * 2
        total = np.moveaxis(along, 0, axis)
    return (total // parts).astype(np.uint8)
