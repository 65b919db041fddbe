"""What an input tensor shows by itself: levels, colours, border, and where the image lies."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np

from parity.deployment.input_tensor import SCALINGS, SIGN
from parity.deployment.turning import ORIENTATIONS, orient
from parity.detection.letterbox import BORDER
from parity.diagnosis.catalogue.fault import Changes

CONSTANT = 1e-3
"""Largest spread of a row that counts as border, as a share of the spread of the tensor; chosen."""

QUANTILES = np.linspace(0.02, 0.98, 25)
"""Quantiles by which levels and colours are compared; chosen."""

SAME_LEVELS = 6.0
"""Mean difference of quantiles, grey levels, up to which a scaling is read; chosen."""

CLEARLY = 0.6
"""Factor by which one order of colours must fit better than the other, and a scaling better than
the usual one; chosen."""

REGISTERED = 0.8
"""Correlation from which a tensor shows the same image; chosen."""

SHIFT_PX = 0.05
"""Smallest shift that is told, px of the input; chosen: above the error of the registration."""

ZOOM = 1e-3
"""Smallest change of size that is told; chosen: 0.6 px of 640."""

ROTATION = 0.05
"""Smallest rotation that is told, degrees; chosen."""

THUMBNAIL = 32
"""Side of the thumbnails by which the ways round are compared, px; chosen."""

ONE_WAY_ROUND = 0.05
"""By how much the correlation of thumbnails must be larger one way round than any other; chosen."""

STEPS = 60
"""Steps of the registration, at most; chosen."""


@dataclass(frozen=True)
class TensorReading:
    """What was read from one input tensor."""

    scaling: str | None
    colours: str | None
    """Values of the choices of :class:`parity.deployment.input_tensor.InputTensorChoices`; None
    where the tensor does not tell."""
    border: int | None
    """Level of the border; None without one, or where its level is no whole number."""
    correlation: float
    """Of the content with the correct one after registration, -1 to 1."""
    shift: tuple[float, float]
    """How much further right and down the image lies than it should, px of the input."""
    zoom: tuple[float, float]
    """How much wider and higher it is; 1 is as it should be."""
    rotation: float
    """By how much it is turned clockwise, degrees."""
    turned: str = "no"
    """Which way round it was then compared with the correct one, see :func:`way_round`."""


TURNED_IN_WORDS = {
    "mirrored": "mirrored (left and right are swapped)",
    "upside_down": "upside down (top and bottom are swapped)",
    "by_90": "turned clockwise by 90 degrees",
    "by_180": "turned by 180 degrees",
    "by_270": "turned clockwise by 270 degrees",
}


def way_round(tensor: np.ndarray, correct: np.ndarray) -> str | None:
    """Return how an image was mirrored or turned, wherever it lies in an input tensor.

    Parameters
    ----------
    tensor, correct : (3, H, W) float32
        See :func:`read_tensor`; the sizes may differ.

    Returns
    -------
    str or None
        A value of :attr:`parity.deployment.turning.TurningChoices.turned`; None unless one way
        round fits clearly better than all others.
    """
    given, upright = _thumbnail(tensor), _thumbnail(correct)
    alike = {
        turned: _correlation(given, orient(upright, orientation))
        for turned, orientation in ORIENTATIONS.items()
    }
    second, best = sorted(alike, key=lambda turned: alike[turned])[-2:]
    clear = alike[best] >= REGISTERED and alike[best] > alike[second] + ONE_WAY_ROUND
    return best if clear else None


def _thumbnail(planes: np.ndarray) -> np.ndarray:
    """Return the content of a tensor as grey levels, (T, T, 1)."""
    inside = np.ascontiguousarray(_grey(planes)[content(planes)])
    small = cv2.resize(inside, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    return np.asarray(small)[..., None]


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return the correlation of two arrays, 0 where one is constant."""
    first, second = (each.ravel() - each.mean() for each in (one, other))
    norm = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / norm if norm else 0.0


def read_tensor(tensor: np.ndarray, correct: np.ndarray) -> TensorReading:
    """Read an input tensor by comparing it with the correct one.

    Parameters
    ----------
    tensor : (3, H, W) float32
        As a deployment made it.
    correct : (3, H, W) float32
        The correct one of the same image: red, green and blue from 0 to 1.
    """
    levels = np.round(correct * 255).astype(np.float32)
    inside, wanted = content(tensor), content(levels)
    scaling, colours = _levels(tensor[:, *inside], levels[:, *wanted])
    undone = unscaled(tensor, scaling) if scaling else tensor
    correlation, matrix = align(_grey(levels), _grey(undone), wanted, inside)
    rows, columns = wanted
    centre = np.array(
        [(columns.start + columns.stop - 1) / 2, (rows.start + rows.stop - 1) / 2, 1.0]
    )
    shift = matrix @ centre - centre[:2]
    return TensorReading(
        scaling,
        colours,
        _border(undone, inside) if scaling else None,
        correlation,
        (float(shift[0]), float(shift[1])),
        (float(np.hypot(*matrix[:, 0])), float(np.hypot(*matrix[:, 1]))),
        float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0]))),
    )


def _grey(planes: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(planes.mean(axis=0), np.float32)


def content(planes: np.ndarray) -> tuple[slice, slice]:
    """Return the rows and columns of a tensor, (3, H, W), that are no border."""
    spread = max(float(planes.max() - planes.min()), 1e-12) * CONSTANT
    found = []
    for axis in (2, 1):
        varied = (planes.max(axis=axis) - planes.min(axis=axis) > spread).any(axis=0)
        places = np.flatnonzero(varied)
        whole = slice(0, planes.shape[3 - axis])
        found.append(slice(int(places[0]), int(places[-1]) + 1) if len(places) else whole)
    return found[0], found[1]


def unscaled(tensor: np.ndarray, scaling: str) -> np.ndarray:
    """Return the levels, 0 to 255, of which a scaling makes a tensor, (3, H, W) float32."""
    scale = SCALINGS[scaling]
    shape = (3, 1, 1)
    black, grey, white = (scale(np.full(shape, v, np.float32)) for v in (0, SIGN - 1, 255))
    levels = (tensor - black) / (grey - black) * (SIGN - 1)
    returned: np.ndarray = np.where((white < black) & (levels < 0), levels + 2 * SIGN, levels)
    return returned


def _levels(given: np.ndarray, levels: np.ndarray) -> tuple[str | None, str | None]:
    """Return the scaling and the colours that fit the quantiles of some content best."""
    wanted = np.quantile(levels.reshape(3, -1), QUANTILES, axis=1)
    apart = {}
    for scaling, colours in product(SCALINGS, ("rgb", "bgr")):
        own = np.quantile(unscaled(given, scaling).reshape(3, -1), QUANTILES, axis=1)
        apart[scaling, colours] = float(
            np.abs(own[:, :: 1 if colours == "rgb" else -1] - wanted).mean()
        )
    scaling, colours = min(apart, key=lambda key: apart[key])
    if apart[scaling, colours] > CLEARLY * apart["unit", colours]:
        scaling = "unit"
    if apart[scaling, colours] > SAME_LEVELS:
        return None, None
    other = apart[scaling, "bgr" if colours == "rgb" else "rgb"]
    return scaling, colours if apart[scaling, colours] < CLEARLY * other else None


def _border(levels: np.ndarray, inside: tuple[slice, slice]) -> int | None:
    outside = np.ones(levels.shape[1:], bool)
    outside[inside] = False
    if not outside.any():
        return None
    found = np.median(levels[:, outside], axis=1)
    level = round(float(found[0]))
    return level if np.abs(found - level).max() < 0.1 else None


def align(
    correct: np.ndarray,
    given: np.ndarray,
    wanted: tuple[slice, slice],
    inside: tuple[slice, slice],
) -> tuple[float, np.ndarray]:
    """Return how well two images correlate, and the map of the one onto the other.

    Parameters
    ----------
    correct, given : (H, W) float32
        Grey levels.
    wanted, inside : tuple of slice
        Rows and columns of their content.

    Returns
    -------
    correlation : float
        0 if no map was found.
    matrix : (2, 3) float64
        Maps x, y, 1 of the correct image to x, y of the given one, px.

    References
    ----------
    Evangelidis and Psarakis, "Parametric image alignment using enhanced correlation coefficient
    maximization", 2008, as ``cv2.findTransformECC`` computes it.
    """
    start = np.eye(2, 3, dtype=np.float32)
    for axis, (own, other) in enumerate(zip(reversed(wanted), reversed(inside), strict=True)):
        zoom = (other.stop - other.start) / (own.stop - own.start)
        start[axis, axis] = zoom
        start[axis, 2] = other.start - zoom * own.start + (zoom - 1) / 2
    mask = np.zeros(given.shape, np.uint8)
    mask[inside] = 1
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, STEPS, 1e-7)
    try:
        correlation, matrix = cv2.findTransformECC(
            correct, given, start.copy(), cv2.MOTION_AFFINE, criteria, mask, 5
        )
    except cv2.error:
        return 0.0, start.astype(np.float64)
    return float(correlation), matrix.astype(np.float64)


def sentences(readings: list[TensorReading]) -> Iterator[str]:
    """Say what was read from some tensors of a deployment, and what is not as it should be."""
    if {reading.scaling for reading in readings} == {None}:
        yield (
            "Input tensors: no known scaling of the levels 0 to 255 gives these numbers; the "
            "brightness or contrast may have been changed, or the axes mixed up."
        )
    if _agreed(readings, "colours") == "bgr":
        yield "Input tensors: the colours are in the order blue, green, red."
    border = _agreed(readings, "border")
    if border not in (None, BORDER):
        yield f"Input tensors: the border has the level {border}."
    turned = _agreed(readings, "turned")
    if turned not in (None, "no"):
        yield f"Input tensors: the image is {TURNED_IN_WORDS[str(turned)]}."
    registered = [r for r in readings if r.correlation >= REGISTERED]
    if len(registered) < len(readings):
        many = len(readings) - len(registered)
        yield f"{many} of {len(readings)} input tensors do not show the image of their name."
    if not registered:
        return
    shift = [float(np.median([r.shift[axis] for r in registered])) for axis in (0, 1)]
    told = [
        f"{abs(px):.2f} px too far {ways[px > 0]}"
        for px, ways in zip(shift, (("left", "right"), ("up", "down")), strict=True)
        if abs(px) >= SHIFT_PX
    ]
    if told:
        yield f"Input tensors: the image lies {' and '.join(told)} (median)."
    zoom = [float(np.median([r.zoom[axis] for r in registered])) for axis in (0, 1)]
    if max(abs(each - 1) for each in zoom) >= ZOOM:
        yield (
            f"Input tensors: the image is {zoom[0]:.3f} times as wide and {zoom[1]:.3f} times as "
            "high as it should be (median)."
        )
    rotation = float(np.median([r.rotation for r in registered]))
    if abs(rotation) >= ROTATION:
        yield f"Input tensors: the image is turned by {rotation:.2f} degrees (median)."


def _agreed(readings: list[TensorReading], name: str) -> object:
    """Return what all readings that tell say; None if they differ or none tells."""
    told = {getattr(reading, name) for reading in readings} - {None}
    return told.pop() if len(told) == 1 else None


def changes_read(readings: list[TensorReading]) -> Changes:
    """Return the choices of a pipeline that all tensors agree on."""
    found = {name: _agreed(readings, name) for name in ("scaling", "colours", "border", "turned")}
    return {name: value for name, value in found.items() if value not in (None, "no")}
