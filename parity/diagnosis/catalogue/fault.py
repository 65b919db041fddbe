"""A fault: a deviation from the correct pipeline, what it does and how to fix it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from parity.deployment.pipeline import Pipeline
from parity.diagnosis.document import NamedFault
from parity.diagnosis.fixes.fix import FixValues, fill_in, languages_run
from parity.diagnosis.stages import BEFORE_OUTPUT_STAGES, FAULT_STAGES, SHAPE_STAGES, FaultStage
from parity.registry import Registry

Changes = Mapping[str, Any]
"""Choices of :class:`parity.deployment.pipeline.Pipeline` and the values that they get."""

COMMON_COST = 3.0
"""Cost of assuming a common fault, nats (see :mod:`parity.diagnosis.evidence.cost`); chosen."""

RARE_COST = 4.0
"""Cost of assuming a rare fault, nats; chosen."""

CHOICE_COST = 1.0
"""Cost of assuming a harmless choice, nats; chosen."""

LEAST_FAULT_COST = 2.0
"""What costs less, in nats, is a harmless choice; chosen between :data:`CHOICE_COST` and faults."""


@dataclass(frozen=True)
class Fault:
    """A deviation from the correct pipeline."""

    name: str
    """Identifier for files and configurations: a word with underscores."""
    stage: FaultStage
    """Where in the deployment it lies."""
    title: str
    """Heading for people."""
    changes: tuple[tuple[str, Any], ...]
    """Choices of :class:`parity.deployment.pipeline.Pipeline` and the values that they get."""
    wrong: str
    fix: str
    """What the deployment does and what it should do, a sentence each."""
    subjects: tuple[str, ...] = ()
    """What the right lines are about: keys of :data:`parity.diagnosis.fixes.fix.FIXES`."""
    reference: str = ""
    """Address of a public report; empty where none is known."""
    cost: float = COMMON_COST
    """Cost of assuming it, nats."""

    @property
    def is_choice(self) -> bool:
        """Return whether it is another way of doing things that does no harm."""
        return self.cost < LEAST_FAULT_COST

    @property
    def precedes_output(self) -> bool:
        """Return whether it changes the network's raw output."""
        return self.stage in BEFORE_OUTPUT_STAGES

    @property
    def is_of_shapes(self) -> bool:
        """Return whether it changes what a task adds to boxes: masks, keypoints or angles."""
        return any(self.stage in stages for stages in SHAPE_STAGES.values())

    @cached_property
    def fields(self) -> frozenset[str]:
        """Return the choices that it changes."""
        return frozenset(field for field, _ in self.changes)

    def inject_into(self, pipeline: Pipeline) -> Pipeline:
        """Return the pipeline with this fault."""
        return pipeline.replace(**dict(self.changes))

    @cached_property
    def assignments(self) -> frozenset[tuple[str, Any]]:
        """Return the choices that it changes, each with its value."""
        return frozenset(self.changes)

    def is_in(self, pipeline: Pipeline) -> bool:
        """Return whether a pipeline has this fault."""
        return all(getattr(pipeline, field) == value for field, value in self.changes)

    def record(self, values: FixValues) -> NamedFault:
        """Return what a document says of it.

        Parameters
        ----------
        values : FixValues
            What the lines of the fix are filled in with.
        """
        return NamedFault(
            self.name,
            self.title,
            self.stage,
            dict(self.changes),
            self.wrong,
            self.fix,
            fill_in(self.subjects, values),
            languages_run(self.subjects),
            self.reference,
        )


FAULTS: Registry[Fault] = Registry("fault")
"""All faults whose parameters are known in advance, by name."""


def add_fault(
    name: str,
    *,
    stage: FaultStage,
    title: str,
    changes: Changes,
    wrong: str,
    fix: str,
    subjects: tuple[str, ...] = (),
    reference: str = "",
    cost: float = COMMON_COST,
) -> None:
    """Add a fault to the catalogue; the parameters are the attributes of :class:`Fault`."""
    changed = tuple(changes.items())
    FAULTS.add(name, Fault(name, stage, title, changed, wrong, fix, subjects, reference, cost))


def known(fault: Fault) -> Fault:
    """Return the fault of the catalogue that makes the same changes as a fitted one, or that."""
    same = (each for each in FAULTS.values() if dict(each.changes) == dict(fault.changes))
    return next(same, fault)


def faults_of(choices: frozenset[str]) -> list[Fault]:
    """Return the faults of deployments that have some choices, in the order of all."""
    return [fault for fault in all_faults() if fault.fields <= choices]


def all_faults() -> list[Fault]:
    """Return the faults of the catalogue, by stage and then as their module adds them."""
    return sorted(FAULTS.values(), key=lambda fault: FAULT_STAGES.index(fault.stage))
