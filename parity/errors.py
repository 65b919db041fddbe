"""Errors whose message is meant for the user."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """Something that the user can mend; the message is one sentence that says what and how."""


class UnreadableImageError(UserError):
    """An image file that cannot be decoded; the message is the reason."""


@contextmanager
def in_one_sentence() -> Iterator[None]:
    """End the process with the sentence of an error that the user can mend, not a traceback."""
    try:
        yield
    except UserError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        sys.exit(1)
