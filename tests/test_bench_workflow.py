"""The benchmark against the obvious script runs both."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.nightly
def test_that_workflow_and_script_are_timed(tmp_path: Path) -> None:
    destination = tmp_path / "workflow.json"
    options = ["--counts", "1", "--rounds", "1", "--scratch", str(tmp_path)]
    subprocess.run(
        [sys.executable, "-m", "bench.workflow", *options, "--destination", str(destination)],
        cwd=ROOT,
        check=True,
        timeout=600,
    )
    (run,) = json.loads(destination.read_text())["runs"]
    assert run["images"] == 1
    assert all(ratio > 0 for ratios in run["ratios"].values() for ratio in ratios)
