"""Naming a pipeline by the faults that make it."""

from parity.deployment.pipeline import Pipeline, deviations
from parity.deployment.stage import moot
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.stages import FAULT_STAGES

UNNAMED_CHOICE = 6.0
"""Cost of a deviating choice that no fault explains, nats; chosen: as much as two common faults."""


def cheapest_faults(
    pipeline: Pipeline, correct: Pipeline, catalogue: list[Fault]
) -> tuple[list[Fault], float]:
    """Return the cheapest set of faults that turns the correct pipeline into another.

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
        Of the faults and of the choices that none of them explains, nats; such a choice costs
        nothing where another makes it moot.
    """
    changed = deviations(pipeline, correct)
    assigned = frozenset(changed.items())
    usable = [f for f in catalogue if f.changes and f.assignments <= assigned]
    usable.sort(key=lambda f: f.cost / len(f.fields))
    deviating = frozenset[str]().union(*(f.fields for f in usable))
    unnamed = UNNAMED_CHOICE * len(changed.keys() - deviating - moot(pipeline))
    best: tuple[list[Fault], float] = ([], UNNAMED_CHOICE * len(deviating))

    def extend(chosen: list[Fault], left: frozenset[str], cost: float) -> None:
        nonlocal best
        if cost + UNNAMED_CHOICE * len(left) < best[1]:
            best = (chosen, cost + UNNAMED_CHOICE * len(left))
        if not left or cost >= best[1]:
            return
        field = min(left)
        for fault in usable:
            if field in fault.fields and fault not in chosen:
                extend([*chosen, fault], left - fault.fields, cost + fault.cost)

    extend([], deviating, 0.0)
    return sorted(best[0], key=lambda f: FAULT_STAGES.index(f.stage)), best[1] + unnamed
