"""What ``make run`` starts: it checks first, hands on all arguments, and hears Ctrl-C."""

import runpy
import sys
from pathlib import Path

import pytest

from parity.planning.checked_run import INTERRUPTED_STATUS, main


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return the arguments with which Snakemake is started, instead of starting it."""
    seen: list[list[str]] = []
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr(runpy, "run_module", lambda *_, **__: seen.append(sys.argv))
    return seen


def test_arguments_are_handed_on(started: list[list[str]]) -> None:
    main(["--cores", "2", "-n"])
    assert started == [["snakemake", "--cores", "2", "-n"]]


def test_a_broken_configuration_is_a_sentence(
    started: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.yaml").write_text("a: [1")
    with pytest.raises(SystemExit) as ended:
        main(["--configfile", str(tmp_path / "mine.yaml")])
    assert (ended.value.code, started) == (1, [])
    assert "not valid YAML" in capsys.readouterr().err


def test_ctrl_c_while_snakemake_is_imported_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: str, **__: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runpy, "run_module", interrupt)
    with pytest.raises(SystemExit) as ended:
        main(["--cores", "2"])
    assert ended.value.code == INTERRUPTED_STATUS
    assert capsys.readouterr().err.startswith("The run was interrupted before it began")
