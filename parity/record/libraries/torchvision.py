"""Torchvision: ``read_image`` and ``decode_image`` of ``torchvision.io``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from parity.record.wrapping import wrap

if TYPE_CHECKING:
    from parity.record.recording import Recording


def watch(module: Any, recording: Recording) -> None:
    """Wrap the functions of ``torchvision.io.image``."""

    def read(_: None, picture: Any, *args: Any, **kwargs: Any) -> None:
        path = args[0] if args else next(iter(kwargs.values()), None)
        if isinstance(path, str | os.PathLike):
            recording.read(path, picture.permute(1, 2, 0).numpy())

    for name in ("read_image", "decode_image"):
        wrap(module, name, after=read, failed=recording.failed)
