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
    columns, rows = (
        _points(count, side, part)
        for count, side, part in zip(size, (width, height), image.shape[1::-1], strict=True)
    )
    taken, place = np.unique(np.concatenate(_neighbours(rows, len(image))), return_inverse=True)
    across = _between(
        image[taken].transpose(1, 0, 2).astype(np.int32) << 7,
        *_neighbours(columns, image.shape[1]),
        columns,
    ).transpose(1, 0, 2)
    before, after = np.split(place, 2)
    down = _between((across + 1) >> 1, before, after, rows)
    return ((down + 0x80) >> 8).astype(np.uint8)


def _points(count: int, side: int, level: int) -> np.ndarray:
    """Return which points of a level an image's px are, along one axis, (count,) int, px / 65536.

    The level has so many px, and the image that is resized has the side.
    """
    step = Float(1) / (Float(count) / Float(side)) * (Float(level) / Float(side))
    mapped = (np.arange(count) + 0.5).astype(Float) * step
    points: np.ndarray = np.floor(Float(1 << 16) * mapped + Float(0.5)).astype(np.int32) - (1 << 15)
    return points


def _neighbours(points: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the px before and after points; there are so many."""
    before = points >> 16
    return before.clip(0, count - 1), (before + 1).clip(0, count - 1)


def _between(
    pixels: np.ndarray, before: np.ndarray, after: np.ndarray, points: np.ndarray
) -> np.ndarray:
    """Return px between neighbours along the first axis of (n, m, 3) int32, twice as large."""
    near, far = pixels[before], pixels[after]
    weight = ((points & 0xFFFF) - (1 << 15))[:, None, None]
    between: np.ndarray = (((far - near) * weight + (1 << 14)) >> 15) + far + near
    return between


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
