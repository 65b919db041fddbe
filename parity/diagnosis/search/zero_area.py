"""Outputs that were not transposed, whose boxes have no area once they are clipped."""

from collections.abc import Iterator
from itertools import product

from parity.deployment.pipeline import Pipeline
from parity.deployment.stage import allowed
from parity.diagnosis.catalogue.fault import Changes
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.search.local_search import improve_locally

SUSPECT = 0.25
"""Share of boxes without area from which an output that was not transposed is suspected; chosen."""

COMPARED = 40
"""Hypotheses of an output that was not transposed that are compared on all images, those that fit
the probes best; chosen."""

INPUTS = ("stretched", "stretched_letterbox_back", "padded_first_black", "top_left")
"""Faults before the network that are tried with an output that was not transposed; chosen."""

IMPROVED = 2
"""Hypotheses that are improved locally; chosen."""


def zero_area_hypotheses(start: Pipeline) -> Iterator[Pipeline]:
    """Yield what gives boxes without area: rows of the raw output read as boxes, clipped.

    Parameters
    ----------
    start : Pipeline
        An input and a rescaling.
    """
    rescalings: tuple[Changes, ...] = (
        {},
        {"gain": "letterbox", "offset": "letterbox"},
        {"gain": "stretch", "offset": "none"},
        {"gain": "none", "offset": "none"},
        {"offset": "none"},
    )
    kept: tuple[Changes, ...] = (
        {"suppression": "agnostic", "overlap": "nmsboxes", "suppressed_in": "image"},
        {"suppression": "best"},
    )
    rows = start.replace(output_axes="rows")
    for head, activation, rescaled, rescaling, suppression, class_ids in product(
        ("v8", "v5", "v5_classes"),
        ("none", "sigmoid"),
        allowed(Pipeline, "rescaled"),
        rescalings,
        kept,
        ("model", "rank"),
    ):
        changes: Changes = {
            "head": head,
            "activation": activation,
            "rescaled": rescaled,
            "class_ids": class_ids,
        }
        yield rows.replace(**changes, **rescaling, **suppression)


def boxes_lack_area(cost_model: CostModel) -> bool:
    """Return whether so many boxes have no area that an output was probably not transposed."""
    return cost_model.zero_area > SUSPECT


def explain_zero_area(cost_model: CostModel, best: Pipeline, probes: list[str]) -> Pipeline:
    """Return the best hypothesis of an output that was not transposed, or the one given."""
    inputs = [cost_model.correct]
    for name in INPUTS:
        faults = [f for f in cost_model.preprocessing_faults if f.name == name]
        inputs += [f.inject_into(cost_model.correct) for f in faults]
    options = [p for start in inputs for p in zero_area_hypotheses(start)]
    options.sort(key=lambda p: cost_model.misfit(p, probes) + cost_model.fault_cost(p))
    options = sorted(options[:COMPARED], key=cost_model.cost)
    improved = [improve_locally(cost_model, option) for option in options[:IMPROVED]]
    return min([best, *improved], key=cost_model.cost)
