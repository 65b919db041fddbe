"""How long jobs took, as Snakemake recorded it."""

import base64
import json
from pathlib import Path

import pytest

from parity.reporting.hooks.durations import FinishedJob, finished_jobs, took
from parity.snakemake_records import RECORDS


def record(
    output: str, rule: str, start: float, end: float, log: str, *, there: bool = True
) -> None:
    name = base64.urlsafe_b64encode(output.encode()).decode()
    parts = [name[i : i + 100] for i in range(0, len(name), 100)]
    path = RECORDS.joinpath(*(f"@{part}" for part in parts[:-1]), parts[-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"rule": rule, "starttime": start, "endtime": end, "log": [log]}
    path.write_text(json.dumps(told))
    if there:
        Path(output).parent.mkdir(parents=True, exist_ok=True)
        Path(output).touch()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_outputs_of_one_job_are_one_job() -> None:
    record("results/plot/a.png", "plot", 5.0, 15.0, "logs/plot.log")
    record("results/plot/b.png", "plot", 5.0, 15.1, "logs/plot.log")
    record("results/compare/ä?~.json", "compare", 5.0, 65.0, "logs/1.log")
    record("results/" + "x" * 200 + "/2.json", "compare", 5.0, 66.0, "logs/2.log")
    record("results/gone.json", "compare", 5.0, 9.0, "logs/3.log", there=False)
    found = {(job.rule, round(job.seconds), len(job.outputs)) for job in finished_jobs()}
    assert found == {("plot", 10, 2), ("compare", 60, 1), ("compare", 61, 1)}
    assert took(finished_jobs()) == (
        "The jobs whose results are in results/ took 2 min 11 s in all: "
        "compare 2 min 1 s (2 jobs), plot 10 s."
    )


def test_records_of_another_kind_say_nothing() -> None:
    RECORDS.mkdir(parents=True)
    (RECORDS / "not base64!").write_text("{}")
    (RECORDS / "YWJj").write_text("no JSON")
    (RECORDS / "YWJk").write_text("[]")
    Path("abc").touch()
    Path("abd").touch()
    assert finished_jobs() == []
    assert took([]) == ""


def test_the_longest_are_named_and_the_others_summed_up() -> None:
    jobs = [FinishedJob(f"rule{n}", float(n), ("x",)) for n in range(1, 8)]
    assert took(jobs).endswith(
        "rule7 7 s, rule6 6 s, rule5 5 s, rule4 4 s, rule3 3 s, all others 3 s."
    )
