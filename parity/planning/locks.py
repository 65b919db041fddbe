"""One planner at a time: a lock that ends with the process that holds it, however it ends."""

import fcntl
import os
from pathlib import Path

_held: dict[str, int] = {}


def hold(path: str | Path) -> bool:
    """Lock a file until this process ends, and return whether that was possible.

    The kernel lets go of it when the process dies, so nobody ever has to remove it. A file
    system without locks counts as one that nobody else uses.

    Parameters
    ----------
    path : str or Path
        The file, which is made if need be and left behind.
    """
    path = Path(path).absolute()
    if str(path) in _held:
        return True
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    except OSError:
        os.close(descriptor)
        return True
    _held[str(path)] = descriptor
    return True
