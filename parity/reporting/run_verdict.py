"""The verdict of a run as a document."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from parity.accuracy.results import Accuracy
from parity.comparison.results import Results
from parity.diagnosis.document import Undiagnosed
from parity.reporting.answer import Answers, answers_of
from parity.reporting.console_table import comparison_lines
from parity.reporting.diagnosis_verdict import Diagnosed, State, state_of
from parity.reporting.fault_wording import harmful
from parity.reporting.verdict import FAIL, Gate, gates_of, overall

UNEXPLAINED = ("explained_in_part", "not_explained")
"""Verdicts of a diagnosis that leave something open."""


@dataclass(frozen=True)
class RunVerdict:
    """What a run came to."""

    SCHEMA: ClassVar[str] = "verdict/6"

    verdict: str
    """``pass``, ``fail`` or ``nothing compared``."""
    state: State
    """The worst state of all answers."""
    title: str
    """The summary of the answers, or the worst of them without its reasons."""
    report: str
    """Path of the Markdown report; the page is in the same folder."""
    models: tuple[str, ...]
    externals: tuple[str, ...]
    """Whose verdict it is: names of the models and of the external deployments."""
    gates: tuple[Gate, ...]
    """The comparisons that decide."""
    answers: Answers
    """What the run answers, in the sentences of the page."""
    problems: tuple[str, ...]
    """What is wrong, named without its numbers, so that two runs can be compared."""
    table: tuple[str, ...]
    """Lines of a table of all comparisons."""


def verdict_of(
    results: Sequence[Results],
    diagnoses: Sequence[Diagnosed],
    accuracies: Mapping[str, Accuracy],
    *,
    report: str,
) -> RunVerdict:
    """Return the verdict on what ``summarise``, ``diagnose`` and ``accuracy`` (by model) found."""
    gates, answers = gates_of(results), answers_of(results, diagnoses, accuracies)
    unread = any(state_of(found) == "unread" for found in diagnoses)
    return RunVerdict(
        verdict=FAIL if unread else overall(gates),
        state=answers.state,
        title=answers.title,
        report=report,
        models=tuple(result.model for result in results),
        externals=tuple(found.external for found in diagnoses),
        gates=gates,
        answers=answers,
        problems=tuple(problems_of(gates, diagnoses)),
        table=tuple(comparison_lines(results)),
    )


def gate_in_words(gate: Gate) -> str:
    """Return what names a gate among all models."""
    return f"the gate `{gate.comparison}` of `{gate.model}`"


def problems_of(gates: Sequence[Gate], diagnoses: Sequence[Diagnosed]) -> Iterator[str]:
    """Yield what is wrong: gates that fail, faults that matter, and what is not explained."""
    for gate in gates:
        if gate.verdict == FAIL:
            yield gate_in_words(gate)
    for found in diagnoses:
        name = f"`{found.external}`"
        if isinstance(found, Undiagnosed):
            if state_of(found) == "unread":
                yield f"{name}, which cannot be diagnosed"
            continue
        for fault in harmful(found):
            yield f'"{fault.title}" in {name}'
        if found.verdict in UNEXPLAINED:
            yield f"something that is not explained in {name}"
