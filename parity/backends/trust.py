"""Whether this process and those that it starts may load a checkpoint of any content."""

import os

VARIABLE = "YOLO_PARITY_TRUST"
REMEDY = "set trust: true for this model if you trust the file"
"""What a user can do about a file that is refused, for sentences."""


def trust_checkpoint(trust: bool) -> None:
    """Say whether the user trusts the checkpoint that this job loads, ``trust`` of its model."""
    os.environ[VARIABLE] = str(int(trust))


def is_checkpoint_trusted() -> bool:
    """Return what was said last; False if nothing was."""
    return os.environ.get(VARIABLE) == "1"
