"""Snakemake that looks after its SLURM jobs every two seconds, however long they take.

The plugin waits ten seconds longer each time that nothing has ended, which is kind to a cluster
and would make the tests wait.
"""

import sys
from pathlib import Path

import snakemake_executor_plugin_slurm as plugin
from snakemake.cli import main


class Attentive(plugin.Executor):
    """The plugin's executor with a steady pace."""

    @property
    def next_seconds_between_status_checks(self) -> int:
        """Return a pause that stays as it is."""
        return 2

    @next_seconds_between_status_checks.setter
    def next_seconds_between_status_checks(self, _: int) -> None:
        pass


plugin.Executor = Attentive

if __name__ == "__main__":
    sys.path[0] = str(Path.cwd())
    main()
