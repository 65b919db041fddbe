"""Comparing stage by stage, where input tensors or raw outputs were provided."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.deployment.preprocess import PREPROCESSING
from parity.deployment.run import Network
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.catalogue.geometry import other_border
from parity.diagnosis.document import Proof
from parity.diagnosis.evidence.cost import CostModel
from parity.diagnosis.search.local_search import without
from parity.diagnosis.tensor_reading import changes_read, read_tensor, sentences, way_round
from parity.sentences import listing
from parity.tasks.task import TASKS, Outputs

EQUAL_TENSOR = 2e-3
"""Mean difference of input tensors in [0, 1] that decoders and kernels alone cause; chosen: half a
grey level."""

EQUAL_RAW = 1e-2
"""Difference of raw outputs that arithmetic alone causes, see :func:`difference`; chosen."""

EQUAL_PROBABILITIES = 1e-3
"""The same of a classifier; chosen: a hundred times what arithmetic causes, and a fifth of what the
square root of all levels changes with random weights."""

LEVELS = 255
"""Grey levels that one unit of a correct input tensor stands for."""

READ = 3
"""Input tensors that are compared with every fault, at most, and as many of those that are not
reproduced then; chosen: each takes some 20 ms."""

RAWS = 2
"""Raw outputs that are compared, at most; chosen: each takes a run of the network per fault."""

OTHER_SHAPE = 1e3
"""Difference that stands for arrays of other shapes; chosen: beyond any real one."""

SMALL_ENOUGH = 20
"""How many times smaller than accepted a difference must be to try no further fault; chosen."""

IMPROVEMENT = 0.7
"""Factor by which a further fault must reduce the difference; chosen."""

MOST_NAMED = 3
"""Images of which a sentence names the input tensors at most; chosen."""

NEEDED = 6.0
"""Factor by which the difference must grow without a fault to prove it, where something else is not
explained; chosen: a kernel that is like an unknown blur gives 3."""


@dataclass(frozen=True)
class ArrayEvidence:
    """What arrays prove."""

    pipeline: Pipeline
    """The input that comes nearest."""
    reproduced: bool = False
    """Whether it reproduces the arrays."""
    share: float | None = None
    """Share of the arrays that are reproduced; None without any."""
    proofs: dict[str, Proof] = field(default_factory=dict)
    """Of the faults that the arrays prove, by name."""
    readings: tuple[str, ...] = ()
    """What was read, a sentence each."""
    unlike: frozenset[str] = frozenset()
    """Images whose input tensors are not reproduced."""
    outputs: dict[str, Outputs] = field(default_factory=dict)
    """What the network of the deployment gave, by image name; empty where the input is reproduced,
    since the network can be run then."""

    other_network: bool = False
    """Whether no network at hand makes the raw outputs of the input tensors."""

    @property
    def contradict(self) -> bool:
        """Whether there are arrays that are not reproduced, whatever the boxes say."""
        return self.other_network or (self.share is not None and not self.reproduced)


def explain_arrays(cost_model: CostModel) -> ArrayEvidence:
    """Return what the arrays prove that were provided for the images of a cost model."""
    observations, used = cost_model.observations, set(cost_model.names)
    tensors = {name: array for name, array in observations.tensors.items() if name in used}
    raws = {name: outputs for name, outputs in observations.raws.items() if name in used}
    if not tensors and not raws:
        return ArrayEvidence(cost_model.correct)
    found = explain_tensors(cost_model, tensors) if tensors else explain_raws(cost_model, raws)
    network, said = network_of(cost_model, tensors, raws)
    if said:
        found = replace(found, readings=(*found.readings, said))
    if network:
        found = replace(
            found,
            pipeline=replace(found.pipeline, network=network),
            proofs=found.proofs | {f"network_{network}": Proof()},
        )
    found = replace(found, other_network=network is None and bool(said))
    if found.reproduced and not found.other_network:
        return found
    replayer = cost_model.replayer
    given = {
        name: outputs
        for name, outputs in raws.items()
        if can_replace(replayer.outputs(found.pipeline, name), outputs, replayer.network)
    }
    if not found.other_network:
        given |= {
            name: replayer.run(found.pipeline, _as_batch(tensor))
            for name, tensor in tensors.items()
            if name not in given
        }
    wanted = TASKS[replayer.network.head.task].outputs
    if any(len(raws[name]) < wanted for name in raws.keys() - given.keys()):
        lacking = "Of the raw outputs, those after the first are missing; dump them, too."
        found = replace(found, readings=(*found.readings, lacking))
    return replace(found, outputs=given)


def explain_tensors(cost_model: CostModel, tensors: dict[str, np.ndarray]) -> ArrayEvidence:
    """Find the faults that make the input tensors that were provided, without the network.

    Parameters
    ----------
    cost_model : CostModel
        Knows the faults and the images.
    tensors : dict of str to (1, 3, H, W) or (3, H, W) float32
        By image name.
    """
    few = compared = dict(list(tensors.items())[:READ])

    def make(pipeline: Pipeline, name: str) -> np.ndarray:
        return cost_model.replayer.tensor(pipeline, name)

    def distance(pipeline: Pipeline) -> float:
        return mean_difference(pipeline, compared, make)

    def differences(pipeline: Pipeline) -> dict[str, float]:
        return {n: mean_difference(pipeline, {n: array}, make) for n, array in tensors.items()}

    correct = cost_model.correct
    read = []
    ways = {way_round(_as_batch(array)[0], make(correct, n)[0]) for n, array in few.items()} - {
        None
    }
    turned = (ways.pop() if len(ways) == 1 else None) or "no"
    for name, array in few.items():
        own = make(replace(correct, turned=turned), name)  # type: ignore[arg-type]
        if _same_shape(own, array):
            reading = read_tensor(array.reshape(array.shape[-3:]), own[0])
            read.append(replace(reading, turned=turned))
    start = replace(correct, **changes_read(read))
    level = start.border
    if isinstance(level, int) and level != correct.border:
        cost_model.add_fitted_fault(other_border(level))
    best = min(
        (_add_faults(cost_model, p, distance, EQUAL_TENSOR) for p in (correct, start)), key=distance
    )
    each = differences(best)
    reproduced = distance(best) <= EQUAL_TENSOR
    others = [name for name, left in each.items() if left > EQUAL_TENSOR and name not in few]
    if reproduced and others:  # the first tell nothing of how images of other sizes are resized
        compared = few | {name: tensors[name] for name in others[:READ]}
        wider = _add_faults(cost_model, best, distance, EQUAL_TENSOR)
        if mean_difference(wider, few, make) <= EQUAL_TENSOR:
            best, each = wider, differences(wider)
    share = float(np.mean([left <= EQUAL_TENSOR for left in each.values()]))
    if not reproduced:
        best = _keep_needed(cost_model, best, distance, set(changes_read(read)))
    proofs = {
        fault.name: Proof(
            levels=LEVELS * (distance(without(cost_model, best, fault)) - distance(best))
        )
        for fault in cost_model.faults(best)
        if fault.precedes_output
    }
    said = tensors_in_words(each) if reproduced else _not_reproduced(each)
    unlike = frozenset(name for name, left in each.items() if left > EQUAL_TENSOR)
    return ArrayEvidence(best, reproduced, share, proofs, (said, *sentences(read)), unlike)


def tensors_in_words(differences: dict[str, float]) -> str:
    """Return which input tensors are reproduced, and by how much the others differ.

    Parameters
    ----------
    differences : dict of str to float
        Of each tensor from what the deployment makes, by image name; 1 is the range of grey.
    """
    same = {name: each for name, each in differences.items() if each <= EQUAL_TENSOR}
    rest = {name: each for name, each in differences.items() if name not in same}
    if not same:
        return _not_reproduced(differences)
    said = (
        f"The input tensors of {_images(same)} are reproduced to {_levels(same)} grey levels on "
        "average."
    )
    if not rest:
        return said
    named = listing(sorted(rest), limit=MOST_NAMED)
    if len(rest) == 1:
        return f"{said} That of {named} is not: it still differs by {_levels(rest)} grey levels."
    still = f"they still differ by {_levels(rest)} grey levels on average"
    return f"{said} Those of {named} are not: {still}."


def _not_reproduced(differences: dict[str, float]) -> str:
    return (
        f"The input tensors of {_images(differences)} are not reproduced: they still differ by "
        f"{_levels(differences)} grey levels on average."
    )


def _images(given: dict[str, float]) -> str:
    return "1 image" if len(given) == 1 else f"{len(given)} images"


def _levels(differences: dict[str, float]) -> str:
    return f"{LEVELS * float(np.mean(list(differences.values()))):.2g}"


def explain_raws(cost_model: CostModel, raws: dict[str, Outputs]) -> ArrayEvidence:
    """Find the faults before the network that make the raw outputs that were provided.

    Parameters
    ----------
    cost_model : CostModel
        Knows the faults and the images.
    raws : dict of str to tuple of float32 arrays
        By image name, such as (84, 8400); the first :data:`RAWS` are compared.
    """
    few = dict(list(raws.items())[:RAWS])

    def distance(pipeline: Pipeline) -> float:
        made = (cost_model.replayer.outputs(pipeline, name) for name in few)
        return float(
            np.mean([farthest(own, few[name]) for own, name in zip(made, few, strict=True)])
        )

    equal = _equal_outputs(cost_model)
    best = _add_faults(cost_model, cost_model.correct, distance, equal)
    left = distance(best)
    if left > equal:
        said = "No input and no export of the configuration gives the raw outputs."
        return ArrayEvidence(cost_model.correct, False, 0.0, {}, (said,))
    proofs = {fault.name: Proof() for fault in cost_model.faults(best) if fault.precedes_output}
    said = f"The raw outputs are reproduced with a difference of {left:.2g}."
    return ArrayEvidence(best, True, 1.0, proofs, (said,))


def network_of(
    cost_model: CostModel, tensors: dict[str, np.ndarray], raws: dict[str, Outputs]
) -> tuple[str | None, str]:
    """Return the network that makes the raw outputs of the input tensors, and a sentence.

    Parameters
    ----------
    cost_model : CostModel
        Knows the networks.
    tensors : dict of str to ndarray
    raws : dict of str to tuple of ndarray
        By image name; images that have both count.

    Returns
    -------
    name : str or None
        As :class:`parity.deployment.network.NetworkChoices` names it; None if none does.
    said : str
        What was found; empty if no image has both.
    """
    both = [name for name in raws if name in tensors][:RAWS]
    if not both:
        return None, ""
    replayer = cost_model.replayer
    for network in (cost_model.correct.network, *replayer.others):
        pipeline = replace(cost_model.correct, network=network)
        apart = [
            farthest(replayer.run(pipeline, _as_batch(tensors[name])), raws[name]) for name in both
        ]
        if max(apart) <= _equal_outputs(cost_model):
            return network, (
                f"On the given input tensors, {network or 'the export'} gives the raw outputs with "
                f"a difference of {max(apart):.2g}."
            )
    return None, (
        "On the given input tensors, no export of the configuration gives the raw outputs: the "
        "deployment runs another network."
    )


def _as_batch(tensor: np.ndarray) -> np.ndarray:
    """Return an input, (3, H, W) or (1, 3, H, W), with the axis of its batch."""
    return tensor.reshape(1, *tensor.shape[-3:])


def mean_difference(
    pipeline: Pipeline,
    given: dict[str, np.ndarray],
    make: Callable[[Pipeline, str], np.ndarray],
) -> float:
    """Return the mean difference of given arrays from those that a pipeline makes."""
    return float(np.mean([difference(make(pipeline, n), array) for n, array in given.items()]))


def _equal_outputs(cost_model: CostModel) -> float:
    task = TASKS[cost_model.replayer.network.head.task]
    return EQUAL_RAW if task.has_boxes else EQUAL_PROBABILITIES


def can_replace(own: Outputs, given: Outputs, network: Network) -> bool:
    """Return whether given outputs have the shapes that a network's own have for an image.

    Where the input is a minimal rectangle, the grid of another input will do, too.
    """
    varies = network.rect and not network.finished
    return len(own) == len(given) and all(
        one.shape == other.shape or (varies and one.ndim == other.ndim and len(one) == len(other))
        for one, other in zip(own, given, strict=True)
    )


def farthest(own: Outputs, given: Outputs) -> float:
    """Return the largest :func:`difference` of outputs; the last ones may not be given."""
    return max(difference(*pair) for pair in zip(own, given, strict=False))


def difference(own: np.ndarray, given: np.ndarray) -> float:
    """Return how far a given array is from our own.

    Of input tensors and raw outputs of boxes, it is the mean absolute difference. Of the
    probabilities of a classifier, (classes,), whose mean falls with their number, it is half of the
    sum, the total variation distance.
    """
    if not _same_shape(own, given):
        return OTHER_SHAPE
    apart = np.abs(own.reshape(given.shape) - given)
    return float(apart.sum() / 2 if own.ndim == 1 else apart.mean(dtype=np.float64))


def _same_shape(one: np.ndarray, other: np.ndarray) -> bool:
    """Return whether two shapes are the same but for a leading axis of length 1."""
    return one.shape[-other.ndim :] == other.shape[-one.ndim :]


def _add_faults(
    cost_model: CostModel,
    start: Pipeline,
    distance: Callable[[Pipeline], float],
    enough: float,
) -> Pipeline:
    best, least = start, distance(start)
    while least > enough / SMALL_ENOUGH:
        faults = [f for f in cost_model.preprocessing_faults if not f.is_in(best)]
        candidates = dict.fromkeys(fault.inject_into(best) for fault in faults)
        options = sorted(((distance(p), place, p) for place, p in enumerate(candidates)))
        if not options or options[0][0] > IMPROVEMENT * least:
            break
        least, _, best = options[0]
    return best


def _keep_needed(
    cost_model: CostModel,
    best: Pipeline,
    distance: Callable[[Pipeline], float],
    read: set[str],
) -> Pipeline:
    """Return an input without the faults that were neither read nor are clearly needed."""

    def needed(fault: Fault) -> bool:
        worse = distance(without(cost_model, best, fault))
        return bool(fault.fields & read) or worse > NEEDED * distance(best)

    kept = [f for f in cost_model.faults(best) if not f.precedes_output or needed(f)]
    plain = replace(best, **{name: getattr(cost_model.correct, name) for name in PREPROCESSING})
    for fault in kept:
        plain = fault.inject_into(plain)
    return plain
