"""What is not explained: where its cause lies, what commonly causes it, and what to provide."""

from collections.abc import Iterator, Sequence

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.document import Reproduction
from parity.diagnosis.evidence.box_evidence import score_evidence
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.evidence.plain_filters import plain_filter
from parity.diagnosis.search.alternatives import Explanation, silent_images
from parity.diagnosis.stages import (
    BEFORE_OUTPUT_STAGES,
    FAULT_STAGES,
    PREPROCESSING_STAGES,
    SHAPE_STAGES,
    FaultStage,
)
from parity.diagnosis.tensor_evidence import ArrayEvidence
from parity.external.validation import FROM_VAL, looks_like_val
from parity.sentences import listing
from parity.tasks.task import TASKS

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

LEAVING_OUT: tuple[FaultStage, ...] = ("nms", "thresholds")
"""The stages that leave boxes out."""

LABEL_STAGES: tuple[FaultStage, ...] = ("decoding",)
"""The stages after the network of which probabilities alone tell nothing, as a box would."""


def unexplained_stages(
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
        after = () if _has_boxes(cost_model) else LABEL_STAGES
        return stages or (*(("network",) if arrays.share == 1 else BEFORE_OUTPUT_STAGES), *after)
    if found.exact < NOTHING_WRONG:
        return (*stages, *_stages_of_inexact(cost_model, best))
    return (*stages, *LEAVING_OUT)


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


def reasons(
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
    elif "network" in unexplained:
        yield _other_network(found, has_boxes=_has_boxes(cost_model))
    elif unexplained and _are_left_out(found):
        if rule := plain_filter(cost_model, best):
            yield rule.in_words
        yield (
            "Boxes that should be there were not given: left out on purpose, by a filter of "
            "classes or sizes, or by a suppression that the catalogue does not hold."
        )
        silent, missing = silent_images(cost_model, best), unobserved(cost_model, best)
        if silent and missing == unobserved(cost_model, best, silent):
            yield (
                f"All of them are in {len(silent):,} of {many:,} images, in which nothing was "
                f"found: {listing(silent)}. Look at what sets these files apart, and whether the "
                "program read them."
            )


def _other_network(found: Reproduction, *, has_boxes: bool) -> str:
    """Return what commonly changes the numbers of the network, in a sentence."""
    if not has_boxes:
        return (
            "The network was given another input, it is another network, or its probabilities were "
            "changed afterwards, as a temperature does."
        )
    if found.close >= PARTLY and found.predicted >= PARTLY:
        return (
            "The boxes lie where they should, but their numbers are those of another input or of "
            "another network: another file of weights, an int8 or fp16 conversion, a GPU that "
            "computes in TF32, or an image that was resized, filtered or compressed in a way that "
            "the catalogue does not hold."
        )
    return (
        "The network was given another input, or is another network, for example one with "
        "other classes."
    )


def _has_boxes(cost_model: CostModel) -> bool:
    return TASKS[cost_model.replayer.network.head.task].has_boxes


def unobserved(cost_model: CostModel, best: Pipeline, names: Sequence[str] | None = None) -> int:
    """Return how many predicted boxes of some images, or of all, were not observed."""
    every = cost_model.names if names is None else names
    return sum(cost_model.goodness_of_fit(best, name).unobserved for name in every)


def _are_left_out(found: Reproduction) -> bool:
    """Return whether boxes are missing, and hardly any is wrong."""
    missing, wrong = 1 - found.predicted, 1 - found.exact
    return found.predicted < NOTHING_WRONG and missing > MOSTLY_LEFT_OUT * wrong


def asked(
    cost_model: CostModel,
    best: Pipeline,
    unexplained: Sequence[FaultStage],
    equivalents: Sequence[Explanation],
    undecided: Sequence[Fault],
) -> Iterator[str]:
    """Yield what to provide to learn more, a sentence each."""
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
            if _has_boxes(cost_model)
            else "Provide the labels of more images, of other sizes and shapes."
        )
    if any(np.isnan(o.scores).any() for o in cost_model.observed.values() if len(o)):
        yield "Provide the scores; they show what the network was given."
