"""The diagnosis: which steps of a deployment are wrong, and what cannot be told from its boxes."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.deployment.stage import fields_of, moot
from parity.deployment.thresholds import ThresholdChoices
from parity.diagnosis.alternatives import Explanation, explanations, follow_improvements
from parity.diagnosis.box_evidence import score_evidence
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.cost import CostModel
from parity.diagnosis.document import DiagnosisVerdict, Reproduction
from parity.diagnosis.image_choice import choose_images
from parity.diagnosis.search import InputHypothesis, Search
from parity.diagnosis.stages import PREPROCESSING_STAGES, FaultStage
from parity.diagnosis.tensor_evidence import EQUAL_RAW, EQUAL_TENSOR, explain_raws, explain_tensors
from parity.external.observations import Observations

MOST_EQUIVALENTS = 20
"""Equivalent explanations that are listed, at most; chosen."""

SAME_FIT = 0.5
"""Difference of misfit, in nats, up to which the boxes cannot tell two hypotheses apart; chosen."""

CORRECT_CLOSE, CORRECT_PREDICTED = 0.9, 0.75
"""Shares of observed boxes that are nearly reproduced, and of predicted boxes that were observed,
from which a deployment without faults is called correct; chosen."""

NAMED_CLOSE = 0.6
"""Share of observed boxes nearly reproduced from which faults are named; chosen."""

SCORES_FOUND = 0.5
"""Share of scores found to the last digit from which input and decoding count as right, where
nothing explains the boxes; chosen."""

BOXES_FOUND = 0.5
"""Share of observed boxes nearly reproduced from which rescaling counts as right too; chosen."""


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a deployment.

    Attributes
    ----------
    verdict : {"correct", "named", "unknown"}
        ``correct``: nothing is wrong; ``named``: the faults reproduce the boxes; ``unknown``:
        nothing in the catalogue does.
    faults, choices : tuple of Fault
        What is wrong, and harmless choices that differ from the default, in order of the stages.
    pipeline, fixed : Pipeline
        The deployment as observed, and the same without its faults.
    reproduced, reproduced_by_correct : Reproduction
        What ``pipeline``, and the correct pipeline, reproduce.
    runner_up : Explanation or None
        The next best explanation.
    equivalents : tuple of Explanation
        Explanations that these boxes cannot tell from the one named.
    undecided : tuple of Fault
        Faults that may be present too, because they change nothing in these images.
    first_difference : FaultStage or None
        FaultStage at which the deployment first differs; None if it is correct.
    ask : tuple of str
        What to provide to learn more, a sentence each.
    notes : tuple of str
        What was inferred, a sentence each.
    images : tuple of str
        Names of the images that were used.
    network_runs : int
        Runs of the network.
    seconds : float
        Time that it took.
    complete : bool
        Whether the search ended before its budget did.
    """

    verdict: DiagnosisVerdict
    faults: tuple[Fault, ...]
    choices: tuple[Fault, ...]
    pipeline: Pipeline
    fixed: Pipeline
    reproduced: Reproduction
    reproduced_by_correct: Reproduction
    runner_up: Explanation | None
    equivalents: tuple[Explanation, ...]
    undecided: tuple[Fault, ...]
    first_difference: FaultStage | None
    ask: tuple[str, ...]
    notes: tuple[str, ...]
    images: tuple[str, ...]
    network_runs: int
    seconds: float
    complete: bool

    def __bool__(self) -> bool:
        """Return whether the deployment is correct."""
        return self.verdict == "correct"


def diagnose(
    observations: Observations, replayer: Replayer, class_names: dict[int, str]
) -> Diagnosis:
    """Name what is wrong with the deployment that made some boxes.

    Parameters
    ----------
    observations : Observations
        What it made, and what is known of it.
    replayer : Replayer
        Knows the network that it runs and the images; keeps what was computed from one diagnosis to
        the next.
    class_names : dict of int to str
        The model's class names by id.
    """
    start = time.perf_counter()
    runs = replayer.runs
    cost_model = CostModel(replayer, observations, choose_images(observations, replayer))
    search = Search(cost_model, class_names)
    known_input, notes = _explain_arrays(search)
    if known_input is None:
        best, complete = search.run(), not search.exhausted
    else:
        best, complete = search.explain(known_input), True
    best = follow_improvements(cost_model, best)
    named = cost_model.faults(best)
    faults = tuple(f for f in named if not f.is_choice)
    choices = tuple(f for f in named if f.is_choice)
    fixed = cost_model.correct
    for choice in choices:
        fixed = choice.apply(fixed)
    verdict = _verdict(cost_model, best, faults)
    first = faults[0].stage if faults else None
    if verdict == "unknown":
        first = _first_difference(cost_model, best)
    equivalents, others, more = _compare(cost_model, best, explanations(search, best))
    undecided = _undecided(cost_model, best, more)
    return Diagnosis(
        verdict=verdict,
        faults=faults,
        choices=choices,
        pipeline=best,
        fixed=fixed,
        reproduced=cost_model.reproduction(best),
        reproduced_by_correct=cost_model.reproduction(cost_model.correct),
        runner_up=others[0] if others else None,
        equivalents=tuple(equivalents[:MOST_EQUIVALENTS]),
        undecided=undecided,
        first_difference=first,
        ask=tuple(_ask(cost_model, verdict, equivalents, undecided)),
        notes=(*observations.notes, *notes),
        images=tuple(cost_model.names),
        network_runs=replayer.runs - runs,
        seconds=time.perf_counter() - start,
        complete=complete,
    )


def _explain_arrays(search: Search) -> tuple[InputHypothesis | None, list[str]]:
    cost_model = search.cost_model
    observations, used = cost_model.observations, set(cost_model.names)
    tensors = {name: array for name, array in observations.tensors.items() if name in used}
    raws = {name: array for name, array in observations.raws.items() if name in used}
    if tensors:
        what, equal = "input tensor", EQUAL_TENSOR
        pipeline, left = explain_tensors(cost_model, tensors)
    elif raws:
        what, equal = "raw output", EQUAL_RAW
        pipeline, left = explain_raws(cost_model, raws)
    else:
        return None, []
    if left > equal:
        return None, [f"Nothing in the catalogue reproduces the {what} that was provided."]
    faults = tuple(f for f in cost_model.faults(pipeline) if f.is_preprocessing)
    note = f"The {what} that was provided is reproduced with a mean difference of {left:.2g}."
    return search.try_input(faults), [note]


def _compare(
    cost_model: CostModel, best: Pipeline, found: list[Explanation]
) -> tuple[list[Explanation], list[Explanation], list[Fault]]:
    """Return equivalent explanations, other ones, and faults that only add to the best."""
    own = {fault.name for fault in cost_model.faults(best) if not fault.is_choice}
    equivalents, others, more = [], [], []
    for other in found:
        same_fit = abs(cost_model.misfit(other.pipeline) - cost_model.misfit(best)) < SAME_FIT
        if other.faults > own and same_fit:
            added = [f for f in other.named if f.name not in own and not f.is_choice]
            more += [f for f in added if not f.fields & _never_undecided(best)]
        elif same_fit and other.faults != own and len(other.faults) <= len(own) + 1:
            equivalents.append(other)
        elif other.faults != own and not (other.faults > own):
            others.append(other)
    return equivalents, others, more


def _undecided(cost_model: CostModel, best: Pipeline, more: list[Fault]) -> tuple[Fault, ...]:
    if not (cost_model.reproduction(best).predicted and cost_model.box_count):
        return ()
    own = {fault.name for fault in cost_model.faults(best) if not fault.is_choice}
    found = {fault.name: fault for fault in [*more, *_without_effect(cost_model, best)]}
    return tuple(fault for name, fault in found.items() if name not in own)


def _without_effect(cost_model: CostModel, best: Pipeline) -> list[Fault]:
    inputs = cost_model.inputs(best, cost_model.names)
    named = cost_model.faults(best)
    return [
        fault
        for fault in cost_model.preprocessing_faults
        if not fault.is_in(best)
        and not fault.fields & _never_undecided(best)
        and not any(f.fields & fault.fields for f in named)
        and cost_model.inputs(fault.apply(best), cost_model.names) == inputs
    ]


_THRESHOLDS = frozenset(fields_of(ThresholdChoices))


def _never_undecided(pipeline: Pipeline) -> frozenset[str]:
    """Return the choices that do not count: thresholds, and what other choices make moot."""
    return _THRESHOLDS | moot(pipeline)


def _verdict(cost_model: CostModel, best: Pipeline, faults: tuple[Fault, ...]) -> DiagnosisVerdict:
    found = cost_model.reproduction(best)
    if not cost_model.box_count:
        return "named" if faults else "correct" if found.predicted == 1 else "unknown"
    if found.close >= CORRECT_CLOSE and found.predicted >= CORRECT_PREDICTED and not faults:
        return "correct"
    if faults and found.close >= NAMED_CLOSE:
        return "named"
    return "unknown"


def _first_difference(cost_model: CostModel, best: Pipeline) -> FaultStage:
    _, hits = score_evidence(cost_model, best, cost_model.names)
    if hits >= SCORES_FOUND:
        return "nms" if cost_model.reproduction(best).close >= BOXES_FOUND else "rescaling"
    return "decoding" if cost_model.observations.tensors else "input_tensor"


def _ask(
    cost_model: CostModel,
    verdict: DiagnosisVerdict,
    equivalents: Sequence[Explanation],
    undecided: Sequence[Fault],
) -> Iterator[str]:
    name = cost_model.names[0] if cost_model.names else "one image"
    doubtful = {fault.stage for other in equivalents for fault in other.named}
    doubtful |= {fault.stage for fault in undecided}
    observations = cost_model.observations
    early = verdict == "unknown" or doubtful & set(PREPROCESSING_STAGES)
    if early and not observations.tensors:
        yield f"Provide the network's input for {name} as .npy (input_tensors)."
    if verdict == "unknown" and not observations.raws:
        yield f"Provide the network's raw output for {name} as .npy (raw_outputs)."
    if equivalents or doubtful & {"rescaling", "nms", "output"}:
        yield "Provide boxes of more images: crowded ones, and ones of other sizes and shapes."
    if any(np.isnan(o.scores).any() for o in cost_model.observed.values() if len(o)):
        yield "Provide the scores; they show what the network was given."
