"""Begin the recording, before the first line of the program; Python imports it by this name.

The program finds neither this module nor ``parity`` where it would not find them otherwise: another
``sitecustomize`` runs as usual, and ``sys.path`` and ``sys.modules`` are as they would have been.
"""

import importlib
import sys
from contextlib import suppress
from pathlib import Path

STARTUP = Path(__file__).resolve().parent
PROJECT = STARTUP.parents[2]


def load_the_recorder() -> None:
    """Load the recorder and let go of its names."""
    before = set(sys.modules)
    sys.path.insert(0, str(PROJECT))
    try:
        from parity.record.watching import begin

        begin()
    finally:
        sys.path.remove(str(PROJECT))
        for name in set(sys.modules) - before:
            if name.split(".")[0] == "parity":
                del sys.modules[name]


def run_the_other_one() -> None:
    """Run the ``sitecustomize`` that this one hides, if there is one."""
    own = sys.modules.pop(__name__, None)
    try:
        importlib.import_module(__name__)
    except ImportError as error:
        if error.name != __name__:
            raise
    finally:
        if own is not None:
            sys.modules.setdefault(__name__, own)


sys.path[:] = [entry for entry in sys.path if not entry or Path(entry).resolve() != STARTUP]
try:
    load_the_recorder()
except Exception as error:
    with suppress(Exception):
        sys.stderr.write(f"parity.record: nothing is recorded ({error!r})\n")
run_the_other_one()
