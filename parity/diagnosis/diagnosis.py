"""The answer: which steps of a deployment are wrong, the proof, and what cannot be told."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from parity.deployment.choice import fields_of, moot
from parity.deployment.pipeline import Pipeline, deviations
from parity.deployment.preprocess import PREPROCESSING
from parity.deployment.replay import Replayer
from parity.deployment.thresholds import ThresholdChoices
from parity.diagnosis.alternatives import CUTOFF, alternatives, excess, other_inputs, settle
from parity.diagnosis.box_evidence import score_evidence
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.cost import Judge
from parity.diagnosis.image_choice import choose, screen
from parity.diagnosis.misfit import Shares
from parity.diagnosis.search import InputState, Search
from parity.diagnosis.tensor_evidence import EQUAL_RAW, EQUAL_TENSOR, explain_raws, explain_tensors
from parity.external.observations import Observations

BUDGET = 600
"""Inputs of the network that are looked at, at most: some 40 s of one core with YOLO11n."""

MOST = 20
"""Equivalent explanations that are listed, at most."""

SAME = 0.5
"""Explanations that differ by less, in nats, are not told apart."""


@dataclass(frozen=True)
class Explanation:
    """A set of faults and what it costs.

    Attributes
    ----------
    faults : tuple of str
        Names, harmless choices included.
    pipeline : Pipeline
        The deployment that it means.
    margin : float
        How much worse it is than the best, nats.
    """

    faults: tuple[str, ...]
    pipeline: Pipeline
    margin: float


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a deployment.

    Attributes
    ----------
    verdict : {"correct", "named", "unknown"}
        ``correct``: nothing is wrong; ``named``: the faults reproduce the boxes; ``unknown``:
        nothing in the catalogue does.
    faults, choices : tuple of Fault
        What is wrong, and what is another harmless way of doing it, in the order of the stages.
    pipeline, cured : Pipeline
        The deployment as observed, and the same without its faults.
    shares : Shares
        What it reproduces.
    before : Shares
        What the correct pipeline reproduces.
    runner_up : Explanation or None
        The next best explanation.
    equivalents : tuple of Explanation
        Explanations that these boxes cannot tell from the one named.
    undecided : tuple of str
        Faults that may hold too, for they change nothing in these images.
    first_difference : str
        Stage at which the deployment first differs; empty if it is correct.
    ask : tuple of str
        What to hand over to learn more, a sentence each.
    notes : tuple of str
        What was inferred.
    images : tuple of str
        The images that were looked at.
    runs : int
        Runs of the network.
    seconds : float
        Time it took.
    complete : bool
        Whether the search ended before its budget did.
    """

    verdict: str
    faults: tuple[Fault, ...]
    choices: tuple[Fault, ...]
    pipeline: Pipeline
    cured: Pipeline
    shares: Shares
    before: Shares
    runner_up: Explanation | None
    equivalents: tuple[Explanation, ...]
    undecided: tuple[str, ...]
    first_difference: str
    ask: tuple[str, ...]
    notes: tuple[str, ...]
    images: tuple[str, ...]
    runs: int
    seconds: float
    complete: bool

    def __bool__(self) -> bool:
        """Return whether the deployment is correct."""
        return self.verdict == "correct"

    def as_json(self) -> dict[str, Any]:
        """Return plain values; time and runs stand apart, see :meth:`effort`."""
        return {
            "verdict": self.verdict,
            "faults": [fault.as_json() for fault in self.faults],
            "choices": [fault.as_json() for fault in self.choices],
            "pipeline": deviations(self.pipeline),
            "cured": deviations(self.cured),
            "reproduced": asdict(self.shares),
            "reproduced_by_correct": asdict(self.before),
            "runner_up": _plain(self.runner_up) if self.runner_up else None,
            "equivalents": [_plain(other) for other in self.equivalents],
            "undecided": list(self.undecided),
            "first_difference": self.first_difference,
            "ask": list(self.ask),
            "notes": list(self.notes),
            "images": list(self.images),
            "network_runs": self.runs,
            "complete": self.complete,
        }

    def effort(self) -> dict[str, float]:
        """Return what differs from run to run: the seconds."""
        return {"seconds": self.seconds}


def _plain(explanation: Explanation) -> dict[str, Any]:
    return {"faults": list(explanation.faults), "margin": round(explanation.margin, 3)}


def diagnose(
    observations: Observations,
    paths: dict[str, Path],
    network: Any,
    class_names: dict[int, str],
    *,
    budget: int = BUDGET,
    directory: str | Path | None = None,
    replayer: Replayer | None = None,
) -> Diagnosis:
    """Name what is wrong with the deployment that made some boxes.

    Parameters
    ----------
    observations : Observations
        What it made, and what is known of it.
    paths : dict of str to Path
        Image files by name.
    network : Network
        The network that it runs, see :class:`parity.deployment.run.Network`.
    class_names : dict of int to str
        The model's names.
    budget : int
        Inputs of the network that are looked at, at most.
    directory : str or Path, optional
        Where raw outputs are kept between runs.
    replayer : Replayer, optional
        Keeps what was computed from one diagnosis to the next.
    """
    start = time.perf_counter()
    replayer = replayer or Replayer(network, paths, directory)
    runs = replayer.runs
    names = choose(observations, replayer)
    judge = Judge(replayer, observations, names)
    search = Search(judge, screen(judge), class_names, budget)
    notes = list(observations.notes)
    state = _stage_by_stage(judge, search, notes)
    if state is None:
        best = (found := search.run()).best
        complete = not found.exhausted
    else:
        best, complete = search.explain(state), True
    best = settle(judge, best)
    tried = list(dict.fromkeys(search.tried.values()))
    diagnosis = _answer(
        judge, best, tried=tried, notes=notes, complete=complete, runs=runs, start=start
    )
    return diagnosis


def _stage_by_stage(judge: Judge, search: Search, notes: list[str]) -> InputState | None:
    given = {n: t for n, t in judge.observations.tensors.items() if n in judge.names}
    raws = {n: r for n, r in judge.observations.raws.items() if n in judge.names}
    if not given and not raws:
        return None
    if given:
        what, equal = "input", EQUAL_TENSOR
        pipeline, left = explain_tensors(judge, given)
    else:
        what, equal = "raw output", EQUAL_RAW
        pipeline, left = explain_raws(judge, raws)
    if left > equal:
        notes.append(f"Nothing in the catalogue makes the {what} that was handed over.")
        return None
    faults = tuple(f for f in judge.name(pipeline)[0] if f.fields & set(PREPROCESSING))
    notes.append(f"The {what} that was handed over is reproduced to {left:.2g} on average.")
    return search.look(faults)


def _answer(
    judge: Judge,
    best: Pipeline,
    *,
    tried: list[InputState],
    notes: list[str],
    complete: bool,
    runs: int,
    start: float,
) -> Diagnosis:
    named = judge.name(best)[0]
    faults = tuple(f for f in named if not f.is_choice)
    choices = tuple(f for f in named if f.is_choice)
    explanations: dict[Pipeline, Explanation] = {}
    for pipeline in dict.fromkeys([*alternatives(judge, best), *other_inputs(judge, best, tried)]):
        margin = excess(judge, pipeline, best)
        if pipeline != best and margin < CUTOFF:
            names = tuple(f.name for f in judge.name(pipeline)[0])
            explanations[pipeline] = Explanation(names, pipeline, margin)
    own = {f.name for f in faults}
    equal, rest, free = [], [], []
    for other in sorted(explanations.values(), key=lambda e: e.margin):
        its = {f.name for f in judge.name(other.pipeline)[0] if not f.is_choice}
        same_fit = abs(judge.misfit(other.pipeline) - judge.misfit(best)) < SAME
        if its > own and same_fit:
            more = [f for f in judge.name(other.pipeline)[0] if f.name not in own]
            free += [f.name for f in more if not f.is_choice and not f.fields & _not_told(best)]
        elif same_fit and its != own and len(its) <= len(own) + 1:
            equal.append(other)
        elif its != own and not (its > own):
            rest.append(other)
    if judge.shares(best).predicted and any(len(o) for o in judge.observed.values()):
        free += _without_effect(judge, best)
    else:
        free = []
    shares, before = judge.shares(best), judge.shares(judge.correct)
    verdict = _verdict(judge, faults, shares)
    first = faults[0].stage if faults else ""
    if verdict == "unknown":
        first = _first_difference(judge, best)
    cured = judge.correct
    for choice in choices:
        cured = choice.apply(cured)
    undecided = tuple(dict.fromkeys(name for name in free if name not in own))
    return Diagnosis(
        verdict=verdict,
        faults=faults,
        choices=choices,
        pipeline=best,
        cured=cured,
        shares=shares,
        before=before,
        runner_up=rest[0] if rest else None,
        equivalents=tuple(equal[:MOST]),
        undecided=undecided,
        first_difference=first,
        ask=tuple(_ask(judge, verdict, equal, undecided)),
        notes=tuple(notes),
        images=tuple(judge.names),
        runs=judge.replayer.runs - runs,
        seconds=time.perf_counter() - start,
        complete=complete,
    )


def _without_effect(judge: Judge, best: Pipeline) -> list[str]:
    def same(other: Pipeline) -> bool:
        inputs = judge.replayer.input_of
        return all(inputs(other, name) == inputs(best, name) for name in judge.names)

    return [
        fault.name
        for fault in judge.before
        if not fault.is_in(best)
        and not fault.fields & _not_told(best)
        and not any(f.fields & fault.fields for f in judge.name(best)[0])
        and same(fault.apply(best))
    ]


_THRESHOLDS = frozenset(fields_of(ThresholdChoices))


def _not_told(pipeline: Pipeline) -> frozenset[str]:
    """Return the choices of which nothing is said: thresholds, and what others make moot."""
    return _THRESHOLDS | moot(pipeline)


def _verdict(judge: Judge, faults: tuple[Fault, ...], shares: Shares) -> str:
    if not sum(len(o) for o in judge.observed.values()):
        return "named" if faults else "correct" if shares.predicted == 1 else "unknown"
    if shares.close >= 0.9 and shares.predicted >= 0.75 and not faults:
        return "correct"
    if faults and shares.close >= 0.6:
        return "named"
    return "unknown"


def _first_difference(judge: Judge, best: Pipeline) -> str:
    _, hits = score_evidence(judge, best, judge.names)
    if hits >= 0.5:
        return "mapping" if judge.shares(best).close < 0.5 else "suppression"
    tensors = judge.observations.tensors
    return "decoding" if tensors else "tensor"


def _ask(
    judge: Judge,
    verdict: str,
    equal: list[Explanation],
    undecided: tuple[str, ...],
) -> Iterator[str]:
    name = judge.names[0] if judge.names else "one image"
    stages = {f.name: f.stage for f in judge.catalogue}
    doubtful = {stages.get(n, "") for other in equal for n in other.faults}
    doubtful |= {stages.get(n, "") for n in undecided}
    early = verdict == "unknown" or doubtful & {"reading", "geometry", "tensor"}
    if early and not judge.observations.tensors:
        yield f"Hand over the network's input for {name} as .npy (input_tensors)."
    if verdict == "unknown" and not judge.observations.raws:
        yield f"Hand over the network's raw output for {name} as .npy (raw_outputs)."
    if equal or doubtful & {"mapping", "suppression", "output"}:
        yield "Hand over boxes of more images: crowded ones, and such of other sizes and shapes."
    if any(np.isnan(o.scores).any() for o in judge.observed.values() if len(o)):
        yield "Hand over the scores; they prove the input of the network."
