"""One planner at a time, and what the others are told."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from parity.errors import UserError
from parity.planning import plan
from parity.planning.locks import hold
from tests.conftest import ROOT

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
    config = {"images": "images", "images_per_job": 1}
    monkeypatch.setattr(plan, "hold", lambda _: True)
    planned = plan.plan_images(config)
    (tmp_path / "images" / "b.jpg").write_text("b")
    monkeypatch.setattr(plan, "hold", lambda _: False)
    if same:
        assert plan.plan_images(config) == planned
    else:
        with pytest.raises(UserError, match="Another run in this folder"):
            plan.plan_images({**config, "images_per_job": 2})
    assert [path.name for path in (tmp_path / "results/batches").glob("[!.]*")] == ["a.jpg.json"]
