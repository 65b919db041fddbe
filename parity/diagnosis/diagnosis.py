"""The diagnosis: which steps of a deployment are wrong, and what cannot be told from its boxes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.deployment.stage import fields_of, moot
from parity.deployment.thresholds import ThresholdChoices
from parity.diagnosis.catalogue.fault import COMMON_COST, Fault
from parity.diagnosis.catalogue.thresholds import contradiction
from parity.diagnosis.document import (
    DiagnosisVerdict,
    Proof,
    Reproduction,
    Threshold,
    ThresholdRange,
)
from parity.diagnosis.evidence.cost import SAME_FIT, CostModel
from parity.diagnosis.evidence.cut_scores import are_scores_cut, may_scores_be_cut
from parity.diagnosis.evidence.image_choice import choose_images
from parity.diagnosis.proof import EXPLAINED, keep_proved, proofs
from parity.diagnosis.search.alternatives import Explanation, explanations, follow_improvements
from parity.diagnosis.search.search import Search
from parity.diagnosis.search.way_back import with_known_way_back
from parity.diagnosis.stages import FAULT_STAGES, SHAPE_STAGES, FaultStage
from parity.diagnosis.tensor_evidence import ArrayEvidence, explain_arrays
from parity.diagnosis.threshold_ranges import threshold_ranges, with_thresholds
from parity.diagnosis.unexplained import (
    LEAVING_OUT,
    NOTHING_WRONG,
    PARTLY,
    asked,
    reasons,
    unexplained_stages,
    unobserved,
)
from parity.external.observations import Observations
from parity.sentences import listing

MOST_EQUIVALENTS = 20
"""Equivalent explanations that are listed, at most; chosen."""

CUT_SCORES = "The scores are cut to their last digit, not rounded; the diagnosis allows for that."


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a deployment."""

    verdict: DiagnosisVerdict
    """See :class:`parity.diagnosis.document.DiagnosisDocument`."""
    faults: tuple[Fault, ...]
    choices: tuple[Fault, ...]
    """What is wrong and proved, and harmless choices that differ from the default, by stage."""
    proofs: dict[str, Proof]
    """Of each fault, by name."""
    pipeline: Pipeline
    fixed: Pipeline
    """The deployment as observed, and the same without its faults."""
    thresholds: dict[Threshold, ThresholdRange]
    """What the boxes say of the thresholds."""
    reproduced: Reproduction
    reproduced_by_correct: Reproduction
    """What ``pipeline``, and the correct pipeline, reproduce."""
    equivalents: tuple[Explanation, ...]
    """Explanations that these boxes cannot tell from the one named."""
    undecided: tuple[Fault, ...]
    """Faults that may be present too; these images neither prove them nor rule them out."""
    unexplained_stages: tuple[FaultStage, ...]
    """Where what is not explained lies."""
    reasons: tuple[str, ...]
    """What commonly causes it, a sentence each."""
    readings: tuple[str, ...]
    """What was read from input tensors and raw outputs, a sentence each."""
    ask: tuple[str, ...]
    """What to provide to learn more, a sentence each."""
    notes: tuple[str, ...]
    """What was inferred, a sentence each."""
    images: tuple[str, ...]
    """Names of the images that were used."""
    complete: bool
    """Whether the search ended before its budget did."""
    of_rectangles: bool = False
    """As in :class:`parity.diagnosis.document.Unexplained`."""
    network_runs: int = 0
    """Runs of the network."""
    seconds: float = 0.0
    """Time that it took."""

    @property
    def first_difference(self) -> FaultStage | None:
        """Return the stage at which the deployment first differs; None if it is not known."""
        stages = [fault.stage for fault in self.faults] + list(self.unexplained_stages[:1])
        return min(stages, key=FAULT_STAGES.index) if stages else None


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
    replayer.wanted.clear()
    names = choose_images(observations, replayer)
    cost_model = CostModel(replayer, observations, names)
    arrays = explain_arrays(cost_model)
    replaced = any(len(cost_model.observed[name]) for name in arrays.outputs)
    if replaced:
        replayer.use_outputs(arrays.outputs)
        cost_model = CostModel(replayer, observations, list(arrays.outputs))
    found = _examined(cost_model, arrays, class_names, replaced=replaced)
    bare = cost_model.without_shapes()
    if bare is not None and found.reproduced.exact < PARTLY and not _shapes_are_wrong(found):
        alone = _examined(bare, arrays, class_names, replaced=replaced)
        told = alone.faults or alone.verdict == "nothing_wrong"
        if told and alone.reproduced.exact >= PARTLY:
            found = _with_unexplained_shapes(alone, cost_model)
    replayer.use_outputs({})
    return replace(found, network_runs=replayer.runs - runs, seconds=time.perf_counter() - start)


def _examined(
    cost_model: CostModel,
    arrays: ArrayEvidence,
    class_names: dict[int, str],
    *,
    replaced: bool,
) -> Diagnosis:
    """Return what explains the boxes, as far as they prove it."""
    search = Search(cost_model, class_names)
    best = arrays.pipeline
    if cost_model.box_count:
        if may_scores_be_cut(cost_model):
            near = search.explain(search.trials.try_input(()))
            if are_scores_cut(cost_model, near):
                cost_model = cost_model.with_uncut_scores()
                search = Search(cost_model, class_names)
        best = _searched(search, arrays, replaced=replaced)
        if may_scores_be_cut(cost_model) and are_scores_cut(cost_model, best):
            cost_model = cost_model.with_uncut_scores()
            cost_model.start_again()
            search = Search(cost_model, class_names)
            best = _searched(search, arrays, replaced=replaced)
        best = with_known_way_back(cost_model, follow_improvements(cost_model, best))
        best = keep_proved(cost_model, best, arrays.proofs)
    return _diagnosis(search, best, arrays)


def _shapes_are_wrong(found: Diagnosis) -> bool:
    """Return whether a fault of masks or keypoints is named."""
    return any(fault.is_of_shapes for fault in found.faults)


def _with_unexplained_shapes(alone: Diagnosis, cost_model: CostModel) -> Diagnosis:
    """Return a diagnosis of boxes alone as one of boxes whose masks or keypoints are unexplained.

    Parameters
    ----------
    alone : Diagnosis
        Of the boxes without their shapes.
    cost_model : CostModel
        Of the boxes with their shapes.
    """
    of_shapes = SHAPE_STAGES[cost_model.replayer.network.head.task]
    rest = "were diagnosed without them" if alone.faults else "are right"
    said = f"The {listing(of_shapes)} are not explained; boxes, scores and classes {rest}."
    missing = unobserved(cost_model, alone.pipeline)
    if 0 < missing <= cost_model.observations.maskless and alone.unexplained_stages == LEAVING_OUT:
        alone = replace(alone, unexplained_stages=(), reasons=())
    return replace(
        alone,
        verdict="explained_in_part" if alone.faults else "not_explained",
        reproduced=cost_model.reproduction(alone.pipeline),
        reproduced_by_correct=cost_model.reproduction(
            with_thresholds(cost_model.correct, _intended(alone.thresholds))
        ),
        undecided=tuple(fault for fault in alone.undecided if fault.stage not in of_shapes),
        unexplained_stages=(*alone.unexplained_stages, *of_shapes),
        notes=(*alone.notes, said),
    )


def _searched(search: Search, arrays: ArrayEvidence, *, replaced: bool) -> Pipeline:
    """Return what explains the boxes best, given the input or the raw output if that is known."""
    if arrays.reproduced or replaced:
        before = _before_output(search.cost_model, arrays.pipeline)
        return search.explain(search.trials.try_input(before))
    return search.run()


def _diagnosis(search: Search, found: Pipeline, arrays: ArrayEvidence) -> Diagnosis:
    cost_model = search.cost_model
    thresholds = threshold_ranges(cost_model, found)
    best = with_thresholds(found, {name: each.used for name, each in thresholds.items()})
    named = [f for f in cost_model.faults(best) if f.stage != "thresholds"]
    contradicted = {name: each for name, each in thresholds.items() if each.contradicted}
    faults = by_stage(
        [f for f in named if not f.is_choice],
        [contradiction(name, each) for name, each in contradicted.items()],
    )
    choices = tuple(f for f in named if f.is_choice)
    fixed = cost_model.correct
    for choice in choices:
        fixed = choice.inject_into(fixed)
    intended = _intended(thresholds)
    reproduced = cost_model.reproduction(best)
    if not cost_model.box_count and arrays.share is not None:
        reproduced = Reproduction(arrays.share, arrays.share, 1.0, 0.0, 0.0)
    verdict = _verdict(reproduced, faults, arrays)
    equivalents: list[Explanation] = []
    undecided: tuple[Fault, ...] = ()
    if verdict != "not_explained":
        equivalents, more = _compare(cost_model, best, explanations(search, best))
        undecided = _undecided(cost_model, best, more)
    unexplained = unexplained_stages(cost_model, best, reproduced, arrays)
    return Diagnosis(
        verdict=verdict,
        faults=faults,
        choices=choices,
        proofs=proofs(cost_model, best, faults) | arrays.proofs,
        pipeline=best,
        fixed=with_thresholds(fixed, intended),
        thresholds=thresholds,
        reproduced=reproduced,
        reproduced_by_correct=cost_model.reproduction(
            with_thresholds(cost_model.correct, intended)
        ),
        equivalents=tuple(equivalents[:MOST_EQUIVALENTS]),
        undecided=undecided,
        unexplained_stages=unexplained,
        reasons=tuple(reasons(cost_model, best, unexplained)),
        readings=arrays.readings,
        ask=tuple(asked(cost_model, best, unexplained, equivalents, undecided)),
        notes=(*cost_model.observations.notes, *([CUT_SCORES] if cost_model.cut_scores else [])),
        images=tuple(name for name in cost_model.replayer.paths if name in cost_model.observed),
        complete=not cost_model.exhausted,
    )


def _intended(thresholds: dict[Threshold, ThresholdRange]) -> dict[Threshold, float]:
    """Return the thresholds that were not declared, and so are no mistake."""
    return {name: each.used for name, each in thresholds.items() if each.declared is None}


def _before_output(cost_model: CostModel, pipeline: Pipeline) -> tuple[Fault, ...]:
    return tuple(f for f in cost_model.faults(pipeline) if f.precedes_output)


def _compare(
    cost_model: CostModel, best: Pipeline, found: list[Explanation]
) -> tuple[list[Explanation], list[Fault]]:
    """Return equivalent explanations, and faults that could be added to the best.

    Of rare faults, only those are returned that explain something, though nothing proves them.
    """
    own = {fault.name for fault in cost_model.faults(best) if not fault.is_choice}
    equivalents, more = [], []
    for other in found:
        worse = cost_model.misfit(other.pipeline) - cost_model.misfit(best)
        if worse >= SAME_FIT:
            continue
        if other.faults > own:
            added = [f for f in other.named if f.name not in own and not f.is_choice]
            likely = [f for f in added if worse <= -SAME_FIT or f.cost <= COMMON_COST]
            more += [f for f in likely if not f.fields & _never_undecided(best)]
        elif worse > -SAME_FIT and other.faults != own and len(other.faults) <= len(own) + 1:
            equivalents.append(other)
    return equivalents, more


def _undecided(cost_model: CostModel, best: Pipeline, more: list[Fault]) -> tuple[Fault, ...]:
    """Return the faults that nothing here proves or rules out, though alone they would show."""
    if not (cost_model.reproduction(best).predicted and cost_model.box_count):
        return ()
    own = {fault.name for fault in cost_model.faults(best) if not fault.is_choice}
    found = {fault.name: fault for fault in (*more, *_without_effect(cost_model, best))}
    return tuple(f for name, f in found.items() if name not in own and _visible(cost_model, f))


def _without_effect(cost_model: CostModel, best: Pipeline) -> list[Fault]:
    named = cost_model.faults(best)
    return [
        fault
        for fault in cost_model.preprocessing_faults
        if fault.cost <= COMMON_COST
        and not fault.is_in(best)
        and not fault.fields & _never_undecided(best)
        and not any(f.fields & fault.fields for f in named)
        and cost_model.same_inputs(fault.inject_into(best), best)
    ]


def _visible(cost_model: CostModel, fault: Fault) -> bool:
    """Return whether a fault would show in these images if it were alone."""
    correct = cost_model.correct
    alone = fault.inject_into(correct)
    if fault.precedes_output:
        return not cost_model.same_inputs(alone, correct)
    found = cost_model.detections
    return any(not found(alone, name).equals(found(correct, name)) for name in cost_model.names)


_THRESHOLDS = frozenset(fields_of(ThresholdChoices))


def _never_undecided(pipeline: Pipeline) -> frozenset[str]:
    """Return the choices that do not count: thresholds, and what other choices make moot."""
    return _THRESHOLDS | moot(pipeline)


def _verdict(
    found: Reproduction, faults: tuple[Fault, ...], arrays: ArrayEvidence
) -> DiagnosisVerdict:
    if faults:
        explained = found.least >= EXPLAINED and not arrays.contradict
        return "explained" if explained else "explained_in_part"
    if found.least >= NOTHING_WRONG and not arrays.contradict:
        return "nothing_wrong"
    return "explained_in_part" if found.exact >= PARTLY else "not_explained"


def by_stage(*groups: Sequence[Fault]) -> tuple[Fault, ...]:
    """Return faults in the order of their stages."""
    together = [fault for group in groups for fault in group]
    return tuple(sorted(together, key=lambda fault: FAULT_STAGES.index(fault.stage)))
