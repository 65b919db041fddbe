"""One planner at a time: a lock that ends with the process that holds it, however it ends."""

from pathlib import Path

from filelock import FileLock, Timeout

_held: dict[Path, FileLock] = {}


def hold(path: str | Path) -> bool:
    """Lock a file until this process ends, and return whether that was possible.

    The kernel releases the lock when the process dies, so nobody ever has to remove the file. A
    file system without locks counts as one that nobody else uses.

    Parameters
    ----------
    path : str or Path
        The file; it is made if there is none, and left behind.
    """
    path = Path(path).absolute()
    if path in _held:
        return True
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, blocking=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        return False
    except OSError:
        return True
    _held[path] = lock
    return True
