"""One planner at a time, and what the others are told."""

import base64
import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from parity.errors import UserError
from parity.files import write_json, write_text
from parity.planning import plan_run as plan
from parity.planning.checks import checked
from parity.planning.locks import hold
from parity.planning.schema import complete
from parity.snakemake_records import RECORDS, UNFINISHED
from tests.conftest import ROOT

CONFIG = {"models": {"m": {"weights": "m.pt"}}, "images_per_job": 1}

HOLDER = (
    "import sys, time; from parity.planning.locks import hold; "
    "print(hold(sys.argv[1]), flush=True); {}"
)


def start_holder(lock: Path, then: str = "time.sleep(60)") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER.format(then), str(lock)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_lock_is_held_by_one_process(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    assert hold(lock)
    assert hold(lock)  # once more by the same process
    other = start_holder(lock, "")
    assert other.communicate()[0].strip() == "False"


def test_a_file_system_without_locks_counts_as_one_that_nobody_else_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSYS, "flock is not implemented here")

    monkeypatch.setattr("fcntl.flock", refuse)
    assert hold(tmp_path / "lock")


def test_a_lock_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    other = start_holder(lock)
    assert other.stdout
    assert other.stdout.readline().strip() == "True"
    assert not hold(lock)
    other.kill()
    other.wait()
    end = time.monotonic() + 10
    while not hold(lock):
        assert time.monotonic() < end


@pytest.mark.parametrize("same", [True, False], ids=["the same images", "other images"])
def test_a_second_run_takes_the_plan_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.jpg").write_text("a")
    config = checked(complete(CONFIG))
    monkeypatch.setattr(plan, "hold", lambda _: True)
    planned = plan.plan_images(config)
    (tmp_path / "images" / "b.jpg").write_text("b")
    monkeypatch.setattr(plan, "hold", lambda _: False)
    if same:
        assert plan.plan_images(config) == planned
    else:
        with pytest.raises(UserError, match="another run with other images"):
            plan.plan_images(replace(config, images_per_job=2))
    assert [path.name for path in (tmp_path / "results/plan/batches").glob("[!.]*")] == [
        "a.jpg.json"
    ]


def everything_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_second_planner_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("images", "labels", ".snakemake/metadata"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "images" / "a.jpg").write_text("a")
    (tmp_path / "labels" / "a.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    exports = {"int8": {"quantize": 8, "calibration": {"images": 1}}}
    config = complete(CONFIG | {"exports": exports, "labels": "labels"})
    monkeypatch.setattr(plan, "hold", lambda _: True)
    plan.plan_run(config, coordinating=True)
    page = tmp_path / plan.ENDS[0]
    page.parent.mkdir(parents=True)
    page.write_text("<!doctype html>")
    before = everything_in(tmp_path / "results")
    (tmp_path / "images" / "b.jpg").write_text("b")
    (tmp_path / "labels" / "a.txt").write_text("")
    monkeypatch.setattr(plan, "hold", lambda _: False)
    plan.plan_run(config, coordinating=True)
    assert everything_in(tmp_path / "results") == before
    with pytest.raises(UserError, match="another run with other settings"):
        plan.plan_run(complete(CONFIG | {"exports": {"other": exports["int8"]}}), coordinating=True)
    monkeypatch.setattr(plan, "hold", lambda _: True)
    plan.plan_run(config, coordinating=True)
    assert everything_in(tmp_path / "results") != before


def test_a_second_run_says_that_the_first_has_just_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plan, "hold", lambda _: False)
    with pytest.raises(UserError, match="another run has just begun in this folder; wait until"):
        plan.plan_run(complete({**CONFIG, "images": "."}), coordinating=True)


@pytest.mark.parametrize("name", plan.ENDS)
def test_a_damaged_end_of_a_run_is_made_anew(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for end in plan.ENDS:
        if end.endswith(".json"):
            write_json(end, "verdict/1", {})
        else:
            write_text(end, "text\n" * 99)
    plan.set_damaged_aside()
    assert all(Path(end).exists() for end in plan.ENDS)
    Path(name).write_bytes(Path(name).read_bytes()[:-5])
    plan.set_damaged_aside()
    assert [end for end in plan.ENDS if not Path(end).exists()] == [name]
    assert (
        capsys.readouterr().err
        == f"{name} is damaged or of an old version; it will be made again.\n"
    )


@pytest.mark.parametrize("told", [b"", b"\xff", b"5", b"[]", b"{}", b'{"rule": ', b"[" * 10**5])
def test_a_result_whose_record_is_damaged_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], told: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    names = [plan.ENDS[0], f"results/compare/m/{'x' * 230}.json"]
    for name in names:
        Path(name).parent.mkdir(parents=True)
        write_text(name, "text\n") if name == plan.ENDS[0] else write_json(name, "x/1", {})
        record = record_of(name)
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_bytes(told)
    record_of("nothing").write_text('{"rule": "compare"}')
    plan.set_damaged_aside()
    assert not any(Path(name).exists() or record_of(name).exists() for name in names)
    assert record_of("nothing").exists()
    said = "".join(f"{name} has a damaged record; it will be made again.\n" for name in names)
    assert sorted(capsys.readouterr().err.splitlines()) == sorted(said.splitlines())
    plan.set_damaged_aside()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("make", [lambda path: (path / "x").mkdir(parents=True), os.mkfifo])
def test_what_stands_for_a_record_or_a_picture_is_set_aside(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    make: Callable[[Path], object],
) -> None:
    monkeypatch.chdir(tmp_path)
    name, picture = plan.ENDS[0], Path("results/plot/m/plots.png")
    for folder in (Path(name).parent, picture.parent, RECORDS):
        folder.mkdir(parents=True)
    write_text(name, "text\n")
    make(record_of(name))
    os.mkfifo(picture)
    Path("results/plot/m/device.png").symlink_to("/dev/null")
    plan.set_damaged_aside()
    assert not Path(name).exists()
    assert not record_of(name).exists()
    assert not list(picture.parent.glob("*.png"))
    assert f"{picture} is damaged or of an old version; it will" in capsys.readouterr().err
    plan.set_damaged_aside()
    assert capsys.readouterr().err == "", "what was set aside is left alone"


def test_a_result_without_a_record_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = "results/annotate/m"
    names = [f"results/compare/m/{'x' * 230}.json", "results/compare/m/a+b.json", f"{folder}/1.jpg"]
    unfinished = "results/compare/m/unfinished.json"
    beside = ["results/notes.txt", "results/compare/m/x.txt", "results/compare/m/1.json.damaged"]
    for name in (*names, unfinished, *beside):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("{}")
    written = ["results/compare/{model}/{batch}.json", "results/annotate/{model}", "logs/{model}"]
    for output in (names[0], folder, unfinished):
        record = record_of(output)
        if output == unfinished:
            record = UNFINISHED / record.name
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text('{"rule": "compare"}')
    plan.set_unrecorded_aside(written)
    assert [each for each in (*names, unfinished, *beside) if not Path(each).exists()] == [names[1]]
    said = f"{names[1]} has no record of what it was made of; it will be made again.\n"
    assert capsys.readouterr().err == said


def record_of(output: str) -> Path:
    """Return where Snakemake keeps the record of an output, whose parts have 255 bytes at most."""
    name = base64.urlsafe_b64encode(output.encode()).decode()
    parts = [name[i : i + 254] for i in range(0, len(name), 254)]
    return RECORDS.joinpath(*(f"@{part}" for part in parts[:-1]), parts[-1])
