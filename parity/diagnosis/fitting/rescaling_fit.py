"""Fitting how boxes are rescaled to the observed ones."""

from collections.abc import Callable, Sequence

from parity.deployment.pipeline import Pipeline
from parity.deployment.stage import allowed, values
from parity.diagnosis.catalogue.fault import Changes
from parity.diagnosis.evidence.box_evidence import combinations_of
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.evidence.score_matches import ScoreMatches
from parity.diagnosis.fitting.fitted_constants import fitted_faults

FAULT_WEIGHT = 0.02
"""Weight of the cost of faults against nats per observed box; chosen: it decides ties only."""

POOR_RESCALING = 0.5
"""Cost of the best rescaling from which further choices are tried, nats per box; chosen."""

WELL_RESCALED = 0.02
"""Cost of the best rescaling up to which no constant is fitted, nats per box; chosen."""

WIDENED = 40
"""Rescalings to which :data:`DETAILS` are added, at most; chosen."""

SIFTING_IMAGES, SIFTED = 2, 60
"""Images by which rescalings are compared first, and rescalings that are then compared on all;
chosen: half as many more than are used afterwards."""

DESCENDED = 4
"""Rescalings from which the descent starts, at most; chosen."""

KINDS = ("box_format", "corners", "unit", "rescaled")
"""Choices that one descent seldom exchanges for others, so that each starts from others."""

LEAST_STEP = 1e-9
"""Smallest decrease of a cost that is no rounding error, nats per box; chosen."""

RESCALING = ("box_format", "gain", "offset")
"""Choices of rescaling boxes that are combined."""

RESCALING_STEPS = (
    *RESCALING,
    "rescaled",
    "unit",
    "origin",
    "clip",
    "integers",
    "corners",
    "offset_rounding",
    "whole_input_px",
    "clip_limit",
    "clip_frame",
    "clip_keeps_sides",
    "turned_back",
)
"""Choices by which the rescaling of boxes is improved, one at a time."""

DETAILS: tuple[Changes, ...] = (
    {"rescaled": "gain"},
    {"rescaled": "stretch"},
    {"corners": "xywh"},
    {"corners": "cxcywh"},
    {"corners": "yxyx"},
    {"origin": "bottom_left"},
    {"origin": "centre"},
    {"unit": "times_input"},
    {"unit": "input_fraction"},
    {"unit": "canvas"},
    {"unit": "canvas_contained"},
    {"box_activation": "sigmoid"},
    {"integers": "truncated"},
    {"integers": "sides_truncated"},
    {"integers": "no"},
    {"clip": "no"},
)
"""Further choices that are tried with the best rescalings."""

Y_FIRST: Changes = {"box_format": "cxcywh", "unit": "fractions_y_first"}
"""What fractions may be instead of x and y that were read in the wrong order; the same where the
image is stretched."""

COARSE_DETAILS: tuple[Changes, ...] = (
    {"corners": "xywh"},
    {"corners": "cxcywh"},
    {"rescaled": "gain"},
    {"rescaled": "stretch"},
    {"corners": "yxyx"},
    {"origin": "bottom_left"},
    {"origin": "centre"},
    {"unit": "times_input"},
    {"unit": "input_fraction"},
    {"unit": "canvas"},
    {"unit": "canvas_contained"},
)
"""Those of them that hide which rescaling is right, tried with all."""


def fit_rescaling(cost_model: CostModel, pipeline: Pipeline, names: list[str]) -> list[Pipeline]:
    """Return the pipelines that map candidates onto the observed boxes, best first.

    Parameters
    ----------
    cost_model : CostModel
        Holds the observations.
    pipeline : Pipeline
        An input and a decoding that give the observed scores.
    names : list of str
        Images to use.
    """
    matches = ScoreMatches(cost_model, pipeline, names)
    if not matches.images:
        return [pipeline]

    def price(p: Pipeline) -> float:
        return matches.cost(p) + FAULT_WEIGHT * cost_model.fault_cost(p)

    choices = cost_model.replayer.task.choices
    start = pipeline
    if cost_model.precision.side == 1.0 and "unit" in choices:
        start = pipeline.replace(unit="image_fraction")
    if cost_model.precision.whole and "integers" in choices:
        start = start.replace(integers="rounded")
    turned = () if pipeline.turned == "no" else ("turned_back",)
    combined = [name for name in (*RESCALING, *turned) if name in choices]
    every = [start.replace(**changes) for changes in combinations_of(*combined)]
    details, coarse = (
        [changes for changes in each if changes.keys() <= choices]
        for each in (DETAILS, COARSE_DETAILS)
    )
    printed = cost_model.observations.printed
    if printed is not None and printed.box_unit == "fraction" and {*Y_FIRST} <= choices:
        every += [p.replace(**Y_FIRST) for p in every if p.box_format == "cycxhw"]
    ranked = sorted(_sifted(matches, every), key=price)
    if price(ranked[0]) > POOR_RESCALING:
        more = [seed.replace(**changes) for seed in ranked[:WIDENED] for changes in details]
        read_right = [seed for seed in every if seed.box_format == "cxcywh"]
        hidden = [seed.replace(**changes) for changes in coarse for seed in read_right]
        ranked = sorted([*ranked[:WIDENED], *more, *_sifted(matches, hidden)], key=price)
    starts = {values(p, KINDS): p for p in reversed(ranked)}
    likely = sorted(starts.values(), key=price)[:DESCENDED]
    steps = [name for name in RESCALING_STEPS if name in choices]
    best = [_descend(p, steps, price) for p in likely]
    return sorted(dict.fromkeys(best), key=price)


def _sifted(matches: ScoreMatches, seeds: list[Pipeline]) -> list[Pipeline]:
    """Return the pipelines that fit a few images of different shapes as well as any others do."""
    shapes = [image.source.image_shape for image in matches.images]
    firsts = [matches.images[i] for i, shape in enumerate(shapes) if shape not in shapes[:i]]
    few = firsts[:SIFTING_IMAGES] or matches.images[:1]
    costs = [matches.cost(seed, few) for seed in seeds]
    most = sorted(costs)[:SIFTED][-1] + LEAST_STEP
    return [seed for seed, cost in zip(seeds, costs, strict=True) if cost <= most]


def fit_constants(cost_model: CostModel, pipeline: Pipeline, names: list[str]) -> list[Pipeline]:
    """Return what a pipeline becomes with a constant that is fitted to the observed boxes.

    Parameters
    ----------
    cost_model : CostModel
        Holds the observations; fitted constants become some of its faults.
    pipeline : Pipeline
        An input, a decoding and a rescaling.
    names : list of str
        Images to use.
    """
    if "input_shift" not in cost_model.replayer.task.choices:
        return []
    matches = ScoreMatches(cost_model, pipeline, names)
    if not matches.images or matches.cost(pipeline) <= WELL_RESCALED:
        return []

    def price(p: Pipeline) -> float:
        return matches.cost(p) + FAULT_WEIGHT * cost_model.fault_cost(p)

    found = []
    for option, fault in list(fitted_faults(matches, pipeline)):
        cost_model.add_fitted_fault(fault)
        found.append(_descend(option, RESCALING_STEPS, price))
    return found


def _descend(
    pipeline: Pipeline, steps: Sequence[str], price: Callable[[Pipeline], float]
) -> Pipeline:
    best, least = pipeline, price(pipeline)
    improved = True
    while improved:
        improved = False
        for field in steps:
            for value in allowed(Pipeline, field):
                candidate = best.replace(**{field: value})
                cost = price(candidate)
                if cost < least - LEAST_STEP:
                    best, least, improved = candidate, cost, True
    return best
