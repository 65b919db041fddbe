"""Scoring a diagnosis by the truth: what it names rightly, what falsely, and what it misses."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from parity.diagnosis.diagnosis import Diagnosis
from parity.diagnosis.evaluation.truth import DeploymentTruth, Kinds, false_names, is_named

FALSE_WEIGHT = 3
"""How much worse a false name is than a missed one; chosen: a wrong cause costs its user days, a
missing one is said to be missing."""

EXPECTED_OF_UNKNOWN = ("explained_in_part", "not_explained")
"""Verdicts that are right where something is wrong that no catalogue holds."""

EXPECTED_OF_CORRECT = ("nothing_wrong", "explained")
"""Verdicts that are right where nothing is wrong; the second of choices that harm nothing."""


@dataclass(frozen=True)
class DiagnosisAnswer:
    """What a diagnosis says."""

    verdict: str
    """See :class:`parity.diagnosis.document.DiagnosisDocument`."""
    named: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    """Names of the faults, and of the harmless choices."""
    undecided: tuple[str, ...] = ()
    """Names of faults that may be there too."""
    exact: float = 1.0
    predicted: float = 1.0
    """Shares of observed boxes reproduced to their digits, and of predicted boxes observed."""
    seconds: float = 0.0
    """Time that it took."""
    runs: int = 0
    """Runs of the network."""


@dataclass(frozen=True)
class ScoredAnswer:
    """An answer compared with the truth."""

    truth: DeploymentTruth
    answer: DiagnosisAnswer
    """What was said."""
    true: tuple[str, ...] = ()
    false: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    """Words of the truth that were named; names that are false; words that were not named."""
    undecided: tuple[str, ...] = ()
    """Words of the truth that were listed as undecided."""
    not_shown: tuple[str, ...] = ()
    """Words of the truth that were not named and change nothing in these images."""
    instead: tuple[str, ...] = ()
    """Names that say the truth in other words."""

    @property
    def penalty(self) -> int:
        """Return how bad it is; a false name weighs :data:`FALSE_WEIGHT`."""
        return FALSE_WEIGHT * len(self.false) + len(self.missed)

    @property
    def right(self) -> bool:
        """Return whether no name is false, and none is missed, unless the verdict says so.

        Where no fault is to be named, the verdict alone tells a right answer from silence.
        """
        if self.truth.unknown:
            return not self.false and self.answer.verdict in EXPECTED_OF_UNKNOWN
        said = self.truth.faults or self.answer.verdict in EXPECTED_OF_CORRECT
        return not self.penalty and bool(said)


def answer_of(diagnosis: Diagnosis) -> DiagnosisAnswer:
    """Return what of a diagnosis is scored."""
    return DiagnosisAnswer(
        verdict=diagnosis.verdict,
        named=tuple(fault.name for fault in diagnosis.faults),
        choices=tuple(choice.name for choice in diagnosis.choices),
        undecided=tuple(fault.name for fault in diagnosis.undecided),
        exact=diagnosis.reproduced.exact,
        predicted=diagnosis.reproduced.predicted,
        seconds=diagnosis.seconds,
        runs=diagnosis.network_runs,
    )


def score_answer(
    truth: DeploymentTruth, answer: DiagnosisAnswer, kinds: Kinds, hidden: Collection[str] = ()
) -> ScoredAnswer:
    """Compare an answer with the truth; explanations that it lists beside its own do not count.

    Parameters
    ----------
    truth : DeploymentTruth
        What is wrong.
    answer : DiagnosisAnswer
        What was said.
    kinds : dict of str to tuple of str
        See :data:`parity.diagnosis.evaluation.truth.Kinds`.
    hidden : collection of str
        Words of the truth that change nothing in these images.
    """
    said = (*answer.named, *answer.choices)
    left = [word for word in truth.faults if not is_named(word, said, kinds)]
    undecided = tuple(w for w in left if is_named(w, answer.undecided, kinds))
    not_shown = tuple(w for w in left if w in hidden and w not in undecided)
    return ScoredAnswer(
        truth,
        answer,
        true=tuple(word for word in truth.faults if word not in left),
        false=false_names(answer.named, (*truth.faults, *truth.optional), kinds),
        missed=tuple(w for w in left if w not in undecided and w not in not_shown),
        undecided=undecided,
        not_shown=not_shown,
    )


def in_other_words(scored: ScoredAnswer) -> ScoredAnswer:
    """Return a scored answer whose names are another cause of the same boxes."""
    named = scored.answer.named
    return replace(
        scored, true=scored.truth.faults, false=(), missed=(), undecided=(), instead=named
    )


def as_line(scored: ScoredAnswer) -> str:
    """Return a scored answer in one line."""
    answer = scored.answer
    parts = [
        f"{scored.truth.name:24} {answer.verdict:18}",
        f"exact {answer.exact:4.0%} predicted {answer.predicted:4.0%}",
        f"{answer.seconds:5.1f} s {answer.runs:4d} runs",
    ]
    for word in ("true", "false", "missed", "undecided", "not_shown", "instead"):
        if listed := getattr(scored, word):
            parts.append(f"{word.replace('_', ' ')}: {', '.join(listed)}")
    if scored.truth.unknown:
        parts.append(f"unknown: {', '.join(scored.truth.unknown)}")
    return "  ".join(parts)
