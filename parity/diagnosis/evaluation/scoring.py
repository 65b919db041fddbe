"""Scoring the diagnosis: how often it explains deployments whose faults are known."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from parity.deployment.pipeline import Pipeline
from parity.deployment.replay import Replayer
from parity.deployment.run import pipeline_of
from parity.diagnosis.catalogue.fault import Fault, all_faults
from parity.diagnosis.cheapest_faults import cheapest_faults
from parity.diagnosis.diagnosis import Diagnosis, diagnose
from parity.diagnosis.evaluation.injection import observe, with_faults
from parity.external.observations import Declared, Observations, decimals

DECLARED_THRESHOLDS = Declared(conf=0.25, iou=0.45)
"""Thresholds of the deployments with faults; chosen: those of many published deployments."""

CORRECT_CONFS = (0.1, 0.2, 0.25, 0.4, 0.5)
CORRECT_IOUS = (0.45, 0.5, 0.6, 0.7)
"""Thresholds of the deployments without faults, in turn; chosen: what people set."""


@dataclass(frozen=True)
class Case:
    """A deployment whose faults are known.

    Attributes
    ----------
    faults : tuple of Fault
        What is wrong with it.
    pipeline : Pipeline
        The deployment.
    observations : Observations
        What it prints.
    """

    faults: tuple[Fault, ...]
    pipeline: Pipeline
    observations: Observations


@dataclass
class Tally:
    """How many cases of a kind were explained."""

    kind: str
    cases: int = 0
    explained: int = 0
    per_fault: dict[str, list[int]] = field(default_factory=dict)
    confusions: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    runs: list[int] = field(default_factory=list)

    def add(self, case: Case, diagnosis: Diagnosis) -> None:
        """Count a case."""
        success = explains(diagnosis, case)
        self.cases += 1
        self.explained += success
        self.seconds.append(diagnosis.seconds)
        self.runs.append(diagnosis.network_runs)
        for fault in case.faults:
            row = self.per_fault.setdefault(fault.name, [0, 0])
            row[0] += success
            row[1] += 1
        if not success:
            told = " + ".join(f.name for f in diagnosis.faults) or "nothing"
            truth = " + ".join(f.name for f in case.faults) or "nothing"
            exact = f"{diagnosis.reproduced.exact:.2f} exact"
            self.confusions.append(f"{truth} -> {told} ({diagnosis.verdict}, {exact})")


def explains(diagnosis: Diagnosis, case: Case) -> bool:
    """Return whether a diagnosis names what was injected, or says that it cannot tell.

    Parameters
    ----------
    diagnosis : Diagnosis
        The answer.
    case : Case
        The truth.
    """
    correct = with_declared(Pipeline(stride=case.pipeline.stride), case.observations.declared)
    faults, _ = cheapest_faults(case.pipeline, correct, all_faults())
    truth = {f.name for f in faults if not f.is_choice}
    harmless = {f.name for f in [*all_faults(), *diagnosis.choices] if f.is_choice}
    named = {f.name for f in diagnosis.faults}
    boxes = [o.boxes for o in case.observations.images.values() if len(o)]
    if boxes and case.pipeline.integers == "no" and decimals(np.concatenate(boxes)) == 0:
        named -= {"rounded"}  # that is how the boxes were printed
        harmless |= {"rounded"}
    if named == truth:
        return True
    if any({f.name for f in other.named} - harmless == truth for other in diagnosis.equivalents):
        return True
    return named < truth and truth - named <= {fault.name for fault in diagnosis.undecided}


def with_declared(pipeline: Pipeline, declared: Declared) -> Pipeline:
    """Return a pipeline with the thresholds that are declared."""
    return replace(pipeline, conf=declared.conf or pipeline.conf, iou=declared.iou or pipeline.iou)


def score_faults(
    replayer: Replayer,
    names: Sequence[str],
    class_names: dict[int, str],
    sets: Iterable[tuple[Fault, ...]],
    *,
    kind: str,
    **printed: Any,
) -> Tally:
    """Inject sets of faults one after the other and diagnose each.

    Parameters
    ----------
    replayer : Replayer
        Runs the deployments, and keeps raw outputs between the cases.
    names : sequence of str
        Images.
    class_names : dict of int to str
        The model's class names by id.
    sets : iterable of tuple of Fault
        What to inject.
    kind : str
        Heading of the row.
    **printed
        How boxes are printed and withheld, see
        :func:`parity.diagnosis.evaluation.injection.observe`.
    """
    tally = Tally(kind)
    for index, faults in enumerate(sets):
        pipeline = with_faults(faults, with_declared(Pipeline(), DECLARED_THRESHOLDS))
        seen = observe(
            replayer, pipeline, names, declared=DECLARED_THRESHOLDS, seed=index, **printed
        )
        case = Case(tuple(faults), pipeline, seen)
        tally.add(case, diagnose(seen, replayer, class_names))
    return tally


def score_correct(
    replayer: Replayer, names: Sequence[str], class_names: dict[int, str], count: int
) -> Tally:
    """Diagnose correct deployments with various thresholds, half of them not declared.

    Parameters
    ----------
    replayer : Replayer
        Runs the deployments.
    names : sequence of str
        Images.
    class_names : dict of int to str
        The model's class names by id.
    count : int
        Deployments.
    """
    tally = Tally("correct")
    for index in range(count):
        conf = CORRECT_CONFS[index % len(CORRECT_CONFS)]
        iou = CORRECT_IOUS[index % len(CORRECT_IOUS)]
        pipeline = replace(pipeline_of(replayer.network), conf=conf, iou=iou)
        declared = Declared(conf=conf, iou=iou) if index % 2 == 0 else Declared()
        seen = observe(replayer, pipeline, names, declared=declared, seed=index)
        tally.add(Case((), pipeline, seen), diagnose(seen, replayer, class_names))
    return tally


def tallies_as_text(tallies: Sequence[Tally]) -> str:
    """Return overall shares, the faults by how often they are explained, and the confusions."""
    lines = [f"{'kind':34} {'explained':>12} {'share':>7} {'median s':>9} {'runs':>6}"]
    for tally in tallies:
        share = tally.explained / max(tally.cases, 1)
        lines.append(
            f"{tally.kind:34} {tally.explained:5d} of {tally.cases:3d} {share:7.1%}"
            f" {np.median(tally.seconds or [0]):9.1f} {np.median(tally.runs or [0]):6.0f}"
        )
    counts: dict[str, Counter[str]] = {}
    for tally in tallies:
        for name, (good, all_) in tally.per_fault.items():
            counts.setdefault(name, Counter()).update(good=good, all=all_)
    lines += ["", f"{'fault':34} explained"]
    for name, row in sorted(counts.items(), key=lambda item: item[1]["good"] / item[1]["all"]):
        lines.append(f"{name:34} {row['good']:5d} of {row['all']:3d}")
    for tally in tallies:
        if tally.confusions:
            lines += ["", f"{tally.kind}, not explained:", *(f"  {c}" for c in tally.confusions)]
    return "\n".join(lines)
