"""Errors whose message is meant for the user."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FULL = frozenset([errno.ENOSPC, errno.EDQUOT])
FORBIDDEN = frozenset([errno.EACCES, errno.EPERM, errno.EROFS])
LIMITS = {
    errno.EFBIG: "a file may not be this large (ulimit -f)",
    errno.EMFILE: "no more files may be open (ulimit -n)",
    errno.ENFILE: "no more files may be open on this machine",
}
"""Limits of the system, by the error of whoever reaches them."""
IN_THE_WAY = frozenset(
    [errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP, errno.ENOTEMPTY, errno.ENXIO]
)


class UserError(Exception):
    """Something that the user can fix; the message is one sentence that says what and how."""


MAX_SHOWN = 100
"""Characters of a foreign text in a sentence (chosen)."""
MAX_SAID = 300
"""Characters of a foreign error in a sentence (chosen)."""


def printable(text: str) -> str:
    r"""Return text on one line with everything that cannot be seen written as an escape.

    Newlines, control and bidirectional characters, and bytes that are no text (lone surrogates)
    come out as ``\n``, ``\u202e``, ``\udcff``.
    """
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def shown(text: str) -> str:
    """Return a foreign text as it may stand in a sentence: short, and of printable characters."""
    seen = printable(text[: MAX_SHOWN + 1])
    return seen if len(seen) <= MAX_SHOWN else f"{seen[:MAX_SHOWN]}…"


def in_one_line(error: BaseException) -> str:
    """Return what a foreign error says, which may be many lines, very long or nothing."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= MAX_SAID else f"{said[:MAX_SAID]}…"


class UnreadableImageError(UserError):
    """An image file that cannot be decoded; the message is the reason."""


class OutOfMemoryError(MemoryError):
    """Memory ran out; the message is what for, as in ``to read photo.png``."""


@contextmanager
def saying_what_for(purpose: str) -> Iterator[None]:
    """Let an error of memory tell what the memory was for, as in ``to read photo.png``."""
    try:
        yield
    except MemoryError:
        raise OutOfMemoryError(purpose) from None


@contextmanager
def about(path: str | Path) -> Iterator[None]:
    """Let the errors raised within, which say what a file is, begin with its name."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{path} {error}.") from None


@contextmanager
def in_one_sentence() -> Iterator[None]:
    """End the process with the sentence of an error that the user can fix, not a traceback."""
    try:
        yield
    except UserError as error:
        _end(str(error))
    except MemoryError as error:
        purpose = f" {error}" if isinstance(error, OutOfMemoryError) else ""
        _end(
            f"there is not enough memory{purpose}; run again with fewer jobs at a time (--cores), "
            "more memory for the job (mem_mb in the profile) or a smaller images_per_job."
        )
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG and error.filename:
            place = shown(os.fsdecode(error.filename2 or error.filename))
            _end(f"{place} is longer than the name of a file may be; name another one.")
        if error.errno in FORBIDDEN | IN_THE_WAY and error.filename:
            place = os.fsdecode(error.filename2 or error.filename)
            remedy = "change its permissions" if error.errno in FORBIDDEN else "move it away"
            _end(
                f"{place} cannot be read or written ({error.strerror}); {remedy}, or run in a "
                "folder of your own (--directory)."
            )
        if error.errno in LIMITS:
            _end(f"{LIMITS[error.errno]}: raise the limit and run again ({error}).")
        if error.errno not in FULL:
            raise
        _end(
            f"the disk is full ({error}); nothing that is finished was lost: make room and run "
            "again."
        )


def _end(sentence: str) -> None:
    """End the process with a sentence, whose foreign names may hold what steers a terminal."""
    sys.stderr.write(f"error: {printable(sentence)}\n")
    sys.stderr.flush()
    sys.exit(1)
