"""What has changed since the last run of the same models and programs."""

from pathlib import Path

import pytest

from parity.reporting.answer import Answers
from parity.reporting.hooks.history import HISTORY, Changes, PastRun, changes_since, name_of_run
from parity.reporting.hooks.index_of_reports import INDEX

A, B, C = "the gate `runtime-fp32` of `m`", '"Colours swapped" in `mine`', '"Stretched" in `mine`'


def run(
    *problems: str,
    externals: tuple[str, ...] = ("mine",),
    gates: tuple[str, ...] = (A,),
    name: str = "config",
) -> PastRun:
    when = "2026-11-05T07:03:12.000001+00:00"
    return PastRun(name, when, ("m",), externals, problems, Answers("", (), 0, ""), gates)


def changes(*runs: PastRun) -> Changes:
    found = changes_since(runs)
    assert found is not None
    return found


def test_problems_are_gone_new_and_unchanged() -> None:
    found = changes(run(A, B), run(B, C))
    assert (found.gone, found.new, found.unchanged) == ((A,), (C,), (B,))
    assert found.sentence == (
        "Since the last run (5 November 2026, 07:03) – "
        f"no longer found: the failure of {A}; new: {C}; unchanged: {B}."
    )


def test_runs_of_other_things_are_passed_over() -> None:
    found = changes(run(A), run(C, externals=()), run(B, name="exports"), run(A))
    assert found.unchanged == (A,)
    assert found.sentence.endswith(f", nothing has changed; still there: the failure of {A}.")
    assert changes(run(), run()).sentence.endswith("07:03), nothing has changed.")


def test_a_gate_that_is_no_longer_one_is_not_gone() -> None:
    found = changes(run(A, B), run(gates=()))
    assert found.gone == (B,)


@pytest.mark.parametrize("runs", [(), (run(A),), (run(A, externals=()), run(A))])
def test_a_first_run_has_nothing_to_be_compared_with(runs: tuple[PastRun, ...]) -> None:
    assert changes_since(runs) is None


def test_a_run_is_named_after_its_configuration() -> None:
    assert name_of_run(["config.yaml"]) == "config"
    for name in ("...yaml", "..yaml", f"{HISTORY.name}.yaml", f"{INDEX.name}.yaml"):
        assert "." not in name_of_run([name])
    assert name_of_run(["a\nb\udcff.yaml"]) == r"a\nb\udcff"
    assert name_of_run([str(Path("config") / "exports.yaml"), "day.yaml"]) == "exports+day"
