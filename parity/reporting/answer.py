"""What a run answers: a sentence for each thing that was asked, and what the exit code means.

The page, the Markdown report, the console and the files for machines say these sentences.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from parity.accuracy.results import Accuracy
from parity.comparison.judgement import judge
from parity.comparison.results import ComparisonResults, Results
from parity.comparison.tolerances import FLOAT32_ROUNDING
from parity.diagnosis.document import HARMLESS_PX, DiagnosisDocument, Undiagnosed
from parity.reporting.accuracy_wording import accuracy_sentence
from parity.reporting.diagnosis_verdict import (
    STATES,
    Diagnosed,
    State,
    arm_of,
    state_of,
    verdict_sentence,
    worst_first,
)
from parity.reporting.fault_wording import harmful
from parity.reporting.task_wording import QUANTITIES
from parity.reporting.verdict import (
    FAIL,
    NOTHING,
    PASS,
    Gate,
    excess_in_words,
    gates_of,
    object_count,
    objects_by_kind,
    outcome,
    overall,
    quantities_of,
    ranks_in_words,
    sentence,
    subject,
    ties_in_words,
    wording_of,
)
from parity.reporting.wording import count, headline, number, reference_name
from parity.sentences import listing

MOST_NAMED = 5
"""Exports and gates that a sentence lists by name (chosen)."""


@dataclass(frozen=True)
class NextStep:
    """What to do about a program: how to fix a fault, or what to provide."""

    sentence: str
    """What to do."""
    anchor: str
    """Where the page shows it."""


@dataclass(frozen=True)
class Answer:
    """What a run says of one thing that was asked."""

    model: str
    """Name of the model."""
    subjects: tuple[str, ...]
    """Arms that it speaks of: ``external-mine`` or ``onnx-fp32``."""
    state: State
    """How bad it is."""
    sentence: str
    """The answer; names of programs and exports stand between backticks."""
    anchor: str
    """Where the page proves it: the part of an address after ``#``."""
    steps: tuple[NextStep, ...] = ()
    """What to do, what matters most first."""

    @property
    def reasons(self) -> str:
        """What follows the headline in the sentence."""
        return self.sentence[len(self.headline) :]

    @property
    def headline(self) -> str:
        """The sentence up to its reasons: "Your program `mine` is wrong in 2 steps"."""
        return headline(self.sentence)


@dataclass(frozen=True)
class Answers:
    """Everything that a run answers."""

    summary: str
    """How many of several programs are wrong, in a sentence; empty with fewer than two."""
    answers: tuple[Answer, ...]
    """The worst first."""
    exit_code: int
    """1 if a gate fails, all gates compared nothing or boxes cannot be read, else 0."""
    because: str
    """Why the exit code is what it is, in a sentence that names the gates."""

    @property
    def state(self) -> State:
        """The worst state; ``unknown`` where nothing was asked."""
        return self.answers[0].state if self.answers else "unknown"

    @property
    def title(self) -> str:
        """The summary, or the worst answer without its reasons: the title of a window or a mail."""
        worst = self.answers[0].headline if self.answers else "Nothing was compared"
        return headline(self.summary) or worst

    @property
    def lines(self) -> tuple[str, ...]:
        """Every sentence, and why the exit code is what it is."""
        summary = (self.summary,) if self.summary else ()
        return (*summary, *(answer.sentence for answer in self.answers), self.because)


def answers_of(
    results: Sequence[Results],
    diagnoses: Iterable[Diagnosed],
    accuracies: Mapping[str, Accuracy] = MappingProxyType({}),
) -> Answers:
    """Return what a run answers.

    Parameters
    ----------
    results : sequence of Results
        What ``summarise`` wrote, by model, in the order of the configuration.
    diagnoses : iterable of DiagnosisDocument or Undiagnosed
        What ``diagnose`` wrote.
    accuracies : mapping of str to Accuracy
        What ``accuracy`` wrote, by model with labels.
    """
    models = [result.model for result in results]
    programs = worst_first(diagnoses)
    found = [_of_program(each, models) for each in programs]
    for result in results:
        anchor = anchor_of(models, result.model)
        prefix = _prefix(result.model, models)
        states = {arm_of(each): state_of(each) for each in programs if each.model == result.model}
        own = (
            *_of_exports(result, anchor),
            *_of_input_shapes(result, anchor),
            *_of_other_gates(result, anchor, states),
            *_of_accuracy(result.model, accuracies, anchor),
        )
        found += [replace(each, sentence=prefix + each.sentence) for each in own]
    found.sort(key=lambda each: STATES.index(each.state))
    gates, compared = gates_of(results), {name for each in results for name in each.comparisons}
    unread = [each.external for each in programs if state_of(each) == "unread"]
    decisive = {gate.comparison for gate in gates}
    bad = [arm_of(each) for each in programs if state_of(each) in ("wrong", "unexplained")]
    ignored = [arm for arm in bad if arm in compared - decisive]
    code, because = exit_of(gates, unread, ignored)
    return Answers(programs_in_words(programs), tuple(found), code, because)


def programs_in_words(programs: Sequence[Diagnosed]) -> str:
    """Return how many of several programs are wrong, in a sentence; empty with fewer than two."""
    many = len(programs)
    if many < 2:
        return ""
    states = Counter(map(state_of, programs))
    counts = [(states[state], verbs) for state, verbs in VERDICT_VERBS.items() if states[state]]
    if not counts:
        return f"None of the {many:,} programs is wrong."
    said = [f"{bad:,} {one if bad == 1 else more}" for bad, (one, more) in counts]
    (first, (one, more)), *_ = counts
    verb = one if first == 1 else more
    said[0] = f"{first:,} of {many:,} programs {verb}"
    if first == many:
        said[0] = f"{'Both' if many == 2 else f'All {many:,}'} programs {verb}"
    return f"{listing(said)}."


def anchor_of(models: Sequence[str], model: str) -> str:
    """Return what the anchors of a model on the page begin with."""
    return f"model-{models.index(model) if model in models else 0}"


def _prefix(model: str, models: Sequence[str]) -> str:
    return f"{model} – " if len(models) > 1 else ""


def _of_program(found: Diagnosed, models: Sequence[str]) -> Answer:
    anchor = f"{anchor_of(models, found.model)}-diagnosis-{found.external}"
    return Answer(
        model=found.model,
        subjects=(arm_of(found),),
        state=state_of(found),
        sentence=_prefix(found.model, models) + verdict_sentence(found),
        anchor=anchor,
        steps=() if isinstance(found, Undiagnosed) else tuple(_next_steps(found, anchor)),
    )


def _next_steps(diagnosis: DiagnosisDocument, anchor: str) -> Iterator[NextStep]:
    for place, fault in enumerate(harmful(diagnosis), start=1):
        yield NextStep(fault.fix, f"{anchor}-{place}")
    if diagnosis.unexplained.stages:
        for asked in diagnosis.ask[:1]:
            yield NextStep(asked, anchor)


def _of_exports(results: Results, anchor: str) -> Iterator[Answer]:
    """Yield what the exports came to, compared with the reference on the same input tensor."""
    runtime = {
        name.removeprefix("runtime-"): each
        for name, each in results.comparisons.items()
        if each.effect == "runtime"
    }
    equal = {name: each for name, each in runtime.items() if _is_equal(each)}
    if equal:
        yield Answer(
            model=results.model,
            subjects=tuple(each.candidate for each in equal.values()),
            state="fine",
            sentence=_equal_in_words(equal, whole=len(equal) == len(runtime)),
            anchor=f"{anchor}-exports",
        )
    differing = {name: each for name, each in runtime.items() if name not in equal}
    for name, each in sorted(differing.items(), key=lambda item: -item[1].missing - item[1].extra):
        state, said = _differing_in_words(name, each)
        said += _non_finite_in_words(results, each)
        yield Answer(results.model, (each.candidate,), state, said, f"{anchor}-exports")


def _is_equal(comparison: ComparisonResults) -> bool:
    rounding = judge(comparison, FLOAT32_ROUNDING).passed
    return comparison.passed and rounding and object_count(comparison) > 0


def _equal_in_words(equal: dict[str, ComparisonResults], *, whole: bool) -> str:
    objects = {object_count(each) for each in equal.values()}
    words = wording_of(next(iter(equal.values())))
    many = f"{words.noun}s" if len(objects) > 1 else _number_of(objects.pop(), words.noun)
    reference = reference_name(next(iter(equal.values())).reference)
    within = f"the same {many} as {reference}, and {_differences_in_words(list(equal.values()))}"
    names = listing([f"`{name}`" for name in equal], limit=MOST_NAMED)
    if len(equal) == 1:
        return f"The export {names} is fine: on the same input tensor, it {words.verbs} {within}."
    every = "All " if whole else ""
    return (
        f"{every}{len(equal)} exports ({names}) are fine: on the same input tensor, they "
        f"{words.verb} {within}."
    )


def _number_of(many: int, noun: str) -> str:
    return f"{many:,} {noun}s" if many > 1 else noun


def _differences_in_words(several: Sequence[ComparisonResults]) -> str:
    """Return the largest differences that matter to the task, of comparisons of one model."""
    one = several[0]
    answered = wording_of(one).answered
    moved: list[str] = []
    same: list[str] = []
    for name in (each for each in quantities_of(one) if each in answered):
        most = max(each.amount(name) for each in several)
        if not most:
            same.append(subject(one, name))
            continue
        verb = "" if moved else " differ"
        moved.append(f"{subject(one, name)}{verb} by up to {number(most)}{QUANTITIES[name].unit}")
    unchanged = f"{listing(same)} are the same" if same else ""
    farthest = max(several, key=lambda each: each.measures.get("rank", 0))
    said = ", while ".join(filter(None, (listing(moved), unchanged)))
    tied = max(several, key=lambda each: each.tied)
    return said + ranks_in_words(farthest) + ties_in_words(tied)


def _differing_in_words(name: str, each: ComparisonResults) -> tuple[State, str]:
    words = wording_of(each)
    if outcome(each) == NOTHING:
        images = count(each.images_read, "image")
        return "unknown", (
            f"Nothing is known of the export `{name}`: neither {reference_name(each.reference)} "
            "nor the export "
            f"{words.past} anything in {images}."
        )
    changes = _changes_in_words(each)
    if each.passed:
        nothing = not changes and _is_harmless(each)
        moves = _differences_in_words([each])
        said = f"it {listing(changes)}, and {moves}" if changes else moves
        return "harmless" if nothing else "allowed", (
            f"The export `{name}` stays within the tolerance set for it: {said}."
        )
    return "wrong", f"The export `{name}` exceeds its tolerance: {excess_in_words(each)}."


def _non_finite_in_words(results: Results, each: ComparisonResults) -> str:
    """Return whose raw output holds what is no number, as a further sentence, or nothing."""
    names = {each.reference: reference_name(each.reference), each.candidate: "the export"}
    images = {arm: results.arms[arm].failed_checks.get("non-finite output", 0) for arm in names}
    broken = [f"of {name}" for arm, name in names.items() if images[arm]]
    if not broken:
        return ""
    many = count(max(images.values()), "image")
    return f" The raw output {listing(broken)} holds NaN or infinite numbers in {many}."


def _changes_in_words(each: ComparisonResults) -> list[str]:
    noun, expected = wording_of(each).noun, each.matched + each.missing
    there = count(expected, noun)
    kinds = objects_by_kind(each)
    changes = [f"misses {kinds['missing']:,} of {there}"] if kinds["missing"] else []
    if many := kinds["extra"]:
        changes.append(f"adds {many:,}" if changes else f"adds {count(many, noun)} to {expected:,}")
    if many := kinds["flipped"]:
        changes.append(f"changes the class of {many:,}" + ("" if changes else f" of {there}"))
    return changes


def _is_harmless(comparison: ComparisonResults) -> bool:
    """Return whether nothing moves by a px, masks cover the same, and no label changes its rank."""
    measures = comparison.measures
    moved = max(comparison.box_px, measures.get("keypoint_px", 0.0))
    same_masks = measures.get("mask", 0.0) <= FLOAT32_ROUNDING.mask
    return moved < HARMLESS_PX and same_masks and not measures.get("rank", 0.0)


def _of_input_shapes(results: Results, anchor: str) -> Iterator[Answer]:
    """Yield what PyTorch itself loses or adds with the input of an export, which is no fault."""
    for each in results.comparisons.values():
        changes = _changes_in_words(each)
        if each.effect != "geometry" or each.gated or not changes:
            continue
        larger, own = (results.arms[a].made_by.imgsz for a in (each.reference, each.candidate))
        why = (
            "`predict` on a checkpoint pads an image to a smaller rectangle. Compare a deployment "
            "with `predict(rect=False)`, or export with `dynamic: true` and pad like `predict`"
            if larger == own or not larger or not own
            else f"its input is {own[0]}×{own[1]} and not {larger[0]}×{larger[1]}"
        )
        said = (
            f"With the input of the export, PyTorch itself {listing(changes)}, and "
            f"{_differences_in_words([each])}: {why}."
        )
        yield Answer(results.model, (each.candidate,), "remark", said, f"{anchor}-effects")


def _of_other_gates(
    results: Results, anchor: str, programs: Mapping[str, State]
) -> Iterator[Answer]:
    """Yield what each gate came to that is no comparison of an export on the same input.

    Where a gate says of a program what its diagnosis has said, nothing is yielded.
    """
    states: dict[str, State] = {FAIL: "wrong", NOTHING: "unknown", PASS: "fine"}
    for name, each in results.comparisons.items():
        found = outcome(each)
        diagnosed = AGREEING.get(programs.get(each.candidate, "unknown"))
        if each.gated and each.effect != "runtime" and found != diagnosed:
            said = f"The gate `{name}` {GATE_VERBS[found][0]}: {sentence(each)}."
            yield Answer(results.model, (each.candidate,), states[found], said, f"{anchor}-effects")


def _of_accuracy(model: str, accuracies: Mapping[str, Accuracy], anchor: str) -> Iterator[Answer]:
    """Yield how accurate the exports are, where there are labels."""
    if found := accuracies.get(model):
        said = accuracy_sentence(found)
        yield Answer(model, tuple(found.arms), "remark", said, f"{anchor}-accuracy")


def exit_of(
    gates: Sequence[Gate], unread: Sequence[str], ignored: Sequence[str]
) -> tuple[int, str]:
    """Return the exit code of a run, and why, in sentences that name the gates.

    Parameters
    ----------
    gates : sequence of Gate
        What decides.
    unread : sequence of str
        Programs that brought what cannot be read.
    ignored : sequence of str
        Comparisons with programs that are wrong, but are no gates.
    """
    several = len({gate.model for gate in gates}) > 1
    reasons = [f"`{name}` cannot be diagnosed" for name in unread]
    for verdict, (one, more) in GATE_VERBS.items():
        own = [gate for gate in gates if gate.verdict == verdict]
        names = [
            f"`{name}`" + (f" of {listing(models)}" if several else "")
            for name, models in models_by_gate(own).items()
        ]
        if len(names) > MOST_NAMED:
            named = listing(names, limit=MOST_NAMED - 2)
            reasons.append(f"{len(names)} gates ({named}) {more}")
        elif own:
            does = f"gate {names[0]} {one}" if len(own) == 1 else f"gates {listing(names)} {more}"
            reasons.append(f"the {does}")
    failed = overall(gates) == FAIL or (bool(gates) and overall(gates) == NOTHING)
    code = 1 if unread or failed else 0
    because = listing(reasons) or "no comparison is a gate"
    if code or not ignored:
        return code, f"The exit code is {code}, because {because}."
    program = "your program" if len(ignored) == 1 else "your programs"
    named = ignored[0] + (", …" if len(ignored) > 1 else "")
    return code, (
        f"The exit code is still {code}, because {because}. To let {program} decide it, too, set "
        f"`gate: [{named}]` in the configuration."
    )


def models_by_gate(gates: Iterable[Gate]) -> dict[str, list[str]]:
    """Return the quoted names of the models of each gate, by the name of the gate."""
    found: dict[str, list[str]] = {}
    for gate in gates:
        found.setdefault(gate.comparison, []).append(f"`{gate.model}`")
    return found


GATE_VERBS = {
    FAIL: ("fails", "fail"),
    NOTHING: ("compared nothing", "compared nothing"),
    PASS: ("passes", "pass"),
}
"""What gates do, by their verdict, of one gate and of several."""

AGREEING: dict[State, str] = {
    "wrong": FAIL,
    "unexplained": FAIL,
    "harmless": PASS,
    "fine": PASS,
}
"""What a gate says if it says the same as the diagnosis of its program, by the state of that."""

VERDICT_VERBS: dict[State, tuple[str, str]] = {
    "wrong": ("is wrong", "are wrong"),
    "unexplained": ("is not explained", "are not explained"),
    "unread": ("cannot be diagnosed", "cannot be diagnosed"),
    "unknown": ("is not diagnosed", "are not diagnosed"),
}
"""What is said of one program and of several, by their state."""
