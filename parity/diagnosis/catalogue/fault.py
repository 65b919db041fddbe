"""Named faults: deviations from the correct pipeline, what they do and how to mend them."""

from dataclasses import dataclass, replace
from typing import Any

from parity.deployment.pipeline import Pipeline

FAULT, RARE, CHOICE = 3.0, 4.0, 1.0
"""What it costs, in nats, to assume a common fault, a rare one, or a harmless choice."""

WAY_BACK = """r = min(640 / h0, 640 / w0)
nh, nw = round(h0 * r), round(w0 * r)  # halves to even, as std::nearbyint in C++
top, left = round((640 - nh) / 2 - 0.1), round((640 - nw) / 2 - 0.1)
boxes[:, 0::2] = ((boxes[:, 0::2] - left) / (nw / w0)).clip(0, w0)
boxes[:, 1::2] = ((boxes[:, 1::2] - top) / (nh / h0)).clip(0, h0)"""
"""The right way from the input back into the image, which several faults are cured with."""

Changes = tuple[tuple[str, Any], ...]

STAGES = (
    "reading",
    "geometry",
    "tensor",
    "decoding",
    "suppression",
    "thresholds",
    "mapping",
    "output",
    "classes",
)
"""In the order in which a deployment runs them."""


@dataclass(frozen=True)
class Fault:
    """A named deviation from the correct pipeline.

    Attributes
    ----------
    name : str
        One word with underscores.
    stage : str
        One of :data:`STAGES`.
    changes : tuple of (str, value)
        Choices of :class:`parity.deployment.pipeline.Pipeline` and what they become.
    wrong : str
        One sentence: what the deployment does.
    mend : str
        One sentence: what it should do.
    code : str
        The right lines of Python.
    reference : str
        Address of a public report; empty where none is known.
    cost : float
        Nats; :data:`CHOICE` marks what is another way of doing it and no fault.
    """

    name: str
    stage: str
    changes: Changes
    wrong: str
    mend: str
    code: str = ""
    reference: str = ""
    cost: float = FAULT

    @property
    def is_choice(self) -> bool:
        """Return whether it is harmless."""
        return self.cost < 2 * CHOICE

    @property
    def fields(self) -> frozenset[str]:
        """Return the choices that it touches."""
        return frozenset(field for field, _ in self.changes)

    def apply(self, pipeline: Pipeline) -> Pipeline:
        """Return the pipeline with this fault."""
        return replace(pipeline, **dict(self.changes))

    def is_in(self, pipeline: Pipeline) -> bool:
        """Return whether a pipeline has this fault."""
        return all(getattr(pipeline, field) == value for field, value in self.changes)

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "name": self.name,
            "stage": self.stage,
            "changes": dict(self.changes),
            "wrong": self.wrong,
            "mend": self.mend,
            "code": self.code,
            "reference": self.reference,
        }


def threshold(field: str, value: float, declared: float | None) -> Fault:
    """Return the fault, or the choice, of another threshold.

    Parameters
    ----------
    field : {"conf", "iou", "max_det"}
        Which.
    value : float
        What the boxes show.
    declared : float or None
        What the user says; the value is a choice if nothing is said.
    """
    what = {"conf": "confidence", "iou": "overlap", "max_det": "number of boxes"}[field]
    wrong = (
        f"The boxes look as if the threshold of {what} were {value:g}; nothing is said of it."
        if declared is None
        else f"The threshold of {what} is {value:g}, while {declared:g} is declared."
    )
    return Fault(
        f"{field}_{value:g}",
        "thresholds",
        ((field, value),),
        wrong,
        f"Set {field} to what is meant, in one place.",
        f"{field} = {declared if declared is not None else value}",
        cost=CHOICE if declared is None else FAULT + 1,
    )


def class_table(table: dict[int, int], labels: dict[int, str], names: dict[int, str]) -> Fault:
    """Return the fault of another list of class names.

    Parameters
    ----------
    table : dict of int to int
        What the deployment calls each class of the model that was observed.
    labels : dict of int to str
        Labels that the model does not know.
    names : dict of int to str
        Names by the model's class ids.
    """
    pairs = [
        f"{names.get(model, model)} is called {labels.get(given, names.get(given, given))}"
        for model, given in sorted(table.items())
        if model != given
    ]
    return Fault(
        "class_table",
        "classes",
        (("class_ids", "table"), ("class_table", tuple(sorted(table.items())))),
        f"The list of class names is another than the model's: {', '.join(pairs[:5])}.",
        "Read the names from the model's own metadata.",
        'names = ast.literal_eval(session.get_modelmeta().custom_metadata_map["names"])',
        cost=RARE + 0.5 * len(pairs),
    )


def cover(
    pipeline: Pipeline, correct: Pipeline, catalogue: list[Fault]
) -> tuple[list[Fault], float]:
    """Name a pipeline: the cheapest set of faults that makes it of the correct one.

    Parameters
    ----------
    pipeline, correct : Pipeline
        What is to be named, and what it deviates from.
    catalogue : list of Fault
        Faults to choose from.

    Returns
    -------
    faults : list of Fault
        By stage.
    cost : float
        Nats; choices that no fault of the catalogue explains cost 6 each.
    """
    deviating = frozenset(
        field
        for field in Pipeline.__dataclass_fields__
        if getattr(pipeline, field) != getattr(correct, field)
    )
    usable = [f for f in catalogue if f.fields & deviating and _part_of(f, pipeline, deviating)]
    usable.sort(key=lambda f: f.cost / len(f.fields & deviating))
    best: tuple[list[Fault], float] = ([], 6.0 * len(deviating))

    def extend(chosen: list[Fault], left: frozenset[str], cost: float) -> None:
        nonlocal best
        if cost + 6.0 * len(left) < best[1]:
            best = (chosen, cost + 6.0 * len(left))
        if not left or cost >= best[1]:
            return
        field = sorted(left)[0]
        for fault in usable:
            if field in fault.fields and fault not in chosen:
                extend([*chosen, fault], left - fault.fields, cost + fault.cost)

    extend([], deviating, 0.0)
    return sorted(best[0], key=lambda f: STAGES.index(f.stage)), best[1]


def _part_of(fault: Fault, pipeline: Pipeline, deviating: frozenset[str]) -> bool:
    return fault.is_in(pipeline) and fault.fields <= deviating
