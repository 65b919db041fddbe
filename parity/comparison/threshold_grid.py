"""The thresholds of a sweep: lists written out from what a configuration says in short."""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from parity.detection.detection_files import Thresholds
from parity.errors import UserError

MAX_POINTS = 1000
"""Points of one axis at most: a step of thousandths over the whole range."""

TUNING_STEP = Decimal("0.01")
"""Distance of the confidences among which the best one is sought: two decimals, as people write."""


def points(axis: list[float] | dict[str, float]) -> list[float]:
    """Return the values of an axis, rising and each once.

    Parameters
    ----------
    axis : list of float or dict
        The values themselves, or ``start``, ``stop`` (included) and ``step``.

    Raises
    ------
    UserError
        If there is no value, or more than :data:`MAX_POINTS`.
    """
    if isinstance(axis, list):
        values = sorted({float(value) for value in axis})
        count = len(values)
    else:
        start, stop, step = (Decimal(str(axis[key])) for key in ("start", "stop", "step"))
        count = int((stop - start) // step) + 1 if stop >= start else 0
        values = [float(start + i * step) for i in range(min(count, MAX_POINTS))]
    if not 1 <= count <= MAX_POINTS:
        raise UserError(f"{axis} gives {count:,} values; it may give 1 to {MAX_POINTS:,}.")
    return values


def grid_of(config: dict[str, Any]) -> dict[str, list[float]]:
    """Return the thresholds that a configuration asks to sweep: ``conf`` and ``iou``.

    Parameters
    ----------
    config : dict
        A configuration with its defaults filled in.

    Returns
    -------
    dict of str to list of float
        Empty if no sweep is asked for.

    Raises
    ------
    UserError
        If an axis has too few or too many values, or one of conf asks for detections that were
        not stored or that the graph of an export keeps for itself.
    """
    sweep = config.get("sweep")
    if sweep is None:
        return {}
    grid = {}
    for key in ("conf", "iou"):
        try:
            grid[key] = points(sweep[key])
        except UserError as error:
            raise UserError(f"config: sweep.{key}: {error}") from None
    limits = {"candidates.floor": config["candidates"]["floor"]}
    for name, export in config["exports"].items():
        if export.get("nms"):
            limits[f"exports.{name}.conf"] = export.get("conf", config["thresholds"]["conf"])
    lowest = grid["conf"][0]
    for key, limit in limits.items():
        if lowest < limit:
            baked = " and baked into the graph" if key.startswith("exports") else ""
            raise UserError(
                f"config: sweep.conf has {lowest}, below {key}, which is {limit}{baked}; "
                "raise the one or lower the other."
            )
    return grid


@dataclass(frozen=True)
class Axes:
    """All thresholds at which a sweep counts.

    Attributes
    ----------
    conf, iou : tuple of float
        The grid of cells: every pair is applied to both arms alike.
    tuned_conf, tuned_iou : tuple of float
        What the candidate alone is tried at, while the reference stays at the operating point.
    operating_conf, operating_iou : float
        The thresholds of the run.
    max_det : int
        Detections per image, at most.
    """

    conf: tuple[float, ...]
    iou: tuple[float, ...]
    tuned_conf: tuple[float, ...]
    tuned_iou: tuple[float, ...]
    operating_conf: float
    operating_iou: float
    max_det: int

    @classmethod
    def build(cls, grid: dict[str, list[float]], thresholds: Thresholds) -> Self:
        """Return the axes of a grid and an operating point.

        The tuned confidences are the grid's, the operating one, and every hundredth between.
        """
        conf, iou = thresholds.conf, thresholds.iou
        ends = {*grid["conf"], conf}
        first, last = Decimal(str(min(ends))), Decimal(str(max(ends)))
        hundredths = range(math.ceil(first / TUNING_STEP), math.floor(last / TUNING_STEP) + 1)
        tuned = {float(n * TUNING_STEP) for n in hundredths} | ends
        return cls(
            conf=tuple(grid["conf"]),
            iou=tuple(grid["iou"]),
            tuned_conf=tuple(sorted(tuned)),
            tuned_iou=tuple(sorted({*grid["iou"], iou})),
            operating_conf=conf,
            operating_iou=iou,
            max_det=thresholds.max_det,
        )
