"""Refusing boxes and labels that take more memory to read than they may, in one sentence."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from parity.errors import UserError
from parity.limits import Limits

DATA_PAGES = 5
"""Place in ``/proc/self/statm`` of the pages that RLIMIT_DATA counts, see proc(5)."""


@contextmanager
def reading_limit(source: str | Path) -> Iterator[None]:
    """Let what reads a file or folder of text end where it takes more than ``limits.text_mb``.

    Where the system does not tell or limit the memory of a process, nothing is limited.

    Raises
    ------
    UserError
        If it takes more, or memory runs out.
    """
    megabytes = Limits.current().text_mb
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = _data_bytes() + int(megabytes * 1e6)
    given = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (min([most, *given]), hard))
    exceeded = False
    try:
        yield
    except MemoryError:
        exceeded = True  # what was read so far is let go before the error is made
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
    if exceeded:
        raise UserError(
            f"{source} takes more than {megabytes:g} MB of memory to read (limits.text_mb); divide "
            "it, or raise the limit."
        )


def _data_bytes() -> int:
    """Return the memory that RLIMIT_DATA counts; more than there is where nobody tells."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[DATA_PAGES])
    except OSError:
        return 1 << 50
    return pages * resource.getpagesize()
