"""The diagnosis: which steps of a deployment are wrong, and what cannot be told from its boxes."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

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
from parity.diagnosis.evidence.box_evidence import score_evidence
from parity.diagnosis.evidence.cost import SAME_FIT, CostModel
from parity.diagnosis.evidence.cut_scores import are_scores_cut
from parity.diagnosis.evidence.image_choice import choose_images
from parity.diagnosis.evidence.plain_filters import plain_filter
from parity.diagnosis.proof import EXPLAINED, keep_proved, proofs
from parity.diagnosis.search.alternatives import (
    Explanation,
    explanations,
    follow_improvements,
    silent_images,
)
from parity.diagnosis.search.search import Search
from parity.diagnosis.search.way_back import with_known_way_back
from parity.diagnosis.stages import (
    BEFORE_OUTPUT_STAGES,
    FAULT_STAGES,
    PREPROCESSING_STAGES,
    SHAPE_STAGES,
    FaultStage,
)
from parity.diagnosis.tensor_evidence import ArrayEvidence, explain_arrays
from parity.diagnosis.threshold_ranges import threshold_ranges, with_thresholds
from parity.external.observations import Observations
from parity.external.validation import FROM_VAL, looks_like_val
from parity.sentences import listing
from parity.tasks.task import TASKS

MOST_EQUIVALENTS = 20
"""Equivalent explanations that are listed, at most; chosen."""

NOTHING_WRONG = 0.99
"""Share of observed boxes reproduced to their digits, and of predicted boxes that were observed,
from which nothing is wrong; chosen: all of them, but one in a hundred that arithmetic may tip."""

PARTLY = 0.5
"""Share of observed boxes reproduced to their digits from which a deployment without a proved fault
is explained in part; chosen."""

MOSTLY_LEFT_OUT = 5.0
"""By how much the share of predicted boxes that were not observed must exceed the share of observed
boxes that are not reproduced, so that boxes were left out; chosen."""

SCORES_FOUND = 0.75
"""Share of scores found to the last digit from which everything up to decoding counts as right;
chosen."""


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
        best = _searched(search, arrays, replaced=replaced)
        if are_scores_cut(cost_model, best):
            cost_model = cost_model.with_uncut_scores()
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
    missing = _unobserved(cost_model, alone.pipeline)
    if 0 < missing <= cost_model.observations.maskless and alone.unexplained_stages == LEFT_OUT:
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
    unexplained = _unexplained_stages(cost_model, best, reproduced, arrays)
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
        reasons=tuple(_reasons(cost_model, best, unexplained)),
        readings=arrays.readings,
        ask=tuple(_ask(cost_model, best, unexplained, equivalents, undecided)),
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


def _unexplained_stages(
    cost_model: CostModel, best: Pipeline, found: Reproduction, arrays: ArrayEvidence
) -> tuple[FaultStage, ...]:
    """Return where what a hypothesis leaves unexplained lies, as far as the evidence tells."""
    stages: tuple[FaultStage, ...] = ()
    if arrays.other_network:
        stages = ("network",) if arrays.reproduced else (*PREPROCESSING_STAGES, "network")
    elif arrays.contradict:
        stages = PREPROCESSING_STAGES if cost_model.observations.tensors else BEFORE_OUTPUT_STAGES
    if found.least >= NOTHING_WRONG or not cost_model.observations.images:
        return stages
    if not cost_model.box_count:
        return FAULT_STAGES
    inexact = _inexact(cost_model, best)
    if inexact and arrays.unlike.issuperset(inexact):
        return PREPROCESSING_STAGES
    _, hits = score_evidence(cost_model, best, inexact)
    if hits < SCORES_FOUND or (np.isnan(hits) and found.exact < PARTLY):
        after = () if TASKS[cost_model.replayer.network.head.task].has_boxes else LABEL_STAGES
        return stages or (*(("network",) if arrays.share == 1 else BEFORE_OUTPUT_STAGES), *after)
    if found.exact < NOTHING_WRONG:
        return (*stages, *_stages_of_inexact(cost_model, best))
    return (*stages, *LEFT_OUT)


def _stages_of_inexact(cost_model: CostModel, best: Pipeline) -> tuple[FaultStage, ...]:
    """Return where the cause of boxes lies that have the right scores and other numbers."""
    of_shapes = SHAPE_STAGES.get(cost_model.replayer.network.head.task, ())
    fits = [cost_model.goodness_of_fit(best, name) for name in cost_model.names]
    boxed = sum(int(fit.boxed.sum()) for fit in fits)
    if boxed >= NOTHING_WRONG * sum(fit.observed for fit in fits):
        return of_shapes
    return ("nms", "rescaling", *of_shapes, "output", "class_ids")


def _inexact(cost_model: CostModel, best: Pipeline) -> list[str]:
    """Return the images in which a hypothesis leaves boxes unexplained."""
    fits = {name: cost_model.goodness_of_fit(best, name) for name in cost_model.names}
    return [name for name, fit in fits.items() if fit.exact.sum() < fit.observed]


LEFT_OUT: tuple[FaultStage, ...] = ("nms", "thresholds")
"""The stages that leave boxes out."""

LABEL_STAGES: tuple[FaultStage, ...] = ("decoding",)
"""The stages after the network of which probabilities alone tell nothing, as a box would."""


def _reasons(
    cost_model: CostModel, best: Pipeline, unexplained: Sequence[FaultStage]
) -> Iterator[str]:
    """Yield what commonly causes what is not explained, as far as the boxes leave it open."""
    found = cost_model.reproduction(best)
    if not cost_model.box_count:
        if unexplained and cost_model.observations.images:
            yield (
                "Nothing was found in any image. Many faults do that, and only the arrays of the "
                "program tell them apart."
            )
        return
    observations = cost_model.observations
    scores = np.concatenate([seen.scores for seen in observations.images.values()])
    if unexplained and looks_like_val(scores, observations.printed):
        yield FROM_VAL
    inexact, many = _inexact(cost_model, best), len(cost_model.names)
    if "network" in unexplained and 0 < len(inexact) <= PARTLY * many:
        yield (
            f"All of these boxes are in {len(inexact):,} of {many:,} images: {listing(inexact)}. "
            "Look at what sets these files apart, such as a colour profile, the orientation or the "
            "file format, which programs read differently."
        )
    elif "network" in unexplained and not TASKS[cost_model.replayer.network.head.task].has_boxes:
        yield (
            "The network was given another input, it is another network, or its probabilities were "
            "changed afterwards, as a temperature does."
        )
    elif "network" in unexplained and found.close >= PARTLY and found.predicted >= PARTLY:
        yield (
            "The boxes lie where they should, but their numbers are those of another input or of "
            "another network: another file of weights, an int8 or fp16 conversion, a GPU that "
            "computes in TF32, or an image that was resized, filtered or compressed in a way that "
            "the catalogue does not hold."
        )
    elif "network" in unexplained:
        yield (
            "The network was given another input, or is another network, for example one with "
            "other classes."
        )
    elif unexplained and _are_left_out(found):
        if rule := plain_filter(cost_model, best):
            yield rule.in_words
        yield (
            "Boxes that should be there were not given: left out on purpose, by a filter of "
            "classes or sizes, or by a suppression that the catalogue does not hold."
        )
        silent, missing = silent_images(cost_model, best), _unobserved(cost_model, best)
        if silent and missing == _unobserved(cost_model, best, silent):
            yield (
                f"All of them are in {len(silent):,} of {many:,} images, in which nothing was "
                f"found: {listing(silent)}. Look at what sets these files apart, and whether the "
                "program read them."
            )


def _unobserved(cost_model: CostModel, best: Pipeline, names: Sequence[str] | None = None) -> int:
    """Return how many predicted boxes of some images, or of all, were not observed."""
    every = cost_model.names if names is None else names
    return sum(cost_model.goodness_of_fit(best, name).unobserved for name in every)


def _are_left_out(found: Reproduction) -> bool:
    """Return whether boxes are missing, and hardly any is wrong."""
    missing, wrong = 1 - found.predicted, 1 - found.exact
    return found.predicted < NOTHING_WRONG and missing > MOSTLY_LEFT_OUT * wrong


def _ask(
    cost_model: CostModel,
    best: Pipeline,
    unexplained: Sequence[FaultStage],
    equivalents: Sequence[Explanation],
    undecided: Sequence[Fault],
) -> Iterator[str]:
    doubted = [*_inexact(cost_model, best), *cost_model.names]
    name = doubted[0] if doubted else "one image"
    doubtful = {fault.stage for other in equivalents for fault in other.named}
    doubtful |= {fault.stage for fault in undecided} | set(unexplained)
    observations = cost_model.observations
    lies_after = unexplained and not set(unexplained) & set(BEFORE_OUTPUT_STAGES)
    if doubtful & set(PREPROCESSING_STAGES) and not lies_after and not observations.tensors:
        yield (
            f"Provide the input tensor of {name} (input_tensors), or record a run "
            "(python -m parity.record): it shows the preprocessing itself."
        )
    if "network" in unexplained and (cost_model.box_count or observations.raws):
        yield (
            "Add the exports that the program may run, such as int8: {quantize: 8}, to the "
            "configuration: each of them is tried."
        )
    if "network" in unexplained and not observations.raws:
        yield f"Provide the raw output for {name} (raw_outputs): it shows the network."
    if equivalents or (cost_model.box_count and doubtful & {"rescaling", "nms", "output"}):
        yield (
            "Provide boxes of more images: crowded ones, and ones of other sizes and shapes."
            if TASKS[cost_model.replayer.network.head.task].has_boxes
            else "Provide the labels of more images, of other sizes and shapes."
        )
    if any(np.isnan(o.scores).any() for o in cost_model.observed.values() if len(o)):
        yield "Provide the scores; they show what the network was given."


def by_stage(*groups: Sequence[Fault]) -> tuple[Fault, ...]:
    """Return faults in the order of their stages."""
    together = [fault for group in groups for fault in group]
    return tuple(sorted(together, key=lambda fault: FAULT_STAGES.index(fault.stage)))
