"""The table at the end of a run is aligned and short."""

from dataclasses import replace
from pathlib import Path

from parity.reporting.console_table import MOST_LINES, comparison_lines
from tests.synthetic import BROKEN, make_run


def test_it_is_aligned(tmp_path: Path) -> None:
    results = make_run(tmp_path, BROKEN).load()
    lines = comparison_lines([results])
    assert [line.split()[0] for line in lines] == ["comparison", *results.comparisons]
    words = ("differs", "FAIL", "differs")
    assert len({line.index(word) for line, word in zip(lines[1:], words, strict=True)}) == 1


def test_it_is_short(tmp_path: Path) -> None:
    results = make_run(tmp_path, BROKEN).load()
    many = {f"deployment-{i}": results.comparisons["geometry"] for i in range(MOST_LINES + 70)}
    lines = comparison_lines([replace(results, comparisons=many)])
    assert lines[-1] == "and 70 more in the report"
    assert max(map(len, lines)) < 140


def test_it_has_the_columns_of_the_tasks_that_it_lists(tmp_path: Path) -> None:
    results = make_run(tmp_path, BROKEN).load()
    labels = {n: replace(each, task="classify") for n, each in results.comparisons.items()}
    both = [results, replace(results, comparisons=labels)]
    heads = [comparison_lines(some)[0] for some in ([both[0]], [both[1]], both)]
    assert ["box px" in head for head in heads] == [True, False, True]
    assert not any("mask" in head for head in heads)
    (line,) = (line for line in comparison_lines([both[1]]) if line.startswith("runtime"))
    assert "–" not in line
