"""Where the marks of the page's small figures stand, in per cent of their width.

The page draws them as SVG. Positions in per cent let a figure grow and shrink with the page while
lines and letters keep their size.
"""

import math
from dataclasses import dataclass
from typing import Any

from parity.reporting.verdict import objects_by_kind
from parity.reporting.wording import count, number

LEAST_DECADE = -9
MOST_TICKS = 5
MARGIN = 2.0  # per cent, so that a mark at the end is not cut


@dataclass(frozen=True)
class Bar:
    """A piece of a stacked bar: its kind, where it begins and how wide it is, per cent."""

    kind: str
    start: float
    width: float


@dataclass(frozen=True)
class Axis:
    """A logarithmic axis from 10^low to 10^high; zero stands at its left end."""

    low: int
    high: int

    @classmethod
    def of(cls, values: list[float]) -> "Axis":
        """Return the whole decades that hold all values that are finite and positive."""
        decades = [math.log10(v) for v in values if math.isfinite(v) and v > 0]
        if not decades:
            return cls(-4, 0)
        low = max(math.floor(min(decades)), LEAST_DECADE)
        return cls(low, max(math.ceil(max(decades)), low + 1))

    def place(self, value: float) -> float:
        """Return where a value stands; what is not finite stands at the right end."""
        if math.isnan(value) or value == math.inf:
            share = 1.0
        elif value <= 0:
            share = 0.0
        else:
            share = (math.log10(value) - self.low) / (self.high - self.low)
        return round(MARGIN + (100 - 2 * MARGIN) * min(max(share, 0.0), 1.0), 2)

    @property
    def ticks(self) -> list[dict[str, Any]]:
        """``place`` and ``text`` of a few decades."""
        step = math.ceil((self.high - self.low) / (MOST_TICKS - 1))
        decades = range(self.low, self.high + 1, step)
        return [{"place": self.place(10.0**n), "text": _decade(n)} for n in decades]


def _decade(exponent: int) -> str:
    return number(10.0**exponent) if -3 <= exponent <= 3 else f"1e{exponent}"


def effect_chart(results: dict[str, Any]) -> dict[str, Any]:
    """Return the figure of all comparisons: objects by kind, differences of boxes and scores.

    Parameters
    ----------
    results : dict
        What ``summarise`` wrote for a model.

    Returns
    -------
    dict
        ``axes`` by quantity; ``rows`` with ``name``, ``effect``, ``reference``, ``candidate``,
        ``bars``, ``counts`` in words, and ``strips`` by quantity.
    """
    comparisons = results["comparisons"]
    axes = {quantity: _axis(comparisons, quantity) for quantity in ("box_px", "score")}
    most = max((sum(objects_by_kind(each).values()) for each in comparisons.values()), default=0)
    return {
        "axes": axes,
        "rows": [
            {
                "name": name,
                "effect": each["effect"],
                "reference": each["reference"],
                "candidate": each["candidate"],
                "bars": stacked(objects_by_kind(each), most),
                "counts": counts_in_words(each),
                "strips": {quantity: strip(each, quantity, axes[quantity]) for quantity in axes},
            }
            for name, each in comparisons.items()
        ],
    }


def _axis(comparisons: dict[str, Any], quantity: str) -> Axis:
    values: list[float] = []
    for each in comparisons.values():
        spread = each["distributions"][quantity] or {}
        values += [spread[key] for key in ("median", "p95", "max") if key in spread]
        values.append(each["tolerance"][quantity])
    return Axis.of(values)


def stacked(counts: dict[str, int], most: int) -> list[Bar]:
    """Return the pieces of a bar that is full at a number of objects; none is too thin to see."""
    bars, start = [], 0.0
    for kind, many in counts.items():
        if many:
            width = max(100 * many / most, 0.8)
            bars.append(Bar(kind, round(start, 2), round(width, 2)))
            start += width
    scale = min(1.0, 100 / start) if start else 1.0
    return [Bar(b.kind, round(b.start * scale, 2), round(b.width * scale, 2)) for b in bars]


def counts_in_words(comparison: dict[str, Any]) -> str:
    """Return how many objects are matched, missing, extra and class-flipped."""
    counts = objects_by_kind(comparison)
    if not sum(counts.values()):
        return "no objects were compared"
    flipped = counts.pop("flipped")
    said = [f"{many:,} {kind}" for kind, many in counts.items()]
    return ", ".join([*said, f"{flipped:,} class-flipped"] if flipped else said)


def strip(comparison: dict[str, Any], quantity: str, axis: Axis) -> dict[str, Any]:
    """Return where median, 95th percentile, largest difference and tolerance stand, and in words.

    Returns
    -------
    dict
        ``tolerance``; ``within``, whether the largest is; ``text``, the largest; ``label``, all
        of it; ``median``, ``p95`` and ``max`` are absent without matched pairs.
    """
    unit = {"box_px": " px", "score": ""}[quantity]
    spread, allowed = comparison["distributions"][quantity], comparison["tolerance"][quantity]
    base = {"tolerance": axis.place(allowed), "within": True, "text": "–"}
    if spread is None:
        return base | {"label": "no matched detections"}
    places = {key: axis.place(spread[key]) for key in ("median", "p95", "max")}
    label = (
        f"median {number(spread['median'])}{unit}, 95 % within {number(spread['p95'])}{unit}, "
        f"largest {number(spread['max'])}{unit}, tolerance {number(allowed)}{unit}"
    )
    within = spread["max"] <= allowed
    text = f"{number(spread['max'])}{unit}"
    return base | places | {"within": within, "text": text, "label": label}


def pairs_in_words(comparison: dict[str, Any]) -> str:
    """Return how many images differ, such as ``3 of 4 images differ``."""
    return f"{comparison['images_differing']:,} of {count(comparison['images'], 'image')} differ"
