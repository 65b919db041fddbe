"""One planner at a time, and what the others are told."""

import errno
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from parity.errors import UserError
from parity.planning import plan
from parity.planning.checks import checked
from parity.planning.locks import hold
from parity.planning.schema import complete
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
