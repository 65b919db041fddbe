"""Finding the pipeline whose boxes are the observed ones."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from parity.deployment.choice import allowed
from parity.deployment.pipeline import Pipeline
from parity.deployment.preprocess import PREPROCESSING
from parity.diagnosis.box_evidence import (
    DECODING,
    combinations_of,
    fit_geometry,
    overlapping,
    rank_decodings,
    score_evidence,
)
from parity.diagnosis.catalogue.fault import Fault
from parity.diagnosis.cost import Judge
from parity.diagnosis.local_search import fit_classes, improving, polish, without

SOLVED = 0.75
"""Share of scores found to the last digit from which the input is taken for known."""

WIDTH = 6
"""Inputs that are carried on from one number of faults to the next."""

DEPTH = 3
"""Faults before the network that are combined at most."""

REFINING = 2
"""Images by which inputs are exchanged at the end: those that fit worst."""

WAYS_BACK: tuple[dict[str, Any], ...] = (
    {},
    {"gain": "stretch", "offset": "none"},
    {"gain": "letterbox", "offset": "letterbox"},
    {"offset": "none"},
    {"gain": "none", "offset": "none"},
    {"gain": "height"},
    {"gain": "none"},
    {"rescaled": "gain"},
    {"box_format": "xywh"},
    {"box_format": "full_sides"},
    {"offset": "letterbox"},
)
"""Common ways back into the image, tried while the input is not known."""


FLAT = 0.25
"""Share of boxes without area from which an output that was not transposed is suspected."""


def flat_hypotheses(start: Pipeline) -> Iterator[Pipeline]:
    """Yield what gives boxes without area: rows of the raw output read as boxes, clipped.

    Parameters
    ----------
    start : Pipeline
        An input and a way back.
    """
    ways: tuple[dict[str, Any], ...] = (
        {},
        {"gain": "letterbox", "offset": "letterbox"},
        {"gain": "stretch", "offset": "none"},
        {"gain": "none", "offset": "none"},
        {"offset": "none"},
    )
    kept = (
        {"suppression": "agnostic", "overlap": "nmsboxes", "suppressed_in": "image"},
        {"suppression": "best"},
    )
    for head, activation, rescaled, way, suppression in product(
        ("v8", "v5", "v5_classes"),
        ("none", "sigmoid"),
        allowed(Pipeline, "rescaled"),
        ways,
        kept,
    ):
        changes: dict[str, Any] = {"head": head, "activation": activation, "rescaled": rescaled}
        for class_ids in ("model", "rank"):
            yield replace(
                start, output_axes="rows", class_ids=class_ids, **changes, **way, **suppression
            )


@dataclass(frozen=True)
class InputState:
    """A hypothesis about everything before the network.

    Attributes
    ----------
    faults : tuple of Fault
        What is assumed.
    pipeline : Pipeline
        The same, with the reading of the raw output that fits best.
    cost : float
        What it costs with the best of the common ways back, nats.
    hits : float
        Share of scores found to the last digit, beyond chance; NaN if scores tell nothing.
    """

    faults: tuple[Fault, ...]
    pipeline: Pipeline
    cost: float
    hits: float

    @property
    def solved(self) -> bool:
        """Return whether the scores prove the input."""
        return bool(self.hits >= SOLVED)


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes
    ----------
    best : Pipeline
        The cheapest hypothesis.
    states : list of InputState
        All inputs that were tried, the cheapest first.
    exhausted : bool
        Whether the budget ran out before everything was tried.
    """

    best: Pipeline
    states: list[InputState]
    exhausted: bool


class Search:
    """Searches for the pipeline that explains observations.

    Parameters
    ----------
    judge : Judge
        Judges by all the images that are looked at.
    screen : list of str
        The few images by which inputs are told apart.
    class_names : dict of int to str
        The model's names.
    budget : int
        Inputs of the network that are looked at, at most; a count and no time, so that the answer
        does not depend on the machine.
    """

    def __init__(
        self, judge: Judge, screen: list[str], class_names: dict[int, str], budget: int
    ) -> None:
        self.judge = judge
        self.screen = screen
        self.class_names = class_names
        self.budget = budget
        self.spent = 0
        self.flooded = overlapping(judge) > 0.3
        self.decodings: list[dict[str, Any]] = []
        self.tried: dict[tuple[Any, ...], InputState] = {}

    def run(self) -> Found:
        """Search inputs first, then everything after the network, and combine."""
        judge = self.judge
        if not any(len(observed) for observed in judge.observed.values()):
            return Found(self.explain_nothing(), [], False)
        start = self.look(())
        best = self.explain(start)
        least = judge.cost(best)
        if not self.settled(best) and judge.flat > FLAT:
            best = self.explain_flat(best)
            least = judge.cost(best)
        if not self.settled(best):
            self.search_inputs(start)
            for state in self.promising():
                candidate = self.explain(state)
                cost = judge.cost(candidate)
                if cost < least:
                    best, least = candidate, cost
                if self.settled(best):
                    break
        best = self.refine(best)
        states = sorted(self.tried.values(), key=lambda s: s.cost)
        return Found(best, states, self.spent > self.budget)

    def explain_flat(self, best: Pipeline) -> Pipeline:
        """Return the best hypothesis of an output that was not transposed, or the one given."""
        judge = self.judge
        inputs = [judge.correct]
        for name in ("stretched", "stretched_letterbox_back", "padded_first_black", "top_left"):
            inputs += [f.apply(judge.correct) for f in judge.before if f.name == name]
        options = [p for start in inputs for p in flat_hypotheses(start)]
        options.sort(key=judge.cost)
        polished = [polish(judge, option) for option in options[:2]]
        return min([best, *polished], key=judge.cost)

    def explain_nothing(self) -> Pipeline:
        """Return the simplest hypothesis that finds nothing in any image."""
        judge = self.judge
        silent = [judge.correct]
        for fault in judge.catalogue:
            pipeline = fault.apply(judge.correct)
            if all(not len(judge.replayer.detections(pipeline, name)) for name in judge.names):
                silent.append(pipeline)
        for pipeline in silent:
            self.look(tuple(f for f in judge.name(pipeline)[0] if f in judge.before))
        return min(silent, key=judge.cost)

    def settled(self, pipeline: Pipeline) -> bool:
        """Return whether a hypothesis leaves nothing to explain but boxes that are withheld."""
        shares = self.judge.shares(pipeline)
        return shares.exact >= 0.97 and shares.predicted >= 0.75

    def look(self, faults: tuple[Fault, ...], names: list[str] | None = None) -> InputState:
        """Judge an input by some images, by those of the screen unless told otherwise."""
        names = names or self.screen
        pipeline = self.judge.correct
        for fault in faults:
            pipeline = fault.apply(pipeline)
        key = (tuple(names), self.judge.inputs(pipeline, names))
        if key not in self.tried:
            self.tried[key] = self._judge(faults, pipeline, names)
            self.spent += len(names)
        return self.tried[key]

    def _judge(self, faults: tuple[Fault, ...], pipeline: Pipeline, names: list[str]) -> InputState:
        base = replace(pipeline, conf=self._conf())
        if self.flooded:
            base = replace(base, suppression="none")
        if not self.decodings:
            self.decodings = rank_decodings(self.judge, base, names)[:5]
            plain = combinations_of(*DECODING)[0]
            if plain not in self.decodings and self.decodings != [{}]:
                self.decodings.append(plain)
        readings = []
        for changes in self.decodings:
            candidate = replace(base, **changes)
            likelihood, hits = score_evidence(self.judge, candidate, names)
            readings.append((likelihood + 2 * np.nan_to_num(max(hits, 0)), hits, candidate))
        readings.sort(key=lambda entry: -entry[0])
        _, hits, best = readings[0]
        price = sum(fault.cost for fault in faults)
        cost = np.inf
        if hits >= SOLVED:
            readings = readings[:1]
        for _, _, candidate in readings[:2]:
            for way in WAYS_BACK:
                own = self.judge.misfit(replace(candidate, **way), names)
                if own < cost:
                    cost, best = own, candidate
        return InputState(faults, replace(best, conf=pipeline.conf), cost + price, hits)

    def _conf(self) -> float:
        scores = np.concatenate([o.scores for o in self.judge.observed.values()] or [np.zeros(0)])
        scores = scores[np.isfinite(scores)]
        if not len(scores):
            return self.judge.correct.conf
        return max(float(scores.min()) - 1e-3, 0.011)

    def search_inputs(self, start: InputState) -> None:
        """Combine faults before the network until the scores prove an input."""
        moves = self.judge.before
        level = [start]
        for depth in range(DEPTH):
            wider: dict[InputState, None] = {}
            glance = self.screen if depth == 0 else self.screen[:1]
            for state in level:
                used = frozenset().union(*(f.fields for f in state.faults), frozenset())
                for fault in moves:
                    if fault.fields & used or self.spent > self.budget:
                        continue
                    found = self.look((*state.faults, fault), glance)
                    if found.solved and glance is not self.screen:
                        found = self.look((*state.faults, fault))
                    wider[found] = None
                    if found.hits > 0.95:
                        return
            ranked = sorted(wider, key=lambda s: (not s.hits > 0.4, s.cost))
            if depth == 0:
                limit = 1.15 * start.cost + 5
                moves = [s.faults[0] for s in ranked if s.faults and s.cost < limit]
            else:
                ranked = [self.look(state.faults) for state in ranked[: 2 * WIDTH]]
                ranked.sort(key=lambda s: (not s.hits > 0.4, s.cost))
            if any(s.solved for s in ranked) or self.spent > self.budget:
                return
            level = ranked[:WIDTH]

    def promising(self) -> list[InputState]:
        """Return the inputs that are worth a full explanation."""
        whole = tuple(self.screen)
        states = list(dict.fromkeys(s for key, s in self.tried.items() if key[0] == whole))
        solved = sorted((s for s in states if s.solved), key=lambda s: (-s.hits, s.cost))
        if solved:
            return solved[:3]
        return sorted(states, key=lambda s: s.cost)[:4]

    def explain(self, state: InputState) -> Pipeline:
        """Fit everything after the network to an input."""
        judge = self.judge
        base = replace(
            state.pipeline,
            iou=judge.correct.iou,
            max_det=judge.correct.max_det,
            suppression="none" if self.flooded else "classwise",
        )
        starts = [base]
        if np.isnan(state.hits) or state.hits > 0.2:
            starts = fit_geometry(judge, base, self._informative())[:2] + starts
        options: list[Pipeline] = []
        for geometry in starts:
            options += fit_classes(judge, geometry, self.class_names)
        options += [replace(base, **way) for way in WAYS_BACK]
        options = sorted(dict.fromkeys(options), key=judge.cost)[:2]
        return min((polish(judge, option) for option in options), key=judge.cost)

    def _informative(self) -> list[str]:
        names = sorted(self.judge.names, key=lambda n: -min(len(self.judge.observed[n]), 12))
        return names[:6]

    def refine(self, best: Pipeline) -> Pipeline:
        """Exchange single faults before the network for others, judged on all images."""
        judge = self.judge
        if self.settled(best) and judge.shares(best).exact > 0.995:
            return best
        present = [f for f in judge.name(best)[0] if f.fields & set(PREPROCESSING)]
        options = [f.apply(best) for f in judge.before if not f.is_in(best)]
        for old in present:
            bare = without(judge, best, old)
            options += [bare, *(f.apply(bare) for f in judge.before if f.stage == old.stage)]
        better = improving(judge, best, self._in_budget(options), most=REFINING)
        if not better:
            return best
        winner = min((polish(judge, option) for option in better[:3]), key=judge.cost)
        if judge.cost(winner) > judge.cost(best) - 0.3:
            return best
        return self.refine(winner) if self.spent < self.budget else winner

    def _in_budget(self, options: list[Pipeline]) -> Iterator[Pipeline]:
        for option in dict.fromkeys(options):
            if self.spent > self.budget:
                return
            self.spent += REFINING
            yield option
