"""A process that costs too much ends with a sentence, even where Python never gets a turn."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

BLOCK = """
import os, signal, sys, time
from parity.cost_limit import MostCost, cost_limit
with cost_limit(MostCost(0.5, 200, "it took too long: \\udcff", "it is too large", "it died")):
    {block}
print("went on")
"""
ENDLESS = "sum(iter(int, 1))"  # never lets go of the interpreter


@pytest.mark.parametrize(
    ("block", "said", "status"),
    [
        ("pass", "", 0),
        ("kept = bytearray(100_000_000)", "", 0),
        ("time.sleep(1)", "", 0),
        ("time.sleep(50)", "error: it took too long: \\udcff\n", -9),
        (ENDLESS, "error: it took too long: \\udcff\n", -9),
        ("kept = [bytearray(500_000_000), " + ENDLESS + "]", "error: it is too large\n", -9),
        ("raise ValueError", "ValueError", 1),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "error: it died\n", -11),
        ("os._exit(3)", "error: it died\n", 3),
    ],
)
def test_what_costs_too_much_is_stopped(block: str, said: str, status: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BLOCK.format(block=block)],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (status, "" if status else "went on\n")
    assert said in done.stderr
    assert done.stderr.count("error:") == (status not in (0, 1))
