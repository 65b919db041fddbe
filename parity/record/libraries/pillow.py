"""Pillow: ``PIL.Image.open``, which decodes an image only when its pixels are needed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from parity.record.likeness import GRID
from parity.record.wrapping import wrap

if TYPE_CHECKING:
    from parity.record.recording import Recording

READ = "_yolo_parity_read"

NEAREST = 0
"""Pillow's own number."""


def watch_opening(module: Any, recording: Recording) -> None:
    """Wrap ``open`` of ``PIL.Image``."""

    def opened(_: None, image: Any, *args: Any, **kwargs: Any) -> None:
        source: Any = args[0] if args else kwargs.get("fp")
        path = source if isinstance(source, str | bytes | os.PathLike) else None
        if path is None:
            path = getattr(source, "name", None)  # of a file
        if path is None and hasattr(source, "getbuffer"):
            path = recording.log.file_with(source.getbuffer())
        if isinstance(path, str | bytes | os.PathLike):
            setattr(image, READ, recording.read(path))

    wrap(module, "open", after=opened, failed=recording.failed)


def watch_decoding(module: Any, recording: Recording) -> None:
    """Wrap ``load`` of the images of ``PIL.ImageFile``."""

    def loaded(_: None, __: Any, image: Any) -> None:
        read = image.__dict__.pop(READ, None)
        if read is not None:
            small = image.resize((GRID, GRID), NEAREST).convert("RGB")
            recording.see(read, (image.height, image.width), small.tobytes())

    wrap(module.ImageFile, "load", after=loaded, failed=recording.failed)
