"""Where the output of a job goes."""

import gc
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from parity.errors import in_one_sentence
from parity.timeline import timed


@contextmanager
def log_to(path: str) -> Iterator[None]:
    """Send all output of this process, native libraries' included, to a file.

    An error that the user can fix ends the process with its sentence instead of a traceback.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    logging.basicConfig(
        level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", force=True
    )
    with timed(path), in_one_sentence():
        yield
    gc.freeze()  # or Python spends half a second on what torch has imported before it ends
