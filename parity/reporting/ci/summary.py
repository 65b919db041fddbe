"""The verdict as Markdown, short enough for a comment on a pull request."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from parity.reporting.ci.badge import MESSAGES
from parity.reporting.markdown.escaping import escape_markdown, escape_sentence
from parity.reporting.run_verdict import RunVerdict
from parity.reporting.task_wording import MEASURED, QUANTITIES, MeasuredQuantity
from parity.reporting.verdict import Gate
from parity.reporting.wording import number, shortened

MOST_ANSWERS, MOST_GATES = 10, 10
LONGEST = 400
"""Characters of an answer that are shown (chosen)."""
HEADER = ("gate", "result", "missing", "extra")


def summary_of(verdict: RunVerdict) -> str:
    """Return the answers, the gates with their numbers, and where the report is."""
    return "\n".join(_lines_of(verdict)) + "\n"


def _lines_of(verdict: RunVerdict) -> Iterator[str]:
    """Yield the lines of a summary."""
    answers, gates = verdict.answers.answers, verdict.gates
    yield f"### yolo-parity: {_shown(verdict.title)}"
    yield ""
    for answer in answers[:MOST_ANSWERS]:
        yield f"- **{MESSAGES[answer.state][0]}**: {_shown(answer.sentence)}"
    yield from _more(len(answers) - MOST_ANSWERS, "- ")
    yield ""
    yield _shown(verdict.answers.because)
    if gates:
        yield ""
        measured = [
            name
            for name in MEASURED
            if any(getattr(gate.tolerance, name) is not None for gate in gates)
        ]
        header = [*HEADER, *(f"{QUANTITIES[name].title}, largest" for name in measured)]
        yield _row(header)
        yield _row(["---"] * len(header))
        several = len(verdict.models) > 1
        for gate in gates[:MOST_GATES]:
            yield _row(
                [escape_markdown(cell) for cell in gate_cells(gate, measured, several=several)]
            )
        if len(gates) > MOST_GATES:
            yield ""
            yield from _more(len(gates) - MOST_GATES, "")
    yield ""
    yield f"The report is in {escape_markdown(str(Path(verdict.report).parent))}."


def gate_cells(gate: Gate, measured: Sequence[MeasuredQuantity], *, several: bool) -> Iterator[str]:
    """Yield what a row of the table says of a gate; with its model if there are several."""
    yield f"{gate.model}, {gate.comparison}" if several else gate.comparison
    yield gate.verdict
    yield f"{gate.measured.missing:,}"
    yield f"{gate.measured.extra:,}"
    for name in measured:
        yield number(getattr(gate.measured, name))


def _more(many: int, start: str) -> Iterator[str]:
    if many > 0:
        yield f"{start}and {many:,} more in the report"


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _shown(text: str) -> str:
    return escape_sentence(shortened(text, LONGEST))
