"""The folder that a run writes into: dates that lie in the future."""

import os
import time
from pathlib import Path

from parity.planning.run_folder import date_back

DAY_NS = 86_400 * 10**9


def test_results_from_the_future_are_dated_now(tmp_path: Path) -> None:
    """After a clock was set back, what is made from now on is newer than what was made before."""
    begun = time.time_ns()
    ages = {"old": -DAY_NS, "new/one": DAY_NS, "new/other": 2 * DAY_NS}
    for name, age in ages.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
        os.utime(path, ns=(begun + age, begun + age))
    (tmp_path / "link").symlink_to(tmp_path / "new/one")
    (tmp_path / "nowhere").symlink_to("nothing")
    date_back(str(tmp_path))
    times = {name: (tmp_path / name).stat().st_mtime_ns for name in ages}
    assert times["old"] == begun - DAY_NS
    assert begun <= times["new/one"] == times["new/other"] <= time.time_ns()
    date_back(str(tmp_path / "missing"))
