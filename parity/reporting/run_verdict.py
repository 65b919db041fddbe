"""The verdict of a run as a document."""

from dataclasses import dataclass
from typing import ClassVar

from parity.reporting.answer import Answers
from parity.reporting.verdict import Gate


@dataclass(frozen=True)
class RunVerdict:
    """What a run came to.

    Attributes
    ----------
    verdict : str
        ``pass`` or ``nothing compared``; a run that fails writes none.
    report : str
        Path of the Markdown report.
    gates : tuple of Gate
        The comparisons that decide.
    answers : Answers
        What the run answers, in the sentences of the page.
    table : tuple of str
        Lines of a table of all comparisons.
    """

    SCHEMA: ClassVar[str] = "verdict/2"

    verdict: str
    report: str
    gates: tuple[Gate, ...]
    answers: Answers
    table: tuple[str, ...]
