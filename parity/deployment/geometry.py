"""Geometry: fitting an image into the network's input."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from PIL import Image

from parity.deployment.canvas_drawing import draw_on_canvas, resize_on_canvas
from parity.deployment.nfnt_resize import resize_by_nfnt
from parity.deployment.resampling import (
    Edges,
    Grid,
    KernelName,
    Levels,
    Pair,
    Shape,
    resample_pixels,
    to_levels,
)
from parity.deployment.skia_resize import resize_by_skia
from parity.deployment.stage import Choices, by_value, choice, values
from parity.deployment.vips_resize import resize_by_vips
from parity.detection import letterbox
from parity.detection.letterbox import Letterbox

Colour = tuple[int, int, int]
"""Blue, green, red, 0 to 255."""

_OF_THE_BORDER = ("align", "side_rounding", "border_rounding", "enlarge", "offset")
_UNPADDED = ("border", "sides_exchanged", "multiple_first")


@dataclass(frozen=True)
class GeometryChoices(Choices):
    """Where an image lies in the input, and how it is resized and padded."""

    imgsz: Shape | None = None
    """Height and width of the input, px; None for what the network says."""
    stride: int | None = None
    """If given, the border is cut to a multiple of it: the minimal rectangle."""
    fitting: Literal[
        "letterbox", "stretch", "pad_first", "pad_around_first", "crop", "fit", "cover", "warp"
    ] = choice(
        "letterbox",
        moot={
            "letterbox": ("multiple_first",),
            "warp": ("side_rounding", "border_rounding", "sides_exchanged", "multiple_first"),
            "stretch": (*_OF_THE_BORDER, *_UNPADDED),
            **dict.fromkeys(("pad_first", "pad_around_first"), _OF_THE_BORDER),
            **dict.fromkeys(("crop", "fit"), (*_OF_THE_BORDER, *_UNPADDED)),
            "cover": ("align", "enlarge", *_UNPADDED),
        },
    )
    """How the image is fitted into the input. ``pad_first`` pads it to a square, at the right or
    below, and then resizes, and ``pad_around_first`` pads it on both sides; ``crop`` takes the
    middle square and resizes it, ``fit`` does so where that begins at half a px, ``cover`` resizes
    the image and then takes the middle; ``warp`` maps it by a matrix, so that neither its sides nor
    its border are whole px."""
    align: Literal["centre", "top_left"] = "centre"
    """Where the image lies within its border."""
    side_rounding: Literal["round", "floor", "ceil", "aligned"] = "round"
    """How the sides of the resized image become whole px; ``aligned`` rounds the width down to a
    multiple of 4 and the height to an even number, as accelerators ask for."""
    border_rounding: Literal["ultralytics", "floor", "ceil", "half_even", "even"] = "ultralytics"
    """How half a border becomes whole px; ``half_even`` as Python's ``round``."""
    border: float | Colour = letterbox.BORDER
    """Grey level of the border, which is no whole number where floats are padded, or its blue,
    green and red."""
    kernel: Literal[
        "linear",
        "nearest",
        "floor",
        "cubic",
        "area",
        "lanczos",
        "pillow_nearest",
        "pillow_bilinear",
        "pillow_bicubic",
        "pillow_lanczos",
        "catmull_rom",
        "mitchell",
        "canvas",
        "skia",
        "libvips",
        "nfnt",
        "java2d",
    ] = "linear"
    """Interpolation, as OpenCV or Pillow name it; Pillow's kernels are antialiased, and
    ``catmull_rom`` is Pillow's bicubic without that, and ``mitchell`` Mitchell's bicubic, likewise.
    ``canvas`` is what a browser draws; ``skia`` and ``libvips`` are what these libraries use by
    default, ``nfnt`` is the Lanczos3 of Go's nfnt/resize, ``java2d`` the bilinear filter of Java's
    Graphics2D. ``floor`` takes the px at x / gain as ``nearest`` does, which rounds that in
    between and so takes the px before at times."""
    grid: Grid = "half_pixel"
    """Which point of the image a px of the input stands for; see
    :data:`parity.deployment.resampling.Grid`."""
    levels: Literal["library", "half_even", "half_up", "truncated", "high_byte", "kept"] = "library"
    """How levels become whole: as OpenCV and Pillow do it, which round weights or intermediate
    levels, too (``library``), or once at the end; see
    :data:`parity.deployment.resampling.Levels`."""
    edges: Literal["blended", "replicated"] = "blended"
    """What a ``warp`` has beyond the edge of the image; see
    :data:`parity.deployment.resampling.Edges`."""
    enlarge: bool = True
    """Whether images that are smaller than the input are enlarged."""
    sides_exchanged: bool = False
    """Whether height and width are exchanged when resizing."""
    multiple_first: int | None = None
    """What the sides become a multiple of before the image is padded (``pad_first``), px."""


_PLACING = ("fitting", "align", "side_rounding", "border_rounding", "enlarge")
_ULTRALYTICS = values(GeometryChoices(), _PLACING)
_PIXELS = ("border", "kernel", "grid", "levels", "sides_exchanged")
_PLAIN_PIXELS = values(GeometryChoices(), _PIXELS)
_LIBRARY = values(GeometryChoices(), ("grid", "levels"))


def is_plain(choices: GeometryChoices) -> bool:
    """Return whether the image is placed as Ultralytics does."""
    return values(choices, _PLACING) == _ULTRALYTICS


def place_image(choices: GeometryChoices, image_shape: Shape, target: Shape) -> Letterbox:
    """Return where a deployment puts an image in the input.

    Parameters
    ----------
    choices : GeometryChoices
        How it fits images.
    image_shape : tuple of int
        Height and width of the image, px.
    target : tuple of int
        Height and width of the input, px, unless the deployment has its own.
    """
    target = choices.imgsz or target
    if is_plain(choices):
        return letterbox.fit(image_shape, target, stride=choices.stride)
    return FITTINGS[choices.fitting].place(choices, image_shape, target)


def resize_and_place(
    choices: GeometryChoices, image: np.ndarray, where: Letterbox, *, into: np.ndarray | None = None
) -> np.ndarray:
    """Resize an image and put it where it belongs.

    Parameters
    ----------
    choices : GeometryChoices
        How the deployment fits images.
    image : (h, w, 3) uint8
        Pixels.
    where : Letterbox
        What :func:`place_image` returned.
    into : (H, W, 3) of the same type, optional
        Where the correct pipeline writes the result; its content does not matter.

    Returns
    -------
    (H, W, 3) uint8 or float32
        The input's pixels.
    """
    if values(choices, _PIXELS) == _PLAIN_PIXELS and is_plain(choices):
        return letterbox.apply(image, where, into=into)
    return FITTINGS[choices.fitting].pixels(choices, image, where)


@dataclass(frozen=True)
class Fitting:
    """A way of fitting an image into the input."""

    place: Callable[[GeometryChoices, Shape, Shape], Letterbox]
    """Where the image goes, of its shape and the size of the input."""
    pixels: Callable[[GeometryChoices, np.ndarray, Letterbox], np.ndarray]
    """The input's pixels, of the image and its place."""
    gains: Callable[[GeometryChoices, Letterbox, Shape], Pair]
    """What x and y were multiplied by, of the choices, the place and the image's shape."""
    offsets: Callable[[GeometryChoices, Letterbox, Shape], Pair]
    """What was then added to x and y, input px."""


def _fit_within(choices: GeometryChoices, image_shape: Shape, target: Shape) -> Letterbox:
    ratio = min(target[0] / image_shape[0], target[1] / image_shape[1])
    if not choices.enlarge:
        ratio = min(ratio, 1.0)
    rounded = SIDE_ROUNDINGS[choices.side_rounding]
    sides = (rounded(round(side * ratio, 9)) for side in image_shape)
    if choices.side_rounding == "aligned":
        sides = (side - side % multiple for side, multiple in zip(sides, ALIGNED, strict=True))
    height, width = (max(side, 1) for side in sides)
    border_y, border_x = target[0] - height, target[1] - width
    if choices.stride is not None:
        border_y, border_x = border_y % choices.stride, border_x % choices.stride
    at_corner = choices.align == "top_left" or choices.fitting == "pad_first"
    half = BORDER_ROUNDINGS[choices.border_rounding]
    top, left = (0 if at_corner else half(border) for border in (border_y, border_x))
    return Letterbox(height + border_y, width + border_x, height, width, top, left)


def _fit_whole(_choices: GeometryChoices, _image_shape: Shape, target: Shape) -> Letterbox:
    return Letterbox(*target, *target, 0, 0)


def _surround(choices: GeometryChoices, image: np.ndarray, where: Letterbox) -> np.ndarray:
    shape = (where.resized_height, where.resized_width)
    top, left = where.top, where.left
    if choices.sides_exchanged:
        shape = shape[::-1]
        top, left = left, top
    canvas_shape = (where.height, where.width)
    if not _as_library(choices):
        gain = shape[1] / image.shape[1], shape[0] / image.shape[0]
        return _resample(
            choices, image, canvas_shape, gain=gain, offset=(left, top), edges="replicated"
        )
    if choices.kernel == "libvips" and shape != canvas_shape:
        resized = resize_by_vips(image, shape[::-1], _gain_of_filled(image, shape, canvas_shape))
    else:
        resized = resize(image, shape, choices.kernel)
    canvas = _filled(choices, canvas_shape, resized.dtype)
    area = canvas[top : top + shape[0], left : left + shape[1]]
    area[...] = resized[: area.shape[0], : area.shape[1]]
    return canvas


def _filled(choices: GeometryChoices, shape: Shape, dtype: np.dtype) -> np.ndarray:
    """Return pixels of an input, (H, W, 3), that are border alone."""
    whole = isinstance(choices.border, tuple) or float(choices.border).is_integer()
    canvas = np.empty((*shape, 3), dtype if whole else np.float32)
    canvas[...] = choices.border
    return canvas


def _gain_of_filled(image: np.ndarray, shape: Shape, canvas_shape: Shape) -> Pair:
    """Return the gain of the side that fills the input; the other is rounded afterwards."""
    filled = 0 if shape[0] == canvas_shape[0] else 1
    return (1 / (image.shape[filled] / shape[filled]),) * 2


def _pad_then_resize(choices: GeometryChoices, image: np.ndarray, where: Letterbox) -> np.ndarray:
    image = resize(image, _sides_first(choices, image.shape[:2]), choices.kernel)
    side = max(image.shape[:2])
    square = np.empty((side, side, 3), np.uint8)
    square[...] = choices.border
    top, left = _padded_first(choices, image.shape[:2])
    square[top : top + image.shape[0], left : left + image.shape[1]] = image
    return _surround(choices, square, _whole(where))


def _padded_first(choices: GeometryChoices, image_shape: Shape) -> tuple[int, int]:
    """Return how much of the padding that makes a square is above and at the left, image px."""
    if choices.fitting == "pad_first":
        return 0, 0
    side = max(image_shape)
    return (side - image_shape[0]) // 2, (side - image_shape[1]) // 2


def _sides_first(choices: GeometryChoices, image_shape: Shape) -> Shape:
    """Return the height and width of the image that is padded to a square, px."""
    if choices.multiple_first is None:
        return image_shape
    multiple = choices.multiple_first
    height, width = (max(math.floor(side / multiple + 0.5), 1) * multiple for side in image_shape)
    return height, width


def _whole(where: Letterbox) -> Letterbox:
    return Letterbox(where.height, where.width, where.height, where.width, 0, 0)


def _crop_then_resize(choices: GeometryChoices, image: np.ndarray, where: Letterbox) -> np.ndarray:
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    return _surround(choices, image[top : top + side, left : left + side], where)


def _crop_at_fractions(choices: GeometryChoices, image: np.ndarray, where: Letterbox) -> np.ndarray:
    side, shape = min(image.shape[:2]), (where.height, where.width)
    left, top = ((whole - side) / 2 for whole in image.shape[1::-1])
    if _as_library(choices) and choices.kernel in PILLOW_FILTERS:
        box, kernel = (left, top, left + side, top + side), PILLOW_FILTERS[choices.kernel]
        return np.asarray(Image.fromarray(image).resize(shape[::-1], kernel, box))
    gain = shape[1] / side, shape[0] / side
    offset = -left * gain[0], -top * gain[1]
    return _resample(choices, image, shape, gain=gain, offset=offset, edges="replicated")


def _resize_then_crop(choices: GeometryChoices, image: np.ndarray, where: Letterbox) -> np.ndarray:
    gain, _ = _gain_of_cover(choices, where, image.shape[:2])
    height, width = covering_sides(choices, image.shape[:2], where)
    top, left = _cut_away(choices, image.shape[:2], where)
    by_gain = choices.side_rounding == "round"
    if by_gain and _as_library(choices) and choices.kernel in OPENCV_FLAGS:
        flag = OPENCV_FLAGS[choices.kernel]
        whole = cv2.resize(image, None, fx=gain, fy=gain, interpolation=flag)
    else:
        whole = _surround(choices, image, Letterbox(height, width, height, width, 0, 0))
    return np.ascontiguousarray(whole[top : top + where.height, left : left + where.width])


def _gain_of_cover(_choices: GeometryChoices, place: Letterbox, image_shape: Shape) -> Pair:
    return (max(place.height / image_shape[0], place.width / image_shape[1]),) * 2


def covering_sides(choices: GeometryChoices, image_shape: Shape, where: Letterbox) -> Shape:
    """Return height and width of an image that was resized until it covers the input, px."""
    ratio, _ = _gain_of_cover(choices, where, image_shape)
    rounded = SIDE_ROUNDINGS[choices.side_rounding]
    height, width = (rounded(round(side * ratio, 9)) for side in image_shape)
    return height, width


def _cut_away(choices: GeometryChoices, image_shape: Shape, where: Letterbox) -> tuple[int, int]:
    """Return what is cut off above and at the left of an image that covers the input, px.

    Half an odd number of px is rounded up by sharp, which resizes with libvips.
    """
    height, width = covering_sides(choices, image_shape, where)
    half = BORDER_ROUNDINGS["ceil" if choices.kernel == "libvips" else choices.border_rounding]
    return half(height - where.height), half(width - where.width)


def _warp(choices: GeometryChoices, image: np.ndarray, where: Letterbox) -> np.ndarray:
    gain = _warp_gains(choices, where, image.shape[:2])
    offset = _warp_offsets(choices, where, image.shape[:2])
    shape = (where.height, where.width)
    if choices.kernel == "canvas" and choices.edges == "replicated" and _as_library(choices):
        canvas = _filled(choices, shape, image.dtype)
        size = image.shape[1] * gain[0], image.shape[0] * gain[1]
        draw_on_canvas(canvas, image, offset, size)
        return canvas
    of_opencv = (choices.grid, choices.edges, choices.levels) == ("corner", "blended", "library")
    if not of_opencv or choices.kernel not in OPENCV_FLAGS:
        return _resample(choices, image, shape, gain=gain, offset=offset, edges=choices.edges)
    flag = OPENCV_FLAGS[choices.kernel]
    border = choices.border if isinstance(choices.border, tuple) else (choices.border,) * 3
    matrix = np.array([[gain[0], 0, offset[0]], [0, gain[1], offset[1]]])
    warped: np.ndarray = cv2.warpAffine(image, matrix, shape[::-1], flags=flag, borderValue=border)
    return warped


def _as_library(choices: GeometryChoices) -> bool:
    return choices.kernel in KERNELS and values(choices, ("grid", "levels")) == _LIBRARY


def _resample(
    choices: GeometryChoices,
    image: np.ndarray,
    shape: Shape,
    *,
    gain: Pair,
    offset: Pair,
    edges: Literal["replicated", "blended"],
) -> np.ndarray:
    own = RESIZERS[choices.kernel]
    if own.enlarging and max(gain) > 1:
        own = own.enlarging
    pixels = resample_pixels(
        image,
        shape,
        gain=gain,
        offset=offset,
        kernel=own.kernel,
        antialias=own.antialias,
        grid=own.grid if choices.grid == "half_pixel" else choices.grid,
        edges=own.edges if edges == "replicated" else edges,
        steps=own.steps,
        border=choices.border,
        double=choices.levels == "high_byte",
    )
    return to_levels(pixels, own.levels if choices.levels == "library" else choices.levels)


def _gains_of_resized(_choices: GeometryChoices, place: Letterbox, image_shape: Shape) -> Pair:
    return place.resized_width / image_shape[1], place.resized_height / image_shape[0]


def _gain_of_longest(choices: GeometryChoices, place: Letterbox, image_shape: Shape) -> Pair:
    height, width = _sides_first(choices, image_shape)
    gain = place.width / max(height, width)
    return gain * (width / image_shape[1]), gain * (height / image_shape[0])


def _gain_of_shortest(_choices: GeometryChoices, place: Letterbox, image_shape: Shape) -> Pair:
    return (place.width / min(image_shape),) * 2


def _warp_gains(choices: GeometryChoices, place: Letterbox, image_shape: Shape) -> Pair:
    gain = min(place.width / image_shape[1], place.height / image_shape[0])
    return (gain if choices.enlarge else min(gain, 1.0),) * 2


def _offsets_of_place(_choices: GeometryChoices, place: Letterbox, _image_shape: Shape) -> Pair:
    return float(place.left), float(place.top)


def _offsets_of_padded(choices: GeometryChoices, place: Letterbox, image_shape: Shape) -> Pair:
    sides = _sides_first(choices, image_shape)
    top, left = _padded_first(choices, sides)
    gain = place.width / max(sides)
    return left * gain, top * gain


def _offsets_of_crop(choices: GeometryChoices, place: Letterbox, image_shape: Shape) -> Pair:
    gain, _ = _gain_of_shortest(choices, place, image_shape)
    side = min(image_shape)
    return -((image_shape[1] - side) // 2) * gain, -((image_shape[0] - side) // 2) * gain


def _offsets_of_fit(choices: GeometryChoices, place: Letterbox, image_shape: Shape) -> Pair:
    return _offsets_unrounded(place, image_shape, _gain_of_shortest(choices, place, image_shape))


def _offsets_of_cover(choices: GeometryChoices, place: Letterbox, image_shape: Shape) -> Pair:
    top, left = _cut_away(choices, image_shape, place)
    return -float(left), -float(top)


def seen_part(choices: GeometryChoices, image_shape: Shape) -> tuple[slice, slice]:
    """Return the rows and columns of an image that its input shows."""
    sides = [min(image_shape)] * 2 if choices.fitting in CROPPING else image_shape
    firsts = [(whole - side) // 2 for whole, side in zip(image_shape, sides, strict=True)]
    rows, columns = (slice(a, a + side) for a, side in zip(firsts, sides, strict=True))
    return rows, columns


def _warp_offsets(choices: GeometryChoices, place: Letterbox, image_shape: Shape) -> Pair:
    if choices.align == "top_left":
        return 0.0, 0.0
    return _offsets_unrounded(place, image_shape, _warp_gains(choices, place, image_shape))


def _offsets_unrounded(place: Letterbox, image_shape: Shape, gain: Pair) -> Pair:
    """Return half of what an image of a gain leaves of the input, less than 0 if that is less."""
    return (place.width - gain[0] * image_shape[1]) / 2, (
        place.height - gain[1] * image_shape[0]
    ) / 2


FITTINGS = by_value(
    GeometryChoices,
    "fitting",
    {
        "letterbox": Fitting(_fit_within, _surround, _gains_of_resized, _offsets_of_place),
        "stretch": Fitting(_fit_whole, _surround, _gains_of_resized, _offsets_of_place),
        "pad_first": Fitting(_fit_within, _pad_then_resize, _gain_of_longest, _offsets_of_place),
        "pad_around_first": Fitting(
            _fit_within, _pad_then_resize, _gain_of_longest, _offsets_of_padded
        ),
        "crop": Fitting(_fit_whole, _crop_then_resize, _gain_of_shortest, _offsets_of_crop),
        "fit": Fitting(_fit_whole, _crop_at_fractions, _gain_of_shortest, _offsets_of_fit),
        "cover": Fitting(_fit_whole, _resize_then_crop, _gain_of_cover, _offsets_of_cover),
        "warp": Fitting(_fit_within, _warp, _warp_gains, _warp_offsets),
    },
)

CROPPING = ("crop", "fit", "cover")
"""Ways of fitting that leave parts of the image out."""

SIDE_ROUNDINGS: dict[str, Callable[[float], int]] = by_value(
    GeometryChoices,
    "side_rounding",
    {"round": round, "floor": math.floor, "ceil": math.ceil, "aligned": math.floor},
)

ALIGNED = (2, 4)
"""What height and width are multiples of where they are aligned, px: in RKNN's model zoo."""

BORDER_ROUNDINGS: dict[str, Callable[[int], int]] = by_value(
    GeometryChoices,
    "border_rounding",
    {
        "ultralytics": lambda border: round(border / 2 - 0.1),
        "floor": lambda border: border // 2,
        "ceil": lambda border: -(-border // 2),
        "half_even": lambda border: round(border / 2),
        "even": lambda border: border // 4 * 2,
    },
)
"""Half a border, px, of a whole one."""


def resize(image: np.ndarray, shape: Shape, kernel: str) -> np.ndarray:
    """Resize an image, (h, w, 3), to a height and a width in px; bilinearly if need be."""
    return image if image.shape[:2] == shape else KERNELS.get(kernel, _LINEAR)(image, shape[::-1])


OPENCV_FLAGS = {
    "linear": cv2.INTER_LINEAR,
    "nearest": cv2.INTER_NEAREST,
    "cubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_AREA,
    "lanczos": cv2.INTER_LANCZOS4,
}
"""OpenCV's number of each of its kernels."""

PILLOW_FILTERS = {
    "pillow_nearest": Image.Resampling.NEAREST,
    "pillow_bilinear": Image.Resampling.BILINEAR,
    "pillow_bicubic": Image.Resampling.BICUBIC,
    "pillow_lanczos": Image.Resampling.LANCZOS,
}
"""Pillow's number of each of its kernels."""


def _opencv(interpolation: int) -> Callable[[np.ndarray, Shape], np.ndarray]:
    return lambda image, size: cv2.resize(image, size, interpolation=interpolation)


def _pillow(kernel: Image.Resampling) -> Callable[[np.ndarray, Shape], np.ndarray]:
    return lambda image, size: np.asarray(Image.fromarray(image).resize(size, kernel))


def _vips(image: np.ndarray, size: Shape) -> np.ndarray:
    gain = 1 / (image.shape[1] / size[0]), 1 / (image.shape[0] / size[1])
    return resize_by_vips(image, size, gain)


def _at_floor(image: np.ndarray, size: Shape) -> np.ndarray:
    columns, rows = (
        np.arange(count) * side // count
        for count, side in zip(size, image.shape[1::-1], strict=True)
    )
    sampled: np.ndarray = image[rows[:, None], columns]
    return sampled


_LINEAR = _opencv(cv2.INTER_LINEAR)

KERNELS: dict[str, Callable[[np.ndarray, Shape], np.ndarray]] = (
    {name: _opencv(flag) for name, flag in OPENCV_FLAGS.items()}
    | {name: _pillow(kernel) for name, kernel in PILLOW_FILTERS.items()}
    | {"floor": _at_floor, "nfnt": resize_by_nfnt, "libvips": _vips}
    | {"canvas": resize_on_canvas, "skia": resize_by_skia}
)
"""What resizes pixels to a width and a height; the dtype stays."""


@dataclass(frozen=True)
class Resizer:
    """How a library resizes, see :func:`parity.deployment.resampling.resample_pixels`."""

    kernel: KernelName
    antialias: bool = False
    grid: Grid = "half_pixel"
    edges: Edges = "replicated"
    steps: int | None = None
    levels: Levels = "half_even"
    """How it makes levels whole, unless the deployment says otherwise."""
    enlarging: "Resizer | None" = None
    """What it does where an image gets larger, if something else."""


RESIZERS: dict[str, Resizer] = by_value(
    GeometryChoices,
    "kernel",
    {
        "nfnt": Resizer("lanczos3", antialias=True, levels="truncated"),
        "linear": Resizer("triangle"),
        "nearest": Resizer("floor"),
        "floor": Resizer("floor"),
        "cubic": Resizer("cubic"),
        "area": Resizer("area"),
        "lanczos": Resizer("lanczos4"),
        "pillow_nearest": Resizer("nearest"),
        "pillow_bilinear": Resizer("triangle", antialias=True, edges="left_out"),
        "pillow_bicubic": Resizer("catmull_rom", antialias=True, edges="left_out"),
        "pillow_lanczos": Resizer("lanczos3", antialias=True, edges="left_out"),
        "catmull_rom": Resizer("catmull_rom"),
        "mitchell": Resizer("mitchell"),
        "canvas": Resizer("triangle", steps=16, levels="truncated"),
        "skia": Resizer("triangle", levels="half_up"),
        "java2d": Resizer("triangle", steps=256, levels="half_up"),
        "libvips": Resizer(
            "lanczos3",
            antialias=True,
            levels="half_up",
            enlarging=Resizer("catmull_rom", grid="minus_half", levels="half_up"),
        ),
    },
)
"""What :data:`KERNELS` do, and what no library here does; bit-equal only where levels are not
rounded in between (docs/method.md says how near each comes)."""
