"""Drawing an image on a browser's canvas, which Skia does in sixteenths of a px."""

import math
from dataclasses import dataclass

import numpy as np

from parity.deployment.skia_resize import Float, halved_by_skia, resize_by_skia

STEPS = 16
"""Parts of a px in which Skia's bilinear filter takes points; rounded down."""

SPAN = 127
"""Px of a row that are mapped together: Skia maps the first, and adds the step to it for each of
the others."""

WHOLE = 1e-6
"""How near a place is a whole px, px; chosen: pages compute in double precision."""


def draw_on_canvas(
    canvas: np.ndarray, image: np.ndarray, place: tuple[float, float], size: tuple[float, float]
) -> None:
    """Draw an image onto a canvas as ``drawImage`` of Chromium and ``@napi-rs/canvas`` does.

    Parameters
    ----------
    canvas : (H, W, 3) uint8
        What is drawn onto; changed in place.
    image : (h, w, 3) uint8
        Pixels.
    place : tuple of float
        Where its left and its top come to lie, px of the canvas.
    size : tuple of float
        Its width and height there, px.

    Notes
    -----
    Worked out from what Chromium 156 and ``@napi-rs/canvas`` 1.1.1 draw, and equal to it but for
    some images that come to be 1 px high.
    ``imageSmoothingQuality`` changes nothing there. A grey JPEG is an exception in
    ``@napi-rs/canvas``, which draws it as :func:`parity.deployment.skia_resize.resize_by_skia`.
    """
    level = _halved(image, size)
    across, down = (
        _Axis(*each)
        for each in zip(
            canvas.shape[1::-1], place, size, image.shape[1::-1], level.shape[1::-1], strict=True
        )
    )
    if across.is_whole and down.is_whole:
        columns, rows = across.px_of_level, down.px_of_level
    else:
        columns, rows = across.points(exact=False), down.points(exact=True)
    if not len(columns) or not len(rows):
        return
    top, left = max(down.first, 0), max(across.first, 0)
    area = canvas[top : top + len(rows), left : left + len(columns)]
    blended = _blend(level.transpose(1, 0, 2).astype(np.uint16), columns).transpose(1, 0, 2)
    area[...] = _blend(blended, rows) // STEPS**2


def resize_on_canvas(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return an image, (h, w, 3) uint8, drawn to a width and a height, px."""
    canvas = np.empty((size[1], size[0], 3), np.uint8)
    draw_on_canvas(canvas, image, (0.0, 0.0), size)
    return canvas


@dataclass(frozen=True)
class _Axis:
    """One axis of what is drawn."""

    count: int
    """Px of the canvas."""
    start: float
    length: float
    """Where the image begins there, and how long it is, px."""
    side: int
    level: int
    """Px of the image, and of the level of detail that is drawn."""

    @property
    def shown(self) -> np.float32:
        """Return px of the level that the image corresponds to, by Skia's arithmetic."""
        return Float(self.side) * (Float(self.level) / Float(self.side))

    @property
    def first(self) -> int:
        """Return the first px that is drawn, which may lie outside the canvas."""
        return math.floor(self.start + 0.5)

    @property
    def end(self) -> int:
        """Return the px after the last."""
        covered = min(self.level / float(self.shown), 1.0)
        return math.floor(self.start + self.length * covered + 0.5)

    @property
    def is_whole(self) -> bool:
        """Return whether all of the level is drawn, to as many px, from a whole px on."""
        all_shown = bool(self.shown >= self.level) and self.end - self.first == self.level
        return all_shown and abs(self.start - self.first) < WHOLE

    @property
    def px(self) -> np.ndarray:
        """Return the px of the canvas that are drawn, (n,) int."""
        return np.arange(max(self.first, 0), min(self.end, self.count))

    @property
    def px_of_level(self) -> np.ndarray:
        """Return the points that those px take if they are whole px of the level, in steps."""
        return (self.px - self.first) * STEPS

    def points(self, *, exact: bool) -> np.ndarray:
        """Return the points of the level that those px take, (n,) int, in steps.

        Each is mapped in single precision if ``exact``; else only the first of each span is.
        """
        px, begin = self.px, Float(self.start)
        step = Float(1) / ((begin + Float(self.length) - begin) / self.shown)
        mapped_from = px if exact else px - (px - px[:1]) % SPAN
        mapped = (mapped_from + 0.5).astype(Float) * step - begin * step
        points = mapped.astype(np.float64) + (px - mapped_from) * float(step) - 0.5
        in_steps: np.ndarray = np.floor(points * STEPS).astype(np.int64)
        return in_steps


def _blend(pixels: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return sums of neighbours along the first axis, :data:`STEPS` times as large, uint16."""
    before, part = np.divmod(points, STEPS)
    weight = part.astype(np.uint16)[:, None, None]
    near, far = (pixels[place.clip(0, len(pixels) - 1)] for place in (before, before + 1))
    blended: np.ndarray = near * (STEPS - weight) + far * weight
    return blended


def _halved(image: np.ndarray, size: tuple[float, float]) -> np.ndarray:
    """Return an image halved as often as both sides are larger than what is drawn.

    Skia's levels of detail (mipmaps) have sides that are rounded down, and are then resized to
    those that are rounded up.
    """
    target, sides = [math.floor(side + 0.5) for side in size], image.shape[1::-1]
    times = 0
    while all(-(-s // 2 ** (times + 1)) >= max(t, 1) for s, t in zip(sides, target, strict=True)):
        times += 1
        if 2**times >= max(sides):
            break
    if not times:
        return image
    height, width = (-(-side // 2**times) for side in image.shape[:2])
    fits = all(side % 2**times == 0 for side in sides)
    level = image
    for _ in range(times if fits else times - 1):
        level = halved_by_skia(level)
    return level if fits else resize_by_skia(level, (width, height), of=sides)
